"""The outside world behind protocols: contacts over HTTP, mail over SMTP."""
