"""Announcing: events go into the log and a thin outbox row in the caller's transaction; the relay sends them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from chassis import tracing
from chassis.db import Connection
from contracts.envelope import Envelope, Outgoing
from contracts.topics import source_of
from kernel.times import require_aware


async def put(conn: Connection, outgoing: Sequence[Outgoing], *, now: datetime) -> None:
    """Write the events, in the order given; they are sent after the caller's commit, in order per subject.

    now: business time, becomes their recorded time. Each event gets the next number of its subject, without
    gaps: the row of the subject's counter stays locked until the caller's transaction ends.
    """
    if not outgoing:
        return
    recorded_at = require_aware(now)
    numbers = await _take_numbers(conn, Counter(event.subject for event in outgoing), recorded_at)
    rows: list[tuple[object, ...]] = []
    for item in outgoing:
        numbers[item.subject] += 1
        rows.append(
            (
                item.id,
                source_of(item.event.topic),
                item.event.type,
                item.event.topic,
                item.subject,
                numbers[item.subject],
                item.occurred_at,
                item.correlation_id,
                item.causation_id,
                tracing.traceparent() or item.traceparent,
                item.event.to_json().decode(),
            )
        )
    await conn.execute(
        """
        WITH given AS (
             SELECT *
               FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                           $8::timestamptz[], $9::uuid[], $10::uuid[], $11::text[], $12::text[])
                    WITH ORDINALITY
                 AS t (event_id, source, type, topic, subject, sequence, occurred_at,
                       correlation_id, causation_id, traceparent, body, place)
        ), logged AS (
             INSERT INTO published_events
                    (recorded_at, event_id, source, type, topic, subject, sequence, occurred_at,
                     correlation_id, causation_id, traceparent, body)
             SELECT $1, event_id, source, type, topic, subject, sequence, occurred_at,
                    correlation_id, causation_id, traceparent, body
               FROM given
        )
        INSERT INTO outbox (recorded_at, event_id)
        SELECT $1, event_id
          FROM given
         ORDER BY place
        """,
        recorded_at,
        *map(list, zip(*rows, strict=True)),
    )


async def first_rows(conn: Connection, limit: int) -> list[asyncpg.Record]:
    """Return the first events that wait, by position, without those whose key waits behind a refused one."""
    return await conn.fetch(
        """
        SELECT o.position, octet_length(e.body) AS size, e.*
          FROM outbox AS o
          JOIN published_events AS e ON e.recorded_at = o.recorded_at AND e.event_id = o.event_id
         WHERE NOT EXISTS (SELECT
                             FROM dead_letters AS d
                            WHERE d.consumer = 'relay' AND d.status = 'open' AND d.reason = 'refused'
                                  AND d.subject = e.subject)
         ORDER BY o.position
         LIMIT $1
        """,
        limit,
    )


def envelope_of(row: asyncpg.Record) -> Envelope:
    """Return the envelope of a row of first_rows."""
    return Envelope(
        id=row["event_id"],
        source=row["source"],
        type=row["type"],
        subject=row["subject"],
        sequence=row["sequence"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        correlation_id=row["correlation_id"],
        causation_id=row["causation_id"],
        traceparent=row["traceparent"],
    )


async def waiting(conn: Connection) -> tuple[int, int]:
    """Return how many events wait for the relay, and how many for a person, behind one that Kafka refused."""
    row = await conn.fetchrow(
        """
        SELECT count(*) FILTER (WHERE NOT held) AS relay, count(*) FILTER (WHERE held) AS person
          FROM (SELECT EXISTS (SELECT FROM dead_letters AS d
                                WHERE d.consumer = 'relay' AND d.status = 'open' AND d.reason = 'refused'
                                      AND d.subject = e.subject) AS held
                  FROM outbox AS o
                  JOIN published_events AS e ON e.recorded_at = o.recorded_at AND e.event_id = o.event_id) AS t
        """
    )
    assert row is not None
    return row["relay"], row["person"]


async def _take_numbers(conn: Connection, wanted: Counter[str], recorded_at: datetime) -> dict[str, int]:
    """Return the last number used per subject, and reserve the wanted ones; locks are taken in sorted order."""
    subjects = sorted(wanted)
    rows = await conn.fetch(
        """
        INSERT INTO event_sequences AS s (subject, last)
        SELECT subject, wanted
          FROM unnest($1::text[], $2::bigint[]) AS t (subject, wanted)
         WHERE (SELECT ensure_events_partition($3))
            ON CONFLICT (subject) DO UPDATE SET last = s.last + EXCLUDED.last
        RETURNING subject, last
        """,
        subjects,
        [wanted[subject] for subject in subjects],
        recorded_at,
    )
    return {row["subject"]: row["last"] - wanted[row["subject"]] for row in rows}
