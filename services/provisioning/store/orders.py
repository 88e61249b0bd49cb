"""Orders and their history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.db import Connection
from kernel.ids import OrderId
from services.provisioning.domain.fact_details import from_details, to_details
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.order import FiberOrder, Jeopardy, Obstacle, State, SurveyKind
from services.provisioning.domain.patterns import Pattern

_NAMES: Final = tuple(field.name for field in fields(FiberOrder))
_values: Final = attrgetter(*_NAMES)


class StaleOrder(Exception):
    """Somebody else changed an order between our reading and our writing."""

    def __init__(self, expected: int, written: int) -> None:
        super().__init__(f"{written} of {expected} orders could be written")
        self.expected, self.written = expected, written


@dataclass(frozen=True)
class Entry:
    """One row of the history; occurred_at, recorded_at: business time."""

    order_id: UUID
    sequence: int
    fact: Fact
    cause_id: UUID
    occurred_at: datetime
    recorded_at: datetime


async def lock_numbers(conn: Connection, numbers: Iterable[str]) -> None:
    """Let nobody else open these orders, or let claims wait for them, before the caller's transaction ends.

    Locks are taken in one order by all; an order's row cannot serve, as it does not exist yet.
    """
    await conn.execute(
        """
        SELECT pg_advisory_xact_lock(key)
          FROM (SELECT DISTINCT hashtextextended('order ' || number, 0) AS key
                  FROM unnest($1::text[]) AS t (number)
                 ORDER BY key) AS keys
        """,
        sorted(set(numbers)),
    )


async def known_numbers(conn: Connection, numbers: Iterable[str]) -> set[str]:
    """Return those of the numbers that are orders here, without locking anything."""
    rows = await conn.fetch("SELECT order_no FROM orders WHERE order_no = ANY ($1)", sorted(set(numbers)))
    return {row["order_no"] for row in rows}


async def lock_many(
    conn: Connection, numbers: Iterable[str] = (), ids: Iterable[UUID] = ()
) -> list[asyncpg.Record]:
    """Return the rows of the orders with these numbers or ids, locked in one order for all who do this."""
    return await conn.fetch(
        """
        SELECT *
          FROM orders
         WHERE order_no = ANY ($1::text[]) OR order_id = ANY ($2::uuid[])
         ORDER BY order_id
           FOR UPDATE
        """,
        sorted(set(numbers)),
        sorted(set(ids)),
    )


async def load_many(
    conn: Connection, *, numbers: Iterable[str] = (), ids: Iterable[UUID] = ()
) -> list[FiberOrder]:
    """Return the orders with these numbers or ids, locked in one order for all who do this."""
    return [from_row(row) for row in await lock_many(conn, numbers, ids)]


async def insert_many(conn: Connection, orders: Sequence[FiberOrder]) -> None:
    """Write new orders."""
    await conn.execute(
        """
        INSERT INTO orders (order_id, order_no, correlation_id, area, plan, building_kind, sales_office, applied_on,
                            wished_on, content_version, opened_at, consult_due_on, consult_due_at, state, since,
                            last_at, sequence, attempt, met, overdue, consulted_on, registration_usual_by,
                            registered_on, carrier_order_no, held_on, answer_by, answer_due_at, answered_on, survey_on,
                            construction_on, replaced_on, activated_on, consult_scheduled_on, consult_tries,
                            consult_tried_on, consult_next_on, consult_next_at, plant_asked_on, plant_answered_on,
                            earliest_offered_on, survey_kind, surveyed_on, obstacles, cleared, works_expected_by,
                            called_off_on, reopen_state, reopen_plan_id, delay)
        SELECT order_id, order_no, correlation_id, area, plan, building_kind, sales_office, applied_on,
               wished_on, content_version, opened_at, consult_due_on, consult_due_at, state, since,
               last_at, sequence, attempt, met, overdue, consulted_on, registration_usual_by, registered_on,
               carrier_order_no, held_on, answer_by, answer_due_at, answered_on, survey_on,
               construction_on, replaced_on, activated_on, consult_scheduled_on, consult_tries,
               consult_tried_on, consult_next_on, consult_next_at, plant_asked_on, plant_answered_on,
               earliest_offered_on, survey_kind, surveyed_on, obstacles, cleared, works_expected_by,
               called_off_on, reopen_state, reopen_plan_id, delay
          FROM jsonb_populate_recordset(NULL::orders, $1)
        """,
        [_as_json(order) for order in orders],
    )


async def save_many(conn: Connection, orders: Sequence[tuple[int, FiberOrder]]) -> None:
    """Write orders that were read before, each with the sequence that it had then.

    :raises StaleOrder: somebody else wrote one of them meanwhile; nothing may be committed then.
    """
    status = await conn.execute(
        """
        UPDATE orders AS o
           SET plan = n.plan, building_kind = n.building_kind, wished_on = n.wished_on,
               content_version = n.content_version, state = n.state, since = n.since, last_at = n.last_at,
               sequence = n.sequence,
               attempt = n.attempt, met = n.met, overdue = n.overdue, consulted_on = n.consulted_on,
               registration_usual_by = n.registration_usual_by, registered_on = n.registered_on,
               carrier_order_no = n.carrier_order_no, held_on = n.held_on, answer_by = n.answer_by,
               answer_due_at = n.answer_due_at, answered_on = n.answered_on, survey_on = n.survey_on,
               construction_on = n.construction_on, replaced_on = n.replaced_on, activated_on = n.activated_on,
               consult_scheduled_on = n.consult_scheduled_on, consult_tries = n.consult_tries,
               consult_tried_on = n.consult_tried_on, consult_next_on = n.consult_next_on,
               consult_next_at = n.consult_next_at, plant_asked_on = n.plant_asked_on,
               plant_answered_on = n.plant_answered_on, earliest_offered_on = n.earliest_offered_on,
               survey_kind = n.survey_kind, surveyed_on = n.surveyed_on, obstacles = n.obstacles,
               cleared = n.cleared, works_expected_by = n.works_expected_by, called_off_on = n.called_off_on,
               reopen_state = n.reopen_state, reopen_plan_id = n.reopen_plan_id, delay = n.delay
          FROM jsonb_populate_recordset(NULL::orders, $1) AS n
          JOIN unnest($2::uuid[], $3::integer[]) AS r (order_id, sequence) USING (order_id)
         WHERE o.order_id = n.order_id AND o.sequence = r.sequence
        """,
        [_as_json(order) for _, order in orders],
        [order.order_id for _, order in orders],
        [read for read, _ in orders],
    )
    written = int(status.removeprefix("UPDATE "))
    if written != len(orders):
        raise StaleOrder(len(orders), written)


async def add_history(conn: Connection, entries: Sequence[Entry]) -> None:
    """Write facts behind those that are there."""
    await conn.execute(
        """
        INSERT INTO order_history (order_id, sequence, fact, details, cause_id, occurred_at, recorded_at)
        SELECT order_id, sequence, fact, details, cause_id, occurred_at, recorded_at
          FROM jsonb_to_recordset($1)
            AS t (order_id uuid, sequence integer, fact text, details jsonb, cause_id uuid, occurred_at timestamptz,
                  recorded_at timestamptz)
        """,
        [
            {
                "order_id": str(entry.order_id),
                "sequence": entry.sequence,
                "fact": entry.fact.kind.value,
                "details": to_details(entry.fact),
                "cause_id": str(entry.cause_id),
                "occurred_at": entry.occurred_at.isoformat(),
                "recorded_at": entry.recorded_at.isoformat(),
            }
            for entry in entries
        ],
    )


async def history(conn: Connection, order_id: UUID) -> list[Entry]:
    """Return the facts of an order in order."""
    rows = await conn.fetch(
        """
        SELECT order_id, sequence, fact, details, cause_id, occurred_at, recorded_at
          FROM order_history
         WHERE order_id = $1
         ORDER BY sequence
        """,
        order_id,
    )
    return [
        Entry(
            row["order_id"],
            row["sequence"],
            from_details(row["fact"], row["details"]),
            row["cause_id"],
            row["occurred_at"],
            row["recorded_at"],
        )
        for row in rows
    ]


def from_row(row: Any) -> FiberOrder:
    """Return the order that a row of `orders` holds."""
    values = dict(row)
    del values["pattern"]  # follows from `met`
    values["order_id"] = OrderId(values["order_id"])
    values["state"] = State(values["state"])
    values["met"] = tuple(Pattern(number) for number in values["met"])
    values["overdue"] = frozenset(Jeopardy(word) for word in values["overdue"])
    values["reopen_state"] = State(values["reopen_state"]) if values["reopen_state"] else None
    values["survey_kind"] = SurveyKind(values["survey_kind"]) if values["survey_kind"] else None
    for name in ("obstacles", "cleared"):
        values[name] = frozenset(Obstacle(word) for word in values[name])
    return FiberOrder(**values)


def _as_json(order: FiberOrder) -> dict[str, Any]:
    return dict(zip(_NAMES, map(_plain, _values(order)), strict=True))


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it; most are as they should be, and the commonest are looked at first."""
    if value is None or isinstance(value, str | int | tuple):
        return value  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, date):  # an instant is one, too
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else sorted(value)
