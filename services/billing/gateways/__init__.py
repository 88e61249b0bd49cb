"""The outside world of billing, each part behind a Protocol."""
