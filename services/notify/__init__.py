"""Notify: who hears what, by which channel, at a decent hour, with proof."""
