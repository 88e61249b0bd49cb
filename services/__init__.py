"""The services: each owns its data, its topic and its folder; none imports another."""
