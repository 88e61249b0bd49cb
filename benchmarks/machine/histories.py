"""Whole histories of orders in patterns 1, 2, 5 and 7, as the source tells them, with dates of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from kernel.ids import derived_id, form_order_id, format_order_no
from kernel.times import local_date
from services.provisioning.domain import facts
from services.provisioning.domain.facts import Fact

Happened = tuple[Fact, datetime]
_START: Final = datetime(2026, 4, 1, 1, tzinfo=UTC)
_A_MONTH: Final = 28


def opened(serial: int) -> Happened:
    """Return the opening of the order with that serial; openings are spread over four weeks."""
    id_ = form_order_id("benchmark", str(serial))
    at = _START + timedelta(days=serial % _A_MONTH, seconds=serial % 3600)
    due_at = at + timedelta(days=2)
    fact = facts.OrderOpened(
        order_id=id_,
        order_no=format_order_no(2026, 1 + serial // 900_000, 1 + serial % 900_000),
        correlation_id=derived_id(id_, "submission"),
        area=("east", "west")[serial % 2],
        plan="ip8",
        building_kind=("detached", "collective")[serial // 2 % 2],
        sales_office=f"AB{serial % 10_000:04d}",
        applied_on=local_date(at),
        wished_on=None,
        consult_due_on=local_date(due_at),
        consult_due_at=due_at,
    )
    return fact, at


def _from(start: datetime) -> Callable[[int], datetime]:
    return lambda days: start + timedelta(days=days)


def _created(serial: int, day: Callable[[int], datetime]) -> list[Happened]:
    return [
        (facts.ConsultDone(local_date(day(1))), day(1)),
        (facts.ServiceOrderCreated(f"SO-{serial}"), day(3)),
    ]


def _lit(day: Callable[[int], datetime], told: int, on: int) -> list[Happened]:
    """Return the last two facts: the date is told, and on that day the line is lit."""
    return [
        (facts.ConstructionScheduled(local_date(day(on)), None), day(told)),
        (facts.ConstructionCompleted(local_date(day(on))), day(on)),
    ]


def immediate(serial: int) -> list[Happened]:
    """Return a history of pattern 1: a date at once, confirmed, lit."""
    first = opened(serial)
    day = _from(first[1])
    held = facts.ProvisionalDateHeld(local_date(day(15)), local_date(day(8)), day(9))
    return [
        first,
        *_created(serial, day),
        (held, day(4)),
        (facts.DateConfirmed(local_date(day(15))), day(5)),
        *_lit(day, 6, 15),
    ]


def address_registration(serial: int) -> list[Happened]:
    """Return a history of pattern 2 (住所登録): the site is registered before its service order exists."""
    first = opened(serial)
    day = _from(first[1])
    return [
        first,
        (facts.ConsultDone(local_date(day(1))), day(1)),
        (facts.AddressRegistrationRequested(local_date(day(8))), day(2)),
        (facts.AddressRegistrationCompleted(local_date(day(8))), day(8)),
        (facts.ServiceOrderCreated(f"SO-{serial}"), day(9)),
        *_lit(day, 11, 23),
    ]


def equipment_return(serial: int) -> list[Happened]:
    """Return a history of pattern 5 (設備戻り): a fixed date is withdrawn and another one comes."""
    first = opened(serial)
    day = _from(first[1])
    return [
        first,
        *_created(serial, day),
        (facts.ConstructionScheduled(local_date(day(15)), None), day(6)),
        (facts.ConstructionPostponed(local_date(day(15)), "equipment_return"), day(12)),
        *_lit(day, 30, 45),
    ]


def customer_delay(serial: int) -> list[Happened]:
    """Return a history of pattern 7: nobody answers in time, the date is lost, a second round lights the line."""
    first = opened(serial)
    day = _from(first[1])
    on, by = local_date(day(15)), local_date(day(8))
    return [
        first,
        *_created(serial, day),
        (facts.ProvisionalDateHeld(on, by, day(9)), day(4)),
        (facts.AnswerDeadlineMissed(on, by), day(9)),
        (facts.CustomerAnswered(local_date(day(14))), day(14)),
        *_lit(day, 17, 30),
    ]


BY_PATTERN: Final[Mapping[int, Callable[[int], list[Happened]]]] = {
    1: immediate,
    2: address_registration,
    5: equipment_return,
    7: customer_delay,
}


def history(serial: int) -> list[Happened]:
    """Return the history of the order with that serial; the four patterns take turns."""
    return list(BY_PATTERN.values())[serial % len(BY_PATTERN)](serial)
