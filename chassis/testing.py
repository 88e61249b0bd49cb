"""Helpers for the tests of services; nothing here is used when serving."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from inspect import isawaitable
from typing import Final, TypeVar, cast
from uuid import UUID

from chassis import clock
from chassis.consume import Received
from chassis.db import Connection
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.topics import TOPICS, source_of
from kernel.ids import derived_id
from kernel.times import require_aware

T = TypeVar("T")
_TABLES: Final = (
    "published_events, outbox, event_sequences, inbox_high_water, inbox_claims, dead_letters, service_facts"
)


async def until(cond: Callable[[], T | Awaitable[T | None] | None], limit_s: float = 10) -> T:
    """Return the first truthy value of cond, asked every 10 ms.

    :raises TimeoutError: there was none within limit_s.
    """
    end = clock.monotonic() + limit_s
    while True:
        found = cond()
        value = cast("T | None", await found if isawaitable(found) else found)
        if value:
            return value
        if clock.monotonic() > end:
            raise TimeoutError(f"not within {limit_s} s")
        await asyncio.sleep(0.01)


def received(
    event: Event,
    *,
    now: datetime,
    sequence: int = 1,
    correlation: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - the word of the envelope
) -> Received:
    """Return the event as if it had come from its topic."""
    id_ = id or derived_id(UUID(int=0), event.type, event.key, str(sequence))
    envelope = Envelope(
        id=id_,
        source=source_of(event.topic),
        type=event.type,
        subject=event.key,
        sequence=None if TOPICS[event.topic].partner else sequence,
        occurred_at=now,
        recorded_at=now,
        correlation_id=correlation or id_,
    )
    return Received(event, envelope, event.topic, 0, sequence)


class SteppedClock:
    """A business clock in memory that the test moves."""

    mode: clock.Mode = "stepped"

    def __init__(self, start: datetime) -> None:
        self._now = require_aware(start)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """Return the instant that was set last."""
        return self._now

    def advance(self, to: datetime) -> None:
        """Move the clock.  :raises ClockRunsBackwards: to an earlier instant."""
        if to < self._now:
            raise clock.ClockRunsBackwards(f"{to.isoformat()} is before {self._now.isoformat()}")
        self._now = require_aware(to)
        self._moved.set()
        self._moved = asyncio.Event()

    async def changed(self, timeout_s: float) -> None:
        """Return when the clock is moved, at the latest after timeout_s."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._moved.wait()
        except TimeoutError:
            return


async def truncate(conn: Connection, *more: str) -> None:
    """Empty the chassis's tables, and more; needs the owner role."""
    await conn.execute(f"TRUNCATE {', '.join((_TABLES, *more))} RESTART IDENTITY")
