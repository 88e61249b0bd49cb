"""`python -m services.billing`: serve; `python -m services.billing migrate`: bring the database up to date."""

from services.billing.main import main

main()
