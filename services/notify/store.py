"""The notices table; one function, one statement, rows always locked by position so that nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from chassis.db import Connection, lock_key
from services.notify.domain.notices import Facts, Kind, Letter, Notice, Role
from services.notify.domain.retry import Next

SENDER_LOCK: Final = lock_key("notify.sender")  # one sender per database, however many replicas run


@dataclass(frozen=True)
class Made:
    """A notice with the event that made it, and when it may leave."""

    notice: Notice
    cause_id: UUID
    correlation_id: UUID
    traceparent: str | None
    not_before: datetime


@dataclass(frozen=True)
class Due(Made):
    """A notice whose time has come; attempts = tries so far."""

    attempts: int


@dataclass(frozen=True)
class Tried:
    """What to write down after a try."""

    notice_id: UUID
    next: Next
    attempts: int
    reply: int | None
    text_sha256: bytes | None
    at: datetime


async def insert_notices(conn: Connection, made: Sequence[Made], *, now: datetime) -> int:
    """Write new notices in the given order and return how many were new; known ones stay as they are."""
    rows = await conn.fetch(
        """
        INSERT INTO notices (notice_id, order_id, kind, letter, recipient, facts, cause_id, correlation_id,
                             traceparent, not_before, next_try_at, made_at)
        SELECT u.notice_id, u.order_id, u.kind, u.letter, u.recipient, u.facts, u.cause_id, u.correlation_id,
               u.traceparent, u.not_before, u.not_before, $11
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::uuid[],
                      $8::uuid[], $9::text[], $10::timestamptz[])
               WITH ORDINALITY
               AS u (notice_id, order_id, kind, letter, recipient, facts, cause_id, correlation_id,
                     traceparent, not_before, place)
         ORDER BY u.place
            ON CONFLICT (notice_id) DO NOTHING
        RETURNING notice_id
        """,
        [entry.notice.notice_id for entry in made],
        [entry.notice.order_id for entry in made],
        [entry.notice.kind.value for entry in made],
        [entry.notice.letter.value for entry in made],
        [entry.notice.recipient.value for entry in made],
        [dict(entry.notice.facts) for entry in made],
        [entry.cause_id for entry in made],
        [entry.correlation_id for entry in made],
        [entry.traceparent for entry in made],
        [entry.not_before for entry in made],
        now,
    )
    return len(rows)


async def withdraw_notices(conn: Connection, order_ids: Sequence[UUID], *, now: datetime) -> int:
    """Withdraw what was not yet sent for these orders and return how many notices that were."""
    rows = await conn.fetch(
        """
        WITH held AS (
            SELECT notice_id
              FROM notices
             WHERE order_id = ANY ($1::uuid[]) AND status = 'pending'
             ORDER BY position
               FOR UPDATE
        )
        UPDATE notices n
           SET status = 'withdrawn', settled_at = $2
          FROM held
         WHERE n.notice_id = held.notice_id
        RETURNING n.notice_id
        """,
        list(order_ids),
        now,
    )
    return len(rows)


async def take_sender_lock(conn: Connection) -> bool:
    """Return whether this session is now the one that sends; it stays so until released or disconnected."""
    return bool(await conn.fetchval("SELECT pg_try_advisory_lock($1)", SENDER_LOCK))


async def release_sender_lock(conn: Connection) -> None:
    """Let another replica send."""
    await conn.execute("SELECT pg_advisory_unlock($1)", SENDER_LOCK)


async def due_notices(conn: Connection, *, now: datetime, limit: int) -> list[Due]:
    """Return due notices, oldest first; one waits while an older one to the same person about the same order does."""
    rows = await conn.fetch(
        """
        SELECT n.notice_id, n.order_id, n.kind, n.letter, n.recipient, n.facts, n.cause_id, n.correlation_id,
               n.traceparent, n.not_before, n.attempts
          FROM notices n
         WHERE n.status = 'pending' AND n.next_try_at <= $1
           AND NOT EXISTS (SELECT 1
                             FROM notices older
                            WHERE older.order_id = n.order_id AND older.recipient = n.recipient
                              AND older.status = 'pending' AND older.position < n.position
                              AND older.next_try_at > $1)
         ORDER BY n.position
         LIMIT $2
        """,
        now,
        limit,
    )
    return [_due(dict(row)) for row in rows]


async def count_due(conn: Connection, *, now: datetime) -> int:
    """Return how many notices could be sent at this moment."""
    return int(
        await conn.fetchval(
            """
            SELECT count(*)
              FROM notices n
             WHERE n.status = 'pending' AND n.next_try_at <= $1
               AND NOT EXISTS (SELECT 1
                                 FROM notices older
                                WHERE older.order_id = n.order_id AND older.recipient = n.recipient
                                  AND older.status = 'pending' AND older.position < n.position
                                  AND older.next_try_at > $1)
            """,
            now,
        )
    )


async def next_due(conn: Connection, *, now: datetime) -> datetime | None:
    """Return the earliest instant after `now` at which a notice becomes due."""
    return cast(
        "datetime | None",
        await conn.fetchval(
            "SELECT min(next_try_at) FROM notices WHERE status = 'pending' AND next_try_at > $1", now
        ),
    )


async def postpone_due(conn: Connection, *, now: datetime, until: datetime) -> int:
    """Move what is due to a later instant, without counting a try, and return how many notices that were."""
    rows = await conn.fetch(
        """
        WITH held AS (
            SELECT notice_id
              FROM notices
             WHERE status = 'pending' AND next_try_at <= $1
             ORDER BY position
               FOR UPDATE
        )
        UPDATE notices n
           SET next_try_at = $2
          FROM held
         WHERE n.notice_id = held.notice_id
        RETURNING n.notice_id
        """,
        now,
        until,
    )
    return len(rows)


async def save_tries(conn: Connection, tried: Sequence[Tried]) -> set[UUID]:
    """Write down the tries and return the notices that they changed.

    A notice that was withdrawn while its mail was on the way becomes sent, because it was; else it stays withdrawn.
    """
    rows = await conn.fetch(
        """
        WITH held AS (
            SELECT notice_id
              FROM notices
             WHERE notice_id = ANY ($1::uuid[])
             ORDER BY position
               FOR UPDATE
        )
        UPDATE notices n
           SET status = u.status, next_try_at = coalesce(u.next_try_at, n.next_try_at), code = u.code,
               attempts = u.attempts, last_reply = u.reply, text_sha256 = u.text_sha256,
               settled_at = CASE WHEN u.status = 'pending' THEN NULL ELSE u.at END
          FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::integer[], $6::integer[],
                      $7::bytea[], $8::timestamptz[])
               AS u (notice_id, status, next_try_at, code, attempts, reply, text_sha256, at)
          JOIN held ON held.notice_id = u.notice_id
         WHERE n.notice_id = u.notice_id
           AND (n.status = 'pending' OR (n.status = 'withdrawn' AND u.status = 'sent'))
        RETURNING n.notice_id
        """,
        [entry.notice_id for entry in tried],
        [entry.next.status.value for entry in tried],
        [entry.next.next_try_at for entry in tried],
        [None if entry.next.code is None else entry.next.code.value for entry in tried],
        [entry.attempts for entry in tried],
        [entry.reply for entry in tried],
        [entry.text_sha256 for entry in tried],
        [entry.at for entry in tried],
    )
    return {row["notice_id"] for row in rows}


async def list_notices(
    conn: Connection, *, status: str | None, after: int, limit: int
) -> list[Mapping[str, Any]]:
    """Return notices by position, from the one after `after`; no personal data stands in them."""
    rows = await conn.fetch(
        """
        SELECT position, notice_id, order_id, kind, letter, recipient, status, attempts, code, last_reply,
               made_at, not_before, next_try_at, settled_at
          FROM notices
         WHERE position > $1 AND ($2::text IS NULL OR status = $2)
         ORDER BY position
         LIMIT $3
        """,
        after,
        status,
        limit,
    )
    return [dict(row) for row in rows]


async def count_notices(conn: Connection) -> list[Mapping[str, Any]]:
    """Return counts by kind, recipient and status."""
    rows = await conn.fetch(
        """
        SELECT kind, recipient, status, count(*) AS notices
          FROM notices
         GROUP BY kind, recipient, status
         ORDER BY kind, recipient, status
        """
    )
    return [dict(row) for row in rows]


def _due(row: Mapping[str, Any]) -> Due:
    return Due(
        notice=Notice(
            notice_id=row["notice_id"],
            order_id=row["order_id"],
            kind=Kind(row["kind"]),
            letter=Letter(row["letter"]),
            recipient=Role(row["recipient"]),
            facts=cast("Facts", row["facts"]),
        ),
        cause_id=row["cause_id"],
        correlation_id=row["correlation_id"],
        traceparent=row["traceparent"],
        not_before=row["not_before"],
        attempts=row["attempts"],
    )
