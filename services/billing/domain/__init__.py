"""The pure words and rules of billing: no clock, no I/O, no contract of the bus."""
