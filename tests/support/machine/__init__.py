"""The machine of provisioning, walked through as a whole: for tests that prove things and for docs/machine."""
