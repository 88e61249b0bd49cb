"""What calls do to an order: the consult (コンサル), agreed, missed, done or overdue."""

from __future__ import annotations

from datetime import datetime

from kernel.times import local_date
from services.provisioning.domain import facts
from services.provisioning.domain.order import FiberOrder, Jeopardy, State, replace
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.steps import refuse_past


def schedule_consult(order: FiberOrder, fact: facts.ConsultScheduled, at: datetime) -> FiberOrder:
    """Return the order with the day on which desk and customer want to talk; the last day in time stays what it is.

    :raises Refused: the day has passed (date_in_past), or is agreed already (already_done).
    """
    refuse_past(fact.scheduled_on, at)
    if fact.scheduled_on == order.consult_scheduled_on:
        raise Refused(Code.ALREADY_DONE)
    return replace(order, consult_scheduled_on=fact.scheduled_on)


def miss_call(order: FiberOrder, fact: facts.ConsultUnanswered, at: datetime) -> FiberOrder:
    """Return the order with one more day on which the desk reached nobody, and the last day for the next call.

    :raises Refused: that day is counted already (already_done), lies ahead, or before the order or the last call
    (wrong_date).
    """
    if fact.tried_on == order.consult_tried_on:
        raise Refused(Code.ALREADY_DONE)
    earliest = order.consult_tried_on or local_date(order.opened_at)
    if not earliest <= fact.tried_on <= local_date(at):
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        consult_tries=order.consult_tries + 1,
        consult_tried_on=fact.tried_on,
        consult_scheduled_on=None,
        consult_next_on=fact.next_due_on,
        consult_next_at=fact.next_due_at,
    )


def consult(order: FiberOrder, fact: facts.ConsultDone, at: datetime) -> FiberOrder:
    """Return the order with its day N, waiting for its service order.

    :raises Refused: the day lies ahead, or before the order was there (wrong_date).
    """
    if not local_date(order.opened_at) <= fact.consulted_on <= local_date(at):
        raise Refused(Code.WRONG_DATE)
    return replace(
        order,
        state=State.AWAITING_SERVICE_ORDER,
        consulted_on=fact.consulted_on,
        consult_scheduled_on=None,
        consult_next_on=None,
        consult_next_at=None,
        attempt=order.attempt + 1,
        overdue=order.overdue - {Jeopardy.CONSULT_OVERDUE},
    )


def miss_consult(order: FiberOrder, fact: facts.ConsultOverdue, _at: datetime) -> FiberOrder:
    """Return the order with an overdue consult; the desk keeps the ball.

    :raises Refused: it is overdue already (already_done), or another day was due (wrong_date).
    """
    if Jeopardy.CONSULT_OVERDUE in order.overdue:
        raise Refused(Code.ALREADY_DONE)
    if fact.due_on != order.consult_due_on:
        raise Refused(Code.WRONG_DATE)
    return replace(order, overdue=order.overdue | {Jeopardy.CONSULT_OVERDUE})
