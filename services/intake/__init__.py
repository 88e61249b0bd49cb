"""Intake, the front door: from a signed form response to one clean order, or to all of its defects."""
