"""What could be said of an order next: of every kind of fact what fits, what does not, and when it is said.

One row for every kind; a kind without its row is found by a test. The first fact of a row is the most usual one: the
examples in docs/machine are made of those. Days are counted from the instant of the latest fact, so that a walk
through all of them stays finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from kernel.ids import derived_id, form_order_id, format_order_no
from kernel.times import at_local, local_date
from services.provisioning.domain import facts
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.order import FiberOrder

Happened = tuple[Fact, datetime]
Samples = Callable[[FiberOrder, datetime], Iterator[Happened]]

_ORDER_ID: Final = form_order_id("fiber-east-2026", "response-1")
ORDER_DAY: Final = date(2026, 4, 1)


def days_after(now: datetime, days: int) -> date:
    """Return the local day so many days later."""
    return local_date(now) + timedelta(days=days)


def noon(day: date) -> datetime:
    """Return the instant at noon of the local day."""
    return at_local(day, time(12))


def not_before(now: datetime, day: date | None) -> datetime:
    """Return noon of the day, or of tomorrow where there is no such day or it has passed."""
    tomorrow = noon(days_after(now, 1))
    return tomorrow if day is None else max(noon(day), now + timedelta(hours=1))


OPENED: Final = (
    facts.OrderOpened(
        order_id=_ORDER_ID,
        order_no=format_order_no(2026, 4, 1),
        correlation_id=derived_id(_ORDER_ID, "submission"),
        area="east",
        plan="ip8",
        building_kind="detached",
        sales_office="AB1234",
        applied_on=ORDER_DAY,
        wished_on=None,
        consult_due_on=date(2026, 4, 3),
        consult_due_at=at_local(date(2026, 4, 4), time(0)),
    ),
    noon(ORDER_DAY),
)


def _opened(_order: FiberOrder, _now: datetime) -> Iterator[Happened]:
    yield OPENED


def _amended(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, None)
    yield facts.OrderAmended(2, ("plan",), "ip16", "collective", order.wished_on), later
    yield facts.OrderAmended(1, ("plan",), "ip1_enterprise", "collective", order.wished_on), later


def _consulted(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, None)
    yield facts.ConsultDone(local_date(later)), later
    yield facts.ConsultDone(days_after(later, 2)), later
    yield facts.ConsultDone(local_date(order.opened_at) - timedelta(days=1)), later


def _consult_overdue(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    yield facts.ConsultOverdue(order.consult_due_on), max(now, order.consult_due_at)
    yield facts.ConsultOverdue(order.consult_due_on + timedelta(days=1)), max(now, order.consult_due_at)


def _registration(_order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, None)
    yield facts.AddressRegistrationRequested(days_after(later, 5)), later


def _registered(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, order.registration_usual_by)
    yield facts.AddressRegistrationCompleted(local_date(later)), later
    yield facts.AddressRegistrationCompleted(days_after(later, 1)), later
    yield facts.AddressRegistrationCompleted(ORDER_DAY - timedelta(days=1)), later


def _created(_order: FiberOrder, now: datetime) -> Iterator[Happened]:
    yield facts.ServiceOrderCreated("SO-1"), not_before(now, None)


def _held(_order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, None)
    for construction, answer in ((8, 3), (-1, 3), (8, -1), (2, 3)):
        answer_by = days_after(later, answer)
        due_at = at_local(answer_by + timedelta(days=1), time(0))
        yield facts.ProvisionalDateHeld(days_after(later, construction), answer_by, due_at), later


def _confirmed(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, None)
    held = order.held_on or order.construction_on or days_after(now, 8)
    yield facts.DateConfirmed(held), later
    yield facts.DateConfirmed(held + timedelta(days=1)), later


def _answer_missed(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    held, answer_by = order.held_on or days_after(now, 8), order.answer_by or days_after(now, 3)
    at = order.answer_due_at or not_before(now, answer_by)
    yield facts.AnswerDeadlineMissed(held, answer_by), max(now, at)
    yield facts.AnswerDeadlineMissed(held + timedelta(days=1), answer_by), max(now, at)


def _answered(_order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, None)
    yield facts.CustomerAnswered(local_date(later)), later
    yield facts.CustomerAnswered(days_after(later, 1)), later


def _scheduled(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    later = not_before(now, None)
    stands = order.held_on or order.construction_on
    fits = stands if stands is not None and stands >= local_date(later) else days_after(later, 4)
    yield facts.ConstructionScheduled(fits, None), later
    yield facts.ConstructionScheduled(days_after(later, 6), days_after(later, 4)), later
    yield facts.ConstructionScheduled(days_after(later, -1), None), later
    yield facts.ConstructionScheduled(days_after(later, 4), days_after(later, 5)), later
    if stands is not None:  # said when the date that was held is over
        afterwards = noon(max(stands, local_date(now)) + timedelta(days=1))
        yield facts.ConstructionScheduled(days_after(afterwards, 4), None), afterwards


def _postponed(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    stands = order.construction_on or days_after(now, 4)
    yield facts.ConstructionPostponed(stands, "equipment_return"), not_before(now, None)
    yield facts.ConstructionPostponed(stands + timedelta(days=1), "works"), not_before(now, None)
    yield facts.ConstructionPostponed(stands, "permits"), not_before(now, stands)


def _completed(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    stands = order.construction_on or days_after(now, 1)
    yield facts.ConstructionCompleted(stands), not_before(now, stands)
    yield facts.ConstructionCompleted(stands + timedelta(days=1)), not_before(now, stands + timedelta(days=1))
    yield facts.ConstructionCompleted(stands), now


def _cancelled(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    yield facts.OrderCancelled("customer", "customer_wish"), not_before(now, None)
    yield facts.OrderCancelled("sales", "other"), not_before(now, order.construction_on)


SAMPLES: Final[Mapping[FactKind, Samples]] = {
    FactKind.ORDER_OPENED: _opened,
    FactKind.ORDER_AMENDED: _amended,
    FactKind.CONSULT_DONE: _consulted,
    FactKind.CONSULT_OVERDUE: _consult_overdue,
    FactKind.ADDRESS_REGISTRATION_REQUESTED: _registration,
    FactKind.ADDRESS_REGISTRATION_COMPLETED: _registered,
    FactKind.SERVICE_ORDER_CREATED: _created,
    FactKind.PROVISIONAL_DATE_HELD: _held,
    FactKind.DATE_CONFIRMED: _confirmed,
    FactKind.ANSWER_DEADLINE_MISSED: _answer_missed,
    FactKind.CUSTOMER_ANSWERED: _answered,
    FactKind.CONSTRUCTION_SCHEDULED: _scheduled,
    FactKind.CONSTRUCTION_POSTPONED: _postponed,
    FactKind.CONSTRUCTION_COMPLETED: _completed,
    FactKind.ORDER_CANCELLED: _cancelled,
}


def sayable(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    """Return everything that could be said next of the order, kind by kind; nothing lies before now."""
    for samples in SAMPLES.values():
        yield from samples(order, now)
