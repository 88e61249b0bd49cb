"""`python -m services.notify` serves; `python -m services.notify migrate` brings the database up to date."""

from __future__ import annotations

from services.notify.main import main

main()
