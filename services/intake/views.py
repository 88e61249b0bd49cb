"""What is read only: lists for operators, without a name or an address, and the people of orders for services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Connection

Row = dict[str, Any]


async def page_of_submissions(
    conn: Connection, *, status: str | None, after: int, limit: int, only: UUID | None = None
) -> list[Row]:
    """Return submissions in the order of their arrival, with their deliveries counted and all their defects."""
    rows = await conn.fetch(
        """
        SELECT s.position, s.submission_id, s.webhook_id, s.form, s.status, s.effect, s.reason, s.drifts, s.attempts,
               s.edited, s.submitted_at, s.received_at, s.decided_at, s.order_id, o.order_no,
               (SELECT count(*) FROM deliveries AS d WHERE d.submission_id = s.submission_id) AS deliveries,
               coalesce((SELECT jsonb_agg(jsonb_build_object('field', d.field, 'rule', d.rule,
                                                             'answered_by', d.answered_by) ORDER BY d.place)
                           FROM submission_defects AS d WHERE d.submission_id = s.submission_id), '[]') AS defects
          FROM submissions AS s
          LEFT JOIN orders AS o USING (order_id)
         WHERE s.position > $1 AND ($2::text IS NULL OR s.status = $2)
           AND ($4::uuid IS NULL OR s.submission_id = $4)
         ORDER BY s.position
         LIMIT $3
        """,
        after,
        status,
        limit,
        only,
    )
    return [dict(row) for row in rows]


async def deliveries(conn: Connection, submission_id: UUID) -> list[Row]:
    """Return every POST of the submission that was answered 2xx."""
    rows = await conn.fetch(
        """
        SELECT kind, received_at, received_wall FROM deliveries WHERE submission_id = $1 ORDER BY delivery_id
        """,
        submission_id,
    )
    return [dict(row) for row in rows]


async def version_made(conn: Connection, submission_id: UUID) -> Row | None:
    """Return the version of the order that the submission made, if it made one, and the size of what came."""
    row = await conn.fetchrow(
        """
        SELECT v.version, v.changed, s.body_bytes, encode(s.body_sha256, 'hex') AS body_sha256
          FROM submissions AS s
          LEFT JOIN order_versions AS v USING (submission_id)
         WHERE s.submission_id = $1
        """,
        submission_id,
    )
    return dict(row) if row else None


async def page_of_quarantine(conn: Connection, *, after: int, limit: int) -> list[Row]:
    """Return what is in quarantine, without the bodies."""
    rows = await conn.fetch(
        """
        SELECT quarantine_id AS position, form, webhook_id, octet_length(body) AS body_bytes,
               encode(body_sha256, 'hex') AS body_sha256, received_at, received_wall
          FROM quarantine
         WHERE quarantine_id > $1
         ORDER BY quarantine_id
         LIMIT $2
        """,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def page_of_refusals(conn: Connection, *, after: int, limit: int) -> list[Row]:
    """Return the kept lines about refused posts."""
    rows = await conn.fetch(
        """
        SELECT refusal_id AS position, refused_wall, status, rule, body_bytes,
               encode(body_sha256, 'hex') AS body_sha256, believed, webhook_id
          FROM refusals
         WHERE refusal_id > $1
         ORDER BY refusal_id
         LIMIT $2
        """,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def page_of_lookups(conn: Connection, *, after: int, limit: int) -> list[Row]:
    """Return who asked for contacts, when, and for how many."""
    rows = await conn.fetch(
        """
        SELECT lookup_id AS position, caller, asked, found, asked_at, asked_wall
          FROM contact_lookups
         WHERE lookup_id > $1
         ORDER BY lookup_id
         LIMIT $2
        """,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def contacts(conn: Connection, order_ids: Sequence[UUID]) -> list[Row]:
    """Return the people of the orders that are known."""
    rows = await conn.fetch(
        "SELECT o.order_no, c.* FROM contacts AS c JOIN orders AS o USING (order_id) WHERE c.order_id = ANY($1)",
        order_ids,
    )
    return [dict(row) for row in rows]


async def note_lookup(
    conn: Connection, *, caller: str, asked: int, found: int, wall: datetime, now: datetime
) -> None:
    """Write down who asked for contacts."""
    await conn.execute(
        """
        INSERT INTO contact_lookups (caller, asked, found, asked_at, asked_wall) VALUES ($1, $2, $3, $4, $5)
        """,
        caller,
        asked,
        found,
        now,
        wall,
    )
