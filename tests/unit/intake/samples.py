"""Submissions of one form response, as the domain sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kernel.ids import form_order_id, inbound_id
from services.intake.books import Books, load_books
from services.intake.domain.application import Application
from services.intake.domain.checks import Checked, check
from services.intake.domain.forms import Answer, Form
from services.intake.domain.outcome import Submission
from tests.support.webhooks import CLEAN, CLEAN_WEST, EAST, WEST, answers

BOOKS: Books = load_books()
NOON = datetime(2026, 4, 20, 3, tzinfo=UTC)
TODAY = NOON.date()


def form(key: str = EAST) -> Form:
    return BOOKS.forms[key]


def given(key: str = EAST, **changes: str) -> tuple[Answer, ...]:
    """Return the answers of a clean form with some changed."""
    clean = CLEAN_WEST if key == WEST else CLEAN
    return tuple(
        Answer(each["item_id"], each["title"], each["type"], each["response"])
        for each in answers(key, {**clean, **changes})
    )


def submission(*, hours: int = 0, key: str = EAST, **changes: str) -> Submission:
    """Return a submission of the same response, sent so many hours after noon."""
    at = NOON + timedelta(hours=hours)
    return Submission(
        submission_id=inbound_id("test", f"{key}:{at.isoformat()}"),
        order_id=form_order_id(key, "r-1"),
        form=key,
        response_id="r-1",
        submitted_at=at,
        received_at=at + timedelta(minutes=1),
        answers=given(key, **changes),
    )


def checked(key: str = EAST, **changes: str) -> Checked:
    """Return what the rules say of a clean form with some answers changed, sent on 20 April 2026."""
    return edited(None, key, **changes)


def edited(standing: Application | None, key: str = EAST, **changes: str) -> Checked:
    """Return the same where the order says something already."""
    clean = CLEAN_WEST if key == WEST else CLEAN
    return check(form(key), {**clean, **changes}, submitted_on=TODAY, rules=BOOKS.rules, standing=standing)


def found(key: str = EAST, **changes: str) -> list[tuple[str, str]]:
    """Return the defects as (field, rule)."""
    return [(each.field, each.rule) for each in checked(key, **changes).defects]
