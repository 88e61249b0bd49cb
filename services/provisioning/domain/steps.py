"""What each accepted fact does to an order: (order, fact, instant) -> order, or a coded refusal."""

from __future__ import annotations

from datetime import date, datetime

from kernel.times import local_date
from services.provisioning.domain import facts, patterns
from services.provisioning.domain.delay_facts import DelayReported
from services.provisioning.domain.order import FiberOrder, State, replace
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code, Refused


def amend(order: FiberOrder, fact: facts.OrderAmended, _at: datetime) -> FiberOrder:
    """Return the order with the plan, building and wished date of a newer version; an older one changes nothing."""
    if fact.version <= order.content_version:
        return order
    return replace(
        order,
        content_version=fact.version,
        plan=fact.plan,
        building_kind=fact.building_kind,
        wished_on=fact.wished_on,
    )


def amend_without_effect(order: FiberOrder, _fact: facts.OrderAmended, _at: datetime) -> FiberOrder:
    """Return the order as it was: what is lit or called off is not changed by an edit."""
    return order


def register(order: FiberOrder, fact: facts.AddressRegistrationRequested, _at: datetime) -> FiberOrder:
    """Return the order in pattern 2 (住所登録), waiting for the carrier to register the site.

    :raises Refused: the site was registered for this order already (already_done).
    Source: fiber-orders.md, pattern 2.
    """
    if order.registered_on is not None:
        raise Refused(Code.ALREADY_DONE)
    return replace(
        order,
        state=State.AWAITING_ADDRESS_REGISTRATION,
        registration_usual_by=fact.usual_by,
        met=patterns.meet(order.met, Pattern.ADDRESS_REGISTRATION),
    )


def complete_registration(
    order: FiberOrder, fact: facts.AddressRegistrationCompleted, at: datetime
) -> FiberOrder:
    """Return the order waiting for its service order again: the order's creation starts only now.

    :raises Refused: the day lies ahead, or before the consult (wrong_date).
    """
    if not (order.consulted_on or fact.completed_on) <= fact.completed_on <= local_date(at):
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        state=State.AWAITING_SERVICE_ORDER,
        registered_on=fact.completed_on,
        attempt=order.attempt + 1,
    )


def create_service_order(order: FiberOrder, fact: facts.ServiceOrderCreated, _at: datetime) -> FiberOrder:
    """Return the order with the carrier's number, waiting for a construction date."""
    return replace(order, state=State.AWAITING_CONSTRUCTION_DATE, carrier_order_no=fact.carrier_order_no)


def hold_date(order: FiberOrder, fact: facts.ProvisionalDateHeld, at: datetime) -> FiberOrder:
    """Return the order with a provisional date, waiting for the customer's answer.

    :raises Refused: the date or the last day for the answer has passed (date_in_past), or one may answer after the
    construction (wrong_date).
    """
    refuse_past(fact.construction_on, at)
    refuse_past(fact.answer_by, at)
    if fact.answer_by > fact.construction_on:
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        state=State.DATE_HELD,
        held_on=fact.construction_on,
        answer_by=fact.answer_by,
        answer_due_at=fact.answer_due_at,
    )


def confirm_date(order: FiberOrder, fact: facts.DateConfirmed, _at: datetime) -> FiberOrder:
    """Return the order with a confirmed date that the carrier has still to fix.

    :raises Refused: another date is held (wrong_date).
    """
    if fact.construction_on != order.held_on:
        raise Refused(Code.WRONG_DATE)
    return replace(order, state=State.DATE_CONFIRMED, answer_by=None, answer_due_at=None)


def lose_date(order: FiberOrder, fact: facts.AnswerDeadlineMissed, _at: datetime) -> FiberOrder:
    """Return the order without its provisional date, in pattern 7: nobody answered in time.

    :raises Refused: another date or deadline runs (wrong_date).
    Source: fiber-orders.md, pattern 7.
    """
    if (fact.construction_on, fact.answer_by) != (order.held_on, order.answer_by):
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        state=State.AWAITING_CUSTOMER,
        held_on=None,
        answer_by=None,
        answer_due_at=None,
        answered_on=None,
        met=patterns.meet(order.met, Pattern.CUSTOMER_DELAY),
    )


def answer(order: FiberOrder, fact: facts.CustomerAnswered, at: datetime) -> FiberOrder:
    """Return the order waiting for a new date of the carrier; its service order exists already.

    :raises Refused: the day lies ahead (wrong_date).
    """
    if fact.answered_on > local_date(at):
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        state=State.AWAITING_CONSTRUCTION_DATE,
        answered_on=fact.answered_on,
        attempt=order.attempt + 1,
    )


def schedule(order: FiberOrder, fact: facts.ConstructionScheduled, at: datetime) -> FiberOrder:
    """Return the order with its construction date.

    :raises Refused: the date has passed (date_in_past), or the survey comes after it (wrong_date).
    """
    refuse_past(fact.construction_on, at)
    if fact.survey_on is not None and fact.survey_on > fact.construction_on:
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        state=State.CONSTRUCTION_SCHEDULED,
        construction_on=fact.construction_on,
        survey_on=fact.survey_on,
        held_on=None,
        replaced_on=None,
    )


def schedule_confirmed(order: FiberOrder, fact: facts.ConstructionScheduled, at: datetime) -> FiberOrder:
    """Return the order with the date that the customer took; another one only if that one has passed meanwhile.

    :raises Refused: as `schedule`, or another date than the customer took (wrong_date).
    """
    scheduled = schedule(order, fact, at)
    if fact.construction_on != order.held_on and order.held_on and order.held_on >= local_date(at):
        raise Refused(Code.WRONG_DATE)
    return scheduled


def postpone(order: FiberOrder, fact: facts.ConstructionPostponed, _at: datetime) -> FiberOrder:
    """Return the order without its construction date, in pattern 5 (設備戻り).

    :raises Refused: another date was fixed than the carrier withdraws (wrong_date).
    Source: fiber-orders.md, pattern 5.
    """
    if fact.withdrawn_on != order.construction_on:
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        state=State.AWAITING_CONSTRUCTION_DATE,
        construction_on=None,
        survey_on=None,
        replaced_on=fact.withdrawn_on,
        met=patterns.meet(order.met, Pattern.EQUIPMENT_RETURN),
    )


def complete(order: FiberOrder, fact: facts.ConstructionCompleted, at: datetime) -> FiberOrder:
    """Return the order with a lit line (開通).

    :raises Refused: another day than was fixed, or one that lies ahead (wrong_date).
    """
    if fact.completed_on != order.construction_on or fact.completed_on > local_date(at):
        raise Refused(Code.WRONG_DATE)
    return replace(order, state=State.ACTIVE, activated_on=fact.completed_on)


def cancel(order: FiberOrder, fact: facts.OrderCancelled, at: datetime) -> FiberOrder:
    """Return the order called off; nothing about it is late any more. What a plan calls off it can take back.

    :raises Refused: the day of the construction has come (too_late).
    """
    if order.construction_on is not None and local_date(at) >= order.construction_on:
        raise Refused(Code.TOO_LATE)
    cancelled = replace(order, state=State.CANCELLED, overdue=frozenset())
    if fact.plan_id is None:
        return cancelled
    return replace(cancelled, reopen_state=order.state, reopen_plan_id=fact.plan_id)


def report_delay(order: FiberOrder, fact: DelayReported, _at: datetime) -> FiberOrder:
    """Return the order with the reported delay, in its pattern if it has one; the state stays.

    :raises Refused: this very delay was reported in this state already (already_done).
    """
    if order.delay == fact.word:
        raise Refused(Code.ALREADY_DONE)
    met = patterns.meet(order.met, Pattern(fact.pattern)) if fact.pattern else order.met
    return replace(order, delay=fact.word, met=met)


def refuse_past(day: date, at: datetime) -> None:
    """Refuse a day that is over at the instant.  :raises Refused: it is (date_in_past)."""
    if day < local_date(at):
        raise Refused(Code.DATE_IN_PAST)
