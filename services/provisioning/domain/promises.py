"""When the date that we stand by changes: by an explicit rule, not at every wobble of the prediction (ADR-0014)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import Move
from services.provisioning.domain.order import FiberOrder, State


class PromiseCause(StrEnum):
    """Which part of the rule changed the promise."""

    CONSULTED = "consulted"
    DATE_FIXED = "date_fixed"
    DATE_LOST = "date_lost"
    PATTERN_CHANGED = "pattern_changed"
    RANGE_LEFT = "range_left"
    WISH_CHANGED = "wish_changed"
    ENDED = "ended"


@dataclass(frozen=True)
class Expected:
    """What is expected after a fact: half of such lines are lit by p50_on, nine of ten by p90_on; local days."""

    p50_on: date
    p90_on: date


@dataclass(frozen=True)
class NewPromise:
    """The new date, None where we stand by none any more, and what it replaces."""

    promised_on: date | None
    previous_on: date | None
    cause: PromiseCause


def new_promise(
    promised_on: date | None, move: Move, expected: Expected | None, *, better_days: int
) -> NewPromise | None:
    """Return the promise that a fact makes or changes, or None where the old one stands.

    promised_on: what we stand by until now. expected: None for an order that has ended. better_days: by how many days
    nine of ten must be earlier than promised before good news is told.
    """
    if move.after.state is State.CANCELLED:
        return NewPromise(None, promised_on, PromiseCause.ENDED) if promised_on else None
    if move.after.consulted_on is None or expected is None:
        return None  # before the consult nobody knows enough; a lit line needs no promise
    day, cause = _wanted(promised_on, move, expected, better_days)
    return NewPromise(day, promised_on, cause) if day != promised_on else None


def _wanted(
    promised_on: date | None, move: Move, expected: Expected, better_days: int
) -> tuple[date, PromiseCause]:
    after = move.after
    if after.construction_on is not None:
        return after.construction_on, PromiseCause.DATE_FIXED
    if move.before is not None and told(move.before) and not told(after):
        lost_by_wish = move.fact.kind is FactKind.WISH_CHANGED
        return expected.p90_on, PromiseCause.WISH_CHANGED if lost_by_wish else PromiseCause.DATE_LOST
    if promised_on is None:
        return expected.p90_on, PromiseCause.CONSULTED
    if move.before is not None and move.before.pattern is not after.pattern and expected.p90_on > promised_on:
        return expected.p90_on, PromiseCause.PATTERN_CHANGED
    late = expected.p50_on > promised_on
    early = expected.p90_on <= promised_on - timedelta(days=better_days)
    return expected.p90_on if late or early else promised_on, PromiseCause.RANGE_LEFT


def told(order: FiberOrder) -> date | None:
    """Return the construction date that the customer was told: a fixed one, or a provisional one that was taken."""
    return order.construction_on or (order.held_on if order.state is State.DATE_CONFIRMED else None)
