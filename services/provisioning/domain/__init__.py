"""The rules of an order's way, pure: facts in, new state out."""
