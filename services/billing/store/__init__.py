"""What billing keeps in its database; one function, one statement."""
