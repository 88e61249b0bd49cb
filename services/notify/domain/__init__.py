"""What is right to tell whom, when, and in which words; pure."""
