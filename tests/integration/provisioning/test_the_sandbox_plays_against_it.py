"""Many orders played out by the sandbox's carrier and desk: all come to an end, with the dates that these set."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from chassis.consume import Received
from contracts.envelope import Envelope
from contracts.reader import read_event
from contracts.topics import source_of
from contracts.works import ClaimRefusedV1, WorkEvent
from ops.sandbox.book import Book
from ops.sandbox.calendar import japanese_calendar
from ops.sandbox.law import read_law
from ops.sandbox.plan import Action
from services.provisioning.domain.order import FiberOrder, State
from tests.integration.provisioning.house import House, april, submission

ORDERS = 150


async def tell(house: House, book: Book, known: int) -> int:
    """Let the sandbox read what was announced since; return how much it has read in all."""
    rows = (await house.everything(None))[known:]
    for row in rows:
        fact = read_event(row["type"], house.raw(row))
        assert isinstance(fact, WorkEvent | ClaimRefusedV1)
        names = ("source", "type", "subject", "sequence", "occurred_at", "recorded_at", "correlation_id")
        book.take(fact, Envelope(id=row["event_id"], **{name: row[name] for name in names}))
    return known + len(rows)


def said(action: Action) -> Received:
    """Return what provisioning hears of an action."""
    envelope = Envelope(
        id=action.known_as,
        source=source_of(action.claim.topic),
        type=action.claim.type,
        subject="",
        sequence=None,
        occurred_at=action.due,
        recorded_at=action.due,
        correlation_id=action.cause.correlation_id,
    )
    return Received(action.claim, envelope, action.claim.topic, 0, 0)


async def play(house: House, book: Book) -> None:
    """Move the clock from one due instant to the next until nothing is left to happen."""
    known = 0
    while True:
        known = await tell(house, book, known)
        now = house.clock.now()
        due = book.due(now)
        if due:
            book.said(due)
            for topic in sorted({action.claim.topic for action in due}):
                await house.deliver(*[said(action) for action in due if action.claim.topic == topic])
            continue
        if await house.tick():
            continue
        later = [instant for instant in (book.next_due(now), await house.next_due()) if instant]
        if not later:
            return
        assert min(later) < april(1) + timedelta(days=200)
        house.advance(min(later))


def dates(order: FiberOrder) -> dict[str, object]:
    """Return the dates of an order that the sandbox knows, too."""
    named = {name: getattr(order, name) for name in ("consulted_on", "construction_on", "activated_on")}
    return {name: day for name, day in named.items() if day}


async def test_all_orders_come_to_an_end_with_the_dates_that_were_set(house: House) -> None:
    book = Book(read_law(), japanese_calendar())
    await house.deliver(*[submission(serial) for serial in range(1, ORDERS + 1)])

    await play(house, book)

    orders = [await house.order(serial) for serial in range(1, ORDERS + 1)]
    assert {order.state for order in orders} <= {State.ACTIVE, State.CANCELLED}
    assert {order.order_no: dates(order) for order in orders} == {
        number: plan.dates() for number, plan in book.plans.items()
    }
    met = Counter(order.pattern for order in orders if order.state is State.ACTIVE)
    assert set(met) == set(range(1, 8)), met
    for order in orders:
        wanted = book.plans[order.order_no].destiny.pattern
        assert order.state is State.CANCELLED or wanted == 1 or wanted in order.met
    # What the sandbox says is accepted, but for the yes that comes too late and what crosses a cancellation.
    assert {code for _, code in await house.refusals()} <= {"too_late", "order_ended"}
