"""`python -m services.provisioning`: serve; `... migrate`: bring the database up to date."""

from services.provisioning.main import main

main()
