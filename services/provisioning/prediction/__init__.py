"""When will the line be lit: dates with a stated certainty, learned from the system's own closed orders."""
