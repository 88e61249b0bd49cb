"""Figures with their source; read by services.provisioning.books."""
