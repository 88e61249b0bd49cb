"""The rows that the service would write for each claim, made before anything is timed, and its own statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from benchmarks.consumer.workload import NOW, TOPIC, sent
from chassis.consume import Received
from chassis.db import Connection
from contracts.envelope import Cause, Outgoing, from_headers
from contracts.partners import Claim
from services.provisioning import announcements, translate
from services.provisioning.domain import deadlines, lifecycle
from services.provisioning.domain.deadlines import Deadline
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.rules import Rules
from services.provisioning.store import deadlines as deadline_store
from services.provisioning.store import orders as order_store
from services.provisioning.store.orders import Entry

Json = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """What one claim leaves behind. read: the sequence of the order before it; state, entry: as they are encoded."""

    order_id: UUID
    order_no: str
    read: int
    state: Json
    entry: Json
    outgoing: Sequence[Outgoing]
    gone: Sequence[UUID]
    started: Sequence[Deadline]


@dataclass(frozen=True)
class Statements:
    """The texts of the service's statements, taken from the service itself."""

    load: str
    save: str
    history: str
    remove: str
    add: str


class _Recorder:
    """Takes the place of a connection and keeps what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def execute(self, statement: str, *args: Any) -> str:
        """Return what an UPDATE of one row returns."""
        self.asked.append((statement, args))
        return "UPDATE 1"

    async def fetch(self, statement: str, *args: Any) -> list[Any]:
        """Return no rows."""
        self.asked.append((statement, args))
        return []


async def statements(order: FiberOrder, entry: Entry) -> Statements:
    """Return the statements that the store runs for an order; the store is asked, not copied."""
    recorder = _Recorder()
    conn = cast("Connection", recorder)
    await order_store.load_many(conn, numbers=[order.order_no])
    await order_store.save_many(conn, [(order.sequence, order)])
    await order_store.add_history(conn, [entry])
    await deadline_store.remove(conn, [order.order_id])
    await deadline_store.add(conn, [])
    return Statements(*(text for text, _args in recorder.asked))


async def encoded(order: FiberOrder, read: int, entry: Entry) -> tuple[Json, Json]:
    """Return order and entry as the store gives them to the driver."""
    recorder = _Recorder()
    conn = cast("Connection", recorder)
    await order_store.save_many(conn, [(read, order)])
    await order_store.add_history(conn, [entry])
    (_, saved), (_, added) = recorder.asked
    return saved[0][0], added[0][0]


async def rows_of(
    orders: Iterable[FiberOrder], claims: Sequence[Received], rules: Rules
) -> tuple[Mapping[UUID, Rows], Statements]:
    """Return the rows by event id of the claims, and the service's statements.

    :raises Refused: the workload holds a claim that the machine does not accept.
    """
    now = {order.order_no: order for order in orders}
    made: dict[UUID, Rows] = {}
    entry: Entry | None = None
    for one in claims:
        envelope = from_headers(sent(one).headers, topic=TOPIC)  # its id becomes one of ours on the way
        claim, at = one.event, envelope.occurred_at
        assert isinstance(claim, Claim)
        before = now[claim.order_no]
        move = lifecycle.apply(before, translate.said(claim, at=at, rules=rules), at)
        after = now[claim.order_no] = move.after
        entry = Entry(after.order_id, after.sequence, move.fact, envelope.id, at, NOW)
        cause = Cause(envelope.id, after.correlation_id, envelope.traceparent)
        state, fact = await encoded(after, before.sequence, entry)
        ran, run = ({each.id: each for each in deadlines.running(order)} for order in (before, after))
        made[envelope.id] = Rows(
            order_id=after.order_id,
            order_no=after.order_no,
            read=before.sequence,
            state=state,
            entry=fact,
            outgoing=announcements.of_move(move, cause=cause, rules=rules),
            gone=[id_ for id_ in ran if id_ not in run],
            started=[each for id_, each in run.items() if id_ not in ran],
        )
    assert entry is not None
    return made, await statements(next(iter(now.values())), entry)
