"""`python -m services.intake`: serve; `python -m services.intake migrate`: bring the database up to date."""

from services.intake.main import main

main()
