"""The world outside: plays the access carrier and the operations desk for demo, tests and trials."""
