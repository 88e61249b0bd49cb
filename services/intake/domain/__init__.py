"""What a form response is worth: forms and their drift, normal forms, rules, edits, outcome. No I/O, no clock."""
