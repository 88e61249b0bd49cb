"""Provisioning's tables: one function, one statement."""
