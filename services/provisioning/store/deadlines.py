"""Deadlines that run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Connection
from services.provisioning.domain.deadlines import Deadline


async def keep_only(conn: Connection, order_ids: Sequence[UUID], deadline_ids: Sequence[UUID]) -> None:
    """Forget the deadlines of these orders that were met, fired or dropped: all but these."""
    await conn.execute(
        "DELETE FROM deadlines WHERE order_id = ANY ($1) AND NOT deadline_id = ANY ($2)",
        order_ids,
        deadline_ids,
    )


async def add(conn: Connection, deadlines: Sequence[Deadline]) -> None:
    """Let deadlines run; one that runs already stays."""
    await conn.execute(
        """
        INSERT INTO deadlines (deadline_id, order_id, kind, due_on, due_at, arithmetic)
        SELECT *
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::timestamptz[], $6::jsonb[])
            ON CONFLICT (deadline_id) DO NOTHING
        """,
        [deadline.id for deadline in deadlines],
        [deadline.order_id for deadline in deadlines],
        [deadline.kind.value for deadline in deadlines],
        [deadline.due_on for deadline in deadlines],
        [deadline.due_at for deadline in deadlines],
        [deadline.arithmetic.as_json() for deadline in deadlines],
    )


async def orders_that_missed(
    conn: Connection, now: datetime, *, without: Sequence[UUID], limit: int
) -> list[UUID]:
    """Return orders of which a deadline has passed, the longest passed first, each once, from so many deadlines."""
    rows = await conn.fetch(
        """
        SELECT order_id
          FROM deadlines
         WHERE due_at <= $1 AND order_id <> ALL ($2)
         ORDER BY due_at, order_id
         LIMIT $3
        """,
        now,
        without,
        limit,
    )
    return list(dict.fromkeys(row["order_id"] for row in rows))


async def passed(conn: Connection, now: datetime, *, order_ids: Sequence[UUID]) -> set[UUID]:
    """Return the deadlines of these orders that have passed, without locking them."""
    rows = await conn.fetch(
        "SELECT deadline_id FROM deadlines WHERE due_at <= $1 AND order_id = ANY ($2)", now, order_ids
    )
    return {row["deadline_id"] for row in rows}


async def next_due(conn: Connection, without: Sequence[UUID] = ()) -> datetime | None:
    """Return the instant of the earliest deadline of another order, past or future."""
    return await conn.fetchval("SELECT min(due_at) FROM deadlines WHERE order_id <> ALL ($1)", without)
