"""Provisioning: from the consult to the lit line; who has the ball, what is late, which pattern, and why."""
