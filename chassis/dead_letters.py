"""Records that could not be handled: kept whole, listed without payload, replayed in order or discarded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from chassis import metrics, records
from chassis.db import Connection
from chassis.records import Fault, Item

LISTED: Final = """
    id, consumer, topic, partition, record_offset AS offset, subject, event_id, type, sequence, correlation_id,
    reason, error_class, detail, status, tries, dead_at, closed_at, closed_by, note,
    octet_length(record_value) AS value_bytes, octet_length(record_headers::text) AS header_bytes
"""
_HOLDS: Final = "status IN ('open', 'queued') AND reason IN ('unexpected', 'behind', 'refused')"


async def bury(
    conn: Connection, consumer: str, dead: Sequence[tuple[Item, Fault]], *, now: datetime, tries: int = 0
) -> None:
    """Keep the records; one that was kept before (its batch came again) stays as it is.

    A record that the broker refuses again after a replay is opened again.
    """
    rows = [
        (
            item.record.topic,
            item.record.partition,
            item.record.offset,
            records.digest(item.record),
            item.record.key,
            item.record.value,
            records.pack_headers(item.record.headers),
            item.key,
            item.envelope and item.envelope.id,
            item.envelope and item.envelope.type,
            item.envelope and item.envelope.sequence,
            item.envelope and item.envelope.correlation_id,
            fault.reason,
            fault.error_class,
            fault.detail,
            "queued" if fault.reason == "behind" else "open",
        )
        for item, fault in dead
    ]
    await conn.executemany(
        """
        INSERT INTO dead_letters AS d
               (consumer, dead_at, tries, topic, partition, record_offset, digest, record_key, record_value,
                record_headers, subject, event_id, type, sequence, correlation_id, reason, error_class, detail, status)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            ON CONFLICT (consumer, topic, partition, record_offset, digest)
            DO UPDATE SET status = 'open', tries = d.tries + 1, closed_at = NULL
         WHERE d.consumer = 'relay'
        """,
        [(consumer, now, tries, *row) for row in rows],
    )
    for _, fault in dead:
        metrics.DEAD.labels(consumer, fault.reason).inc()


async def held_keys(conn: Connection, consumer: str, keys: Sequence[str]) -> set[str]:
    """Return the keys whose events must wait behind a dead letter; waits for a replay that is under way."""
    rows = await conn.fetch(
        f"""
        SELECT subject
          FROM dead_letters
         WHERE consumer = $1 AND subject = ANY($2::text[]) AND {_HOLDS}
         ORDER BY id
           FOR SHARE
        """,  # noqa: S608 - a constant
        consumer,
        list(set(keys)),
    )
    return {row["subject"] for row in rows}


async def page(conn: Connection, *, status: str | None, limit: int, after: int) -> list[asyncpg.Record]:
    """Return letters with an id above `after`, in order of id, without their payload."""
    return await conn.fetch(
        f"""
        SELECT {LISTED}
          FROM dead_letters
         WHERE id > $1 AND ($2::text IS NULL OR status = $2)
         ORDER BY id
         LIMIT $3
        """,  # noqa: S608 - a constant
        after,
        status,
        limit,
    )


async def one(conn: Connection, letter_id: int) -> asyncpg.Record | None:
    """Return one letter without its payload."""
    return await conn.fetchrow(f"SELECT {LISTED} FROM dead_letters WHERE id = $1", letter_id)  # noqa: S608


async def lock(conn: Connection, letter_id: int) -> list[asyncpg.Record]:
    """Return the waiting letters that are replayed together with this one, in order, locked.

    That is the letter and, when it holds its key, everything of the key that holds it too. Empty when the letter
    is closed, as it is for the second of two operators, who waits here for the first. Locks are taken in the order
    of ids only, so that two operators with two letters of one key do not wait for each other.
    """
    asked = await conn.fetchrow(
        """
        SELECT consumer, subject
          FROM dead_letters
         WHERE id = $1 AND status IN ('open', 'queued')
        """,
        letter_id,
    )
    if asked is None:
        return []
    return await conn.fetch(
        f"""
        SELECT *
          FROM dead_letters
         WHERE status IN ('open', 'queued')
               AND (id = $1 OR (consumer = $2 AND subject = $3 AND {_HOLDS}
                                AND EXISTS (SELECT FROM dead_letters WHERE id = $1 AND {_HOLDS})))
         ORDER BY id
           FOR UPDATE
        """,  # noqa: S608 - constants
        letter_id,
        asked["consumer"],
        asked["subject"],
    )


async def close(
    conn: Connection, ids: Sequence[int], *, status: str, who: str, note: str | None, now: datetime
) -> None:
    """Close the letters as replayed or discarded."""
    await conn.execute(
        """
        UPDATE dead_letters
           SET status = $2, closed_by = $3, note = $4, closed_at = $5, tries = tries + 1
         WHERE id = ANY($1::bigint[])
        """,
        ids,
        status,
        who,
        note,
        now,
    )


def listed(row: Any) -> dict[str, Any]:
    """Return a letter as JSON can hold it."""
    return {
        key: value if value is None or isinstance(value, (int, str)) else str(value)
        for key, value in dict(row).items()
    }
