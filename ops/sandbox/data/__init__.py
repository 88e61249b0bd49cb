"""Parameter files: how often which delay pattern comes, and how long each step takes."""
