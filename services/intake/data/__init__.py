"""The forms and the operator's rules, as files."""
