"""`python -m ops.sandbox`."""

from ops.sandbox.main import main

main()
