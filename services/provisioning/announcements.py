"""What the world hears of a move or a refusal, in the words of the contracts; no personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts import reminders, site, works
from contracts.envelope import Cause, Outgoing, announce
from contracts.event import Event
from contracts.works import ClaimRefusedV1, WorkEvent
from kernel.ids import KAITSU_NAMESPACE, derived_id
from services.provisioning.domain import facts, jeopardy, patterns, site_facts
from services.provisioning.domain.arithmetic import Arithmetic
from services.provisioning.domain.fact_details import to_details
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import Move
from services.provisioning.domain.lost_day_steps import CALLED_OFF
from services.provisioning.domain.order import Jeopardy, State
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
    ended = move.after.ended
    events += [
        _event(move, works.JeopardyClearedV1, {"cause": late, "order_ended": ended})
        for late in sorted(move.no_longer_late)
    ]
    if move.asks_consult:
        asked = {"area": move.after.area, "due_on": move.after.consult_due_on}
        events.append(_event(move, works.ConsultRequestedV1, asked))
    if move.asks_service_order:
        asked = {"area": move.after.area, "plan": move.after.plan, "attempt": move.after.attempt}
        events.append(_event(move, works.ServiceOrderRequestedV1, asked))
    return [
        announce(event, cause=cause, occurred_at=move.at, discriminator=_discriminator(event))
        for event in events
    ]


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


def _discriminator(event: Event) -> str:
    """Return what tells several jeopardies apart that one fact raises or clears."""
    return event.cause if isinstance(event, works.JeopardyRaisedV1 | works.JeopardyClearedV1) else ""


def _event(move: Move, cls: type[WorkEvent], data: Mapping[str, Any]) -> WorkEvent:
    order = move.after
    return cls.model_validate({"order_id": order.order_id, "order_no": order.order_no, **data})


def _same_words(cls: type[WorkEvent]) -> _Words:
    """Return the mapping for a fact whose fields are called the same in domain and contract."""

    def words(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
        return cls, to_details(move.fact)

    return words


def _consult_overdue(move: Move, rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    danger = jeopardy.open_now(move.after, rules)[Jeopardy.CONSULT_OVERDUE]
    return _raised(jeopardy.raised(danger, rules, at=move.at))


def _jeopardy_raised(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    assert isinstance(move.fact, facts.JeopardyRaised)
    return _raised(move.fact)


def _raised(fact: facts.JeopardyRaised) -> tuple[type[WorkEvent], dict[str, Any]]:
    data = to_details(fact)
    way = Arithmetic.from_json(data.pop("arithmetic"))
    lines = {"arithmetic_en": way.in_english(), "arithmetic_ja": way.in_japanese()}
    return works.JeopardyRaisedV1, data | lines


def _reminder(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    assert isinstance(move.fact, facts.ReminderDue)
    of = move.fact.deadline.removesuffix("_reminder")
    return reminders.ReminderDueV1, {"of": of, "day_on": move.fact.reminds_of_on}


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


def _unanswered(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    order = move.after
    return site.ConsultUnansweredV1, {
        "tried_on": order.consult_tried_on,
        "tries": order.consult_tries,
        "next_due_on": order.consult_next_on,
    }


def _surveys(cls: type[WorkEvent]) -> _Words:
    def words(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
        data = to_details(move.fact)
        data["kind"] = data.pop("survey_kind")
        return cls, data | {"outside_survey_needed": data.pop("outside_needed", False)}

    return words


def _works_required(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    assert move.before is not None
    lost = move.before.construction_on or move.before.held_on
    return site.WorksRequiredV1, {**to_details(move.fact), "lost_on": lost, "pattern": move.after.pattern}


def _called_off(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    assert isinstance(move.fact, site_facts.ConstructionCalledOff)
    route = CALLED_OFF[move.fact.cause]
    responsible = route.responsible.value if route.responsible else "nobody"
    return site.ConstructionCalledOffV1, {
        **to_details(move.fact),
        "responsible": responsible,
        "pattern": move.after.pattern,
    }


def _wish_changed(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    assert move.before is not None
    before, after = move.before, move.after
    stood, stands = before.construction_on or before.held_on, after.construction_on or after.held_on
    return site.WishChangedV1, {**to_details(move.fact), "given_up_on": None if stands else stood}


def _reopened(move: Move, _rules: Rules) -> tuple[type[WorkEvent], dict[str, Any]]:
    return site.OrderReopenedV1, {**to_details(move.fact), "stage": move.after.state.value}


# The opening is announced as the request for the consult, an amendment by intake alone, a clearing by what it clears.
_FACTS: Final[Mapping[FactKind, _Words]] = {
    FactKind.CONSULT_SCHEDULED: _same_words(site.ConsultScheduledV1),
    FactKind.CONSULT_UNANSWERED: _unanswered,
    FactKind.CONSULT_DONE: _same_words(works.ConsultDoneV1),
    FactKind.CONSULT_OVERDUE: _consult_overdue,
    FactKind.JEOPARDY_RAISED: _jeopardy_raised,
    FactKind.REMINDER_DUE: _reminder,
    FactKind.ADDRESS_REGISTRATION_REQUESTED: _same_words(works.AddressRegistrationRequestedV1),
    FactKind.ADDRESS_REGISTRATION_COMPLETED: _same_words(works.AddressRegistrationCompletedV1),
    FactKind.SERVICE_ORDER_CREATED: _same_words(works.ServiceOrderCreatedV1),
    FactKind.PLANT_INQUIRY_SENT: _same_words(site.PlantInquirySentV1),
    FactKind.PLANT_INQUIRY_ANSWERED: _same_words(site.PlantInquiryAnsweredV1),
    FactKind.NEAR_DATE_DENIED: _same_words(site.NearDateDeniedV1),
    FactKind.SURVEY_SCHEDULED: _surveys(site.SurveyScheduledV1),
    FactKind.SURVEY_DELAYED: _same_words(site.SurveyDelayedV1),
    FactKind.SURVEY_DONE: _surveys(site.SurveyDoneV1),
    FactKind.WORKS_REQUIRED: _works_required,
    FactKind.WORKS_COMPLETED: _same_words(site.WorksCompletedV1),
    FactKind.EQUIPMENT_RETURNED: _same_words(site.EquipmentReturnedV1),
    FactKind.SALES_ANSWERED: _same_words(site.SalesAnsweredV1),
    FactKind.WISH_CHANGED: _wish_changed,
    FactKind.CONSTRUCTION_CALLED_OFF: _called_off,
    FactKind.PROVISIONAL_DATE_HELD: _same_words(works.ProvisionalDateHeldV1),
    FactKind.DATE_CONFIRMED: _same_words(works.DateConfirmedV1),
    FactKind.ANSWER_DEADLINE_MISSED: _same_words(works.AnswerDeadlineMissedV1),
    FactKind.CUSTOMER_ANSWERED: _same_words(works.CustomerAnsweredV1),
    FactKind.CONSTRUCTION_SCHEDULED: _scheduled,
    FactKind.CONSTRUCTION_POSTPONED: _same_words(works.ConstructionPostponedV1),
    FactKind.CONSTRUCTION_COMPLETED: _activated,
    FactKind.ORDER_CANCELLED: _cancelled,
    FactKind.ORDER_REOPENED: _reopened,
    FactKind.DELAY_REPORTED: _same_words(site.DelayReportedV1),
}
