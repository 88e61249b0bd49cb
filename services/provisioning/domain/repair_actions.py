"""What a repair plan does to each of its orders, as a fact, and what that would make of an order today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from kernel.times import local_date
from services.provisioning.domain import deadlines, lifecycle
from services.provisioning.domain.facts import Fact, OrderCancelled
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.domain.refusals import Refused
from services.provisioning.domain.repair_facts import OrderReopened, ServiceOrderAskedAgain
from services.provisioning.domain.rules import Rules
from services.provisioning.domain.site_facts import WishChanged

DEADLINE_DUE = "deadline_due"


class ActionKind(StrEnum):
    """The kinds of repairs."""

    CANCEL = "cancel"
    CHANGE_WISH = "change_wish"
    ASK_AGAIN = "ask_again"


@dataclass(frozen=True)
class Cancel:
    """Call the orders off; by, reason: in the words of `order.cancelled.v1`."""

    by: str
    reason: str


@dataclass(frozen=True)
class ChangeWish:
    """Wish for another day; by: customer or sales."""

    wished_on: date
    by: str


@dataclass(frozen=True)
class AskAgain:
    """Ask the carrier once more for the service order or the date."""


Action = Cancel | ChangeWish | AskAgain


@dataclass(frozen=True)
class Effect:
    """What a fact would make of an order: its state after it, or the code of the refusal."""

    state_after: State | None
    code: str | None


def kind_of(action: Action) -> ActionKind:
    """Return the kind of the action."""
    match action:
        case Cancel():
            return ActionKind.CANCEL
        case ChangeWish():
            return ActionKind.CHANGE_WISH
        case AskAgain():
            return ActionKind.ASK_AGAIN


def as_fact(action: Action, *, plan_id: UUID, at: datetime) -> Fact:
    """Return the fact that the action is for each order of the plan."""
    match action:
        case Cancel(by, reason):
            return OrderCancelled(by, reason, plan_id)
        case ChangeWish(wished_on, by):
            return WishChanged(wished_on, by)
        case AskAgain():
            return ServiceOrderAskedAgain(local_date(at))


def as_undo(action: Action, *, plan_id: UUID) -> Fact | None:
    """Return the fact that takes the action back, or None where nothing can: what others heard cannot be unsaid."""
    return OrderReopened(plan_id) if isinstance(action, Cancel) else None


def effect(order: FiberOrder, fact: Fact, at: datetime, rules: Rules) -> Effect:
    """Return what the fact would make of the order at an instant; nothing is changed.

    A deadline that has passed and was not fired yet comes first (deadline_due): plan again in a moment.
    """
    if deadlines.due(order, at, rules):
        return Effect(None, DEADLINE_DUE)
    try:
        return Effect(lifecycle.apply(order, fact, at).after.state, None)
    except Refused as refusal:
        return Effect(None, refusal.code.value)
