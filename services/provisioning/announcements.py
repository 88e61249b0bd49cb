"""What the world hears of a move or a refusal, in the words of the contracts; no personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts import works
from contracts.envelope import Cause, Outgoing, announce
from contracts.event import Event
from contracts.works import ClaimRefusedV1, WorkEvent
from kernel.ids import KAITSU_NAMESPACE, derived_id
from services.provisioning.domain import facts, patterns
from services.provisioning.domain.facts import FactKind, to_details
from services.provisioning.domain.lifecycle import Move
from services.provisioning.domain.order import BALL, Jeopardy, State
from services.provisioning.domain.refusals import Code
from services.provisioning.domain.rules import Rules

_Words = Callable[[Move, Rules], tuple[type[WorkEvent], dict[str, Any]]]


def of_move(move: Move, *, cause: Cause, rules: Rules) -> list[Outgoing]:
    """Return the events of a move: the fact, then what is no longer late, then what is asked for."""
    events: list[Event] = []
    words = _FACTS.get(move.fact.kind)
    if words:
        cls, data = words(move, rules)
        events.append(_event(move, cls, data))
    events += [_event(move, works.JeopardyClearedV1, {"cause": late}) for late in sorted(move.no_longer_late)]
    if move.asks_consult:
        asked = {"area": move.after.area, "due_on": move.after.consult_due_on}
        events.append(_event(move, works.ConsultRequestedV1, asked))
    if move.asks_service_order:
        asked = {"area": move.after.area, "plan": move.after.plan, "attempt": move.after.attempt}
        events.append(_event(move, works.ServiceOrderRequestedV1, asked))
    return [announce(event, cause=cause, occurred_at=move.at) for event in events]


def of_refusal(
    claim_type: str,
    code: Code,
    *,
    cause: Cause,
    order_no: str,
    order_id: UUID | None,
    state: State | None,
    at: datetime,
) -> Outgoing:
    """Return the event that tells a partner why its claim was not accepted; the cause is the claim."""
    event = ClaimRefusedV1(
        subject_id=order_id or derived_id(KAITSU_NAMESPACE, "unknown_order", order_no),
        order_no=order_no,
        claim_id=cause.id,
        claim_type=claim_type,
        code=code.value,
        state=state,
    )
    return announce(event, cause=cause, occurred_at=at)


def _event(move: Move, cls: type[WorkEvent], data: Mapping[str, Any]) -> WorkEvent:
    order = move.after
    return cls.model_validate({"order_id": order.order_id, "order_no": order.order_no, **data})


def _same_words(cls: type[WorkEvent]) -> _Words:
    """Return the mapping for a fact whose fields are called the same in domain and contract."""

    def words(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
        return cls, to_details(move.fact)

    return words


def _consult_overdue(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    return works.JeopardyRaisedV1, {
        "cause": Jeopardy.CONSULT_OVERDUE.value,
        "acts": BALL[State.AWAITING_CONSULT],
        "due_on": move.after.consult_due_on,
    }


def _scheduled(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    assert move.before is not None
    before, after = move.before, move.after
    # A held date that the customer took was told, too: another one in its place is a change of date.
    taken = before.held_on if before.held_on != after.construction_on else None
    return works.ConstructionScheduledV1, {
        "construction_on": after.construction_on,
        "survey_on": after.survey_on,
        "previous_on": before.replaced_on or taken,
        "pattern": after.pattern,
    }


def _activated(move: Move, rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    order = move.after
    return works.OrderActivatedV1, {
        "activated_on": order.activated_on,
        "consulted_on": order.consulted_on,
        "area": order.area,
        "plan": order.plan,
        "patterns": patterns.shown(order.met),
        "dominant": patterns.dominant(order.met, rules.shortest_days),
    }


def _cancelled(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    assert move.before is not None
    assert isinstance(move.fact, facts.OrderCancelled)
    return works.OrderCancelledV1, {
        "by": move.fact.by,
        "reason": move.fact.reason,
        "stage": move.before.state.value,
    }


# The opening is announced as the request for the consult, an amendment by intake alone.
_FACTS: Final[Mapping[FactKind, _Words]] = {
    FactKind.CONSULT_DONE: _same_words(works.ConsultDoneV1),
    FactKind.CONSULT_OVERDUE: _consult_overdue,
    FactKind.ADDRESS_REGISTRATION_REQUESTED: _same_words(works.AddressRegistrationRequestedV1),
    FactKind.ADDRESS_REGISTRATION_COMPLETED: _same_words(works.AddressRegistrationCompletedV1),
    FactKind.SERVICE_ORDER_CREATED: _same_words(works.ServiceOrderCreatedV1),
    FactKind.PROVISIONAL_DATE_HELD: _same_words(works.ProvisionalDateHeldV1),
    FactKind.DATE_CONFIRMED: _same_words(works.DateConfirmedV1),
    FactKind.ANSWER_DEADLINE_MISSED: _same_words(works.AnswerDeadlineMissedV1),
    FactKind.CUSTOMER_ANSWERED: _same_words(works.CustomerAnsweredV1),
    FactKind.CONSTRUCTION_SCHEDULED: _scheduled,
    FactKind.CONSTRUCTION_POSTPONED: _same_words(works.ConstructionPostponedV1),
    FactKind.CONSTRUCTION_COMPLETED: _activated,
    FactKind.ORDER_CANCELLED: _cancelled,
    FactKind.DELAY_REPORTED: _same_words(works.DelayReportedV1),
}
