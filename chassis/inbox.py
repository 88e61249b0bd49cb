"""Once only: by the highest sequence per (consumer, source, subject), or by event id for claims."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from chassis import clock, metrics
from chassis.base import Base
from chassis.db import Connection
from chassis.ticks import Worker
from contracts.envelope import Envelope

CLAIMS_ARE_KNOWN: Final = timedelta(days=90)
_PRUNE_S: Final = 3600.0
_PORTION: Final = 5_000  # a statement may take 5 s


async def take(
    conn: Connection, consumer: str, envelopes: Sequence[Envelope], *, claims: bool, now: datetime
) -> set[int]:
    """Mark the events as consumed and return the places of those that were not before.

    Locks are taken in sorted order and held until the caller's transaction ends, so that two members that have
    the same partition for a moment do not both handle an event.
    """
    if not envelopes:
        return set()
    return await (_take_claims if claims else _take_facts)(conn, consumer, envelopes, now)


async def _take_facts(
    conn: Connection, consumer: str, envelopes: Sequence[Envelope], _now: datetime
) -> set[int]:
    highest: dict[tuple[str, str], int] = {}
    for envelope in envelopes:
        stream = (envelope.source, envelope.subject)
        highest[stream] = max(highest.get(stream, 0), envelope.sequence or 0)
    streams = sorted(highest)
    rows = await conn.fetch(
        """
        INSERT INTO inbox_high_water AS w (consumer, source, subject, sequence)
        SELECT $1, source, subject, sequence
          FROM unnest($2::text[], $3::text[], $4::bigint[]) AS t (source, subject, sequence)
            ON CONFLICT (consumer, source, subject)
            DO UPDATE SET sequence = greatest(w.sequence, EXCLUDED.sequence)
        RETURNING source, subject, coalesce(old.sequence, 0) AS before
        """,
        consumer,
        [source for source, _ in streams],
        [subject for _, subject in streams],
        [highest[stream] for stream in streams],
    )
    reached = {(row["source"], row["subject"]): row["before"] for row in rows}
    new: set[int] = set()
    for place, envelope in enumerate(envelopes):
        stream, sequence = (envelope.source, envelope.subject), envelope.sequence or 0
        if sequence > reached[stream]:
            missing = sequence - reached[stream] - 1
            metrics.GAPS.labels(consumer).inc(missing)
            reached[stream] = sequence
            new.add(place)
    return new


async def _take_claims(
    conn: Connection, consumer: str, envelopes: Sequence[Envelope], now: datetime
) -> set[int]:
    first = {envelope.id: place for place, envelope in reversed(list(enumerate(envelopes)))}
    rows = await conn.fetch(
        """
        INSERT INTO inbox_claims (consumer, event_id, seen_at)
        SELECT $1, event_id, $3
          FROM unnest($2::uuid[]) AS t (event_id)
            ON CONFLICT DO NOTHING
        RETURNING event_id
        """,
        consumer,
        sorted(first),
        now,
    )
    return {first[row["event_id"]] for row in rows}


async def _forget(base: Base[Any], before: datetime) -> int:
    """Delete a portion of the claims that were seen before the instant; return how many that was."""
    status = await base.pool.execute(
        """
        DELETE FROM inbox_claims
         WHERE ctid = ANY (ARRAY(SELECT ctid
                                   FROM inbox_claims
                                  WHERE seen_at < $1
                                  ORDER BY seen_at
                                  LIMIT $2))
        """,
        before,
        _PORTION,
    )
    return int(status.removeprefix("DELETE "))


def pruner(base: Base[Any]) -> Worker:
    """Return the worker that forgets claims after 90 days of business time; it looks once per hour of the wall.

    It deletes portion by portion, each by a statement of its own, until nothing is left; after an error the next run
    goes on from there, without waiting for the hour.
    """
    looked_at = -_PRUNE_S

    async def run_once() -> int:
        nonlocal looked_at
        if clock.monotonic() - looked_at < _PRUNE_S:
            return 0
        before = base.clock.now() - CLAIMS_ARE_KNOWN
        if await _forget(base, before) == _PORTION:
            return 1  # there may be more; between two portions a stop is heard
        looked_at = clock.monotonic()
        return 0

    async def pending(_conn: Connection, _now: datetime) -> int:
        return 0  # nobody waits for it

    async def next_due(_conn: Connection, _now: datetime) -> datetime | None:
        return None

    return Worker("chassis.prune", run_once, pending, next_due)
