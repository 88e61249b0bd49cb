"""Events as they come in, for one order or for many."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from chassis.consume import Received
from chassis.testing import received
from contracts.billing import InvoiceIssuedV1, InvoiceLine
from contracts.event import Event
from contracts.orders import Defect, OrderDefectFoundV1
from contracts.works import (
    ConstructionPostponedV1,
    ConstructionScheduledV1,
    ConsultRequestedV1,
    OrderActivatedV1,
    OrderCancelledV1,
)
from kernel.ids import KAITSU_NAMESPACE, derived_id, format_order_no
from tests.integration.notify.world import World


def order_id(number: int = 1) -> UUID:
    return derived_id(KAITSU_NAMESPACE, "order of a test", str(number))


def order_no(number: int = 1) -> str:
    return format_order_no(2026, 4, number)


ORDER: Final = order_id()
NUMBER: Final = order_no()


def consult(number: int = 1) -> ConsultRequestedV1:
    return ConsultRequestedV1(
        order_id=order_id(number), order_no=order_no(number), area="east", due_on=date(2026, 4, 3)
    )


SCHEDULED: Final = ConstructionScheduledV1(
    order_id=ORDER, order_no=NUMBER, construction_on=date(2026, 4, 20), pattern=1
)
POSTPONED: Final = ConstructionPostponedV1(
    order_id=ORDER, order_no=NUMBER, withdrawn_on=date(2026, 4, 20), reason="equipment_return"
)
LIT: Final = OrderActivatedV1(
    order_id=ORDER,
    order_no=NUMBER,
    activated_on=date(2026, 4, 20),
    consulted_on=date(2026, 4, 3),
    area="east",
    plan="ip8",
    patterns=(1,),
    dominant=1,
)
CANCELLED: Final = OrderCancelledV1(
    order_id=ORDER, order_no=NUMBER, by="customer", reason="customer_wish", stage="awaiting_consult"
)
DEFECT: Final = OrderDefectFoundV1(
    order_id=ORDER,
    submission_id=derived_id(ORDER, "submission"),
    form="fiber-east-2026",
    defects=(Defect(field="phone", rule="phone", answered_by="sales"),),
)
INVOICE: Final = InvoiceIssuedV1(
    account_id=derived_id(ORDER, "account"),
    invoice_id=derived_id(ORDER, "invoice"),
    number="2026-04-00001",
    order_ids=(ORDER,),
    month=date(2026, 4, 1),
    issued_on=date(2026, 5, 1),
    due_on=date(2026, 5, 31),
    lines=(InvoiceLine(code="x", clause="1", tariff_version="1", net_yen=11_000),),
    net_yen=11_000,
    tax_yen=1_100,
    total_yen=12_100,
)


def told(world: World, event: Event, sequence: int = 1) -> Received:
    """Return the event as it comes in now."""
    return received(event, sequence=sequence, now=world.clock.now())


def know_all(world: World, count: int) -> None:
    for number in range(1, count + 1):
        world.people.know(order_id(number), order_no=order_no(number), number=number)
