"""The rows that the service would write for each claim, made by the service's own code before anything is timed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, cast
from uuid import UUID

from benchmarks.consumer.workload import NOW, TOPIC, sent
from chassis.consume import Received
from chassis.db import Connection
from contracts.envelope import Outgoing, from_headers
from services.provisioning.casework import Casework
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster, Outlook
from services.provisioning.said import Said

# Of an order that is twice in a batch only the last counts here; the other statements add a row per claim.
LATEST: Final = ("UPDATE orders", "DELETE FROM deadlines", "INSERT INTO deadlines")


class NotAccepted(RuntimeError):
    """The workload holds a claim that the machine does not accept."""


@dataclass(frozen=True)
class Rows:
    """What one claim leaves behind. writes: the store's statements in their order, each with its columns."""

    order_id: UUID
    order_no: str
    writes: Mapping[str, Sequence[list[Any]]]
    outgoing: Sequence[Outgoing]


class _Recorder:
    """Takes the place of a connection and keeps what it is asked to do."""

    def __init__(self) -> None:
        self.asked: dict[str, tuple[list[Any], ...]] = {}

    async def execute(self, statement: str, *args: Any) -> str:
        """Return what an UPDATE of one row returns."""
        self.asked[statement] = tuple(list(arg) for arg in args)
        return "UPDATE 1"


async def rows_of(
    orders: Iterable[FiberOrder],
    promised: dict[UUID, date | None],
    claims: Sequence[Received],
    rules: Rules,
    forecaster: Forecaster,
) -> Mapping[UUID, Rows]:
    """Return the rows by event id of the claims. promised: what the orders are promised before.

    :raises NotAccepted: the workload holds a claim that the machine refuses.
    """
    now = {order.order_no: order for order in orders}
    made: dict[UUID, Rows] = {}
    for one in claims:
        envelope = from_headers(sent(one).headers, topic=TOPIC)  # its id becomes one of ours on the way
        said = Said.of(replace(one, envelope=envelope), now=NOW)
        before = now[said.claim.order_no]
        outlook = Outlook(forecaster, rules.promise_better_days, NOW, promised)
        work = Casework([before], rules=rules, outlook=outlook, now=NOW)
        work.hear(said)
        if work.refused:
            raise NotAccepted(work.refused[0].code)
        recorder = _Recorder()
        await work.write_rows(cast("Connection", recorder))
        (after,) = work.orders
        now[after.order_no] = after
        made[envelope.id] = Rows(after.order_id, after.order_no, recorder.asked, work.outgoing)
    return made


def together(rows: Sequence[Rows]) -> dict[str, list[list[Any]]]:
    """Return the statements of a batch with the columns of all its claims one behind the other."""
    last = {row.order_id: row for row in rows}
    found: dict[str, list[list[Any]]] = {}
    for row in rows:
        for text, columns in row.writes.items():
            if text.lstrip().startswith(LATEST) and last[row.order_id] is not row:
                continue
            whole = found.setdefault(text, [[] for _ in columns])
            for column, more in zip(whole, columns, strict=True):
                column.extend(more)
    first = {row.order_id: row for row in reversed(rows)}
    for text, whole in found.items():
        if text.lstrip().startswith(
            "UPDATE orders"
        ):  # read as the batch found them: the sequence of their first claim
            whole[2] = [first[id_].writes[text][2][0] for id_ in whole[1]]
    return found
