"""Deadlines that run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import Connection
from services.provisioning.domain.deadlines import Deadline


@dataclass(frozen=True)
class Due:
    """A deadline that has passed."""

    deadline_id: UUID
    order_id: UUID


async def remove(conn: Connection, deadline_ids: Iterable[UUID]) -> None:
    """Forget deadlines that were met, fired or dropped."""
    await conn.execute("DELETE FROM deadlines WHERE deadline_id = ANY ($1)", sorted(deadline_ids))


async def add(conn: Connection, deadlines: Sequence[Deadline]) -> None:
    """Let deadlines run."""
    await conn.execute(
        """
        INSERT INTO deadlines (deadline_id, order_id, kind, due_on, due_at)
        SELECT *
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::timestamptz[])
        """,
        [deadline.id for deadline in deadlines],
        [deadline.order_id for deadline in deadlines],
        [deadline.kind.value for deadline in deadlines],
        [deadline.due_on for deadline in deadlines],
        [deadline.due_at for deadline in deadlines],
    )


async def passed(conn: Connection, now: datetime, *, limit: int) -> list[Due]:
    """Return deadlines that have passed, the longest passed first, without locking them."""
    rows = await conn.fetch(
        """
        SELECT deadline_id, order_id
          FROM deadlines
         WHERE due_at <= $1
         ORDER BY due_at, order_id
         LIMIT $2
        """,
        now,
        limit,
    )
    return [Due(row["deadline_id"], row["order_id"]) for row in rows]


async def next_due(conn: Connection) -> datetime | None:
    """Return the instant of the earliest deadline, past or future."""
    return await conn.fetchval("SELECT min(due_at) FROM deadlines")
