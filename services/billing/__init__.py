"""Billing: what was done, what it costs, and one immutable invoice that explains every yen."""
