"""Consuming: what a service declares, and how its consumers join, drain and stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis.db import Connection
from contracts.envelope import Cause, Envelope
from contracts.event import Event


@dataclass(frozen=True)
class Received:
    """An event that came in, with its envelope and its place on the topic."""

    event: Event
    envelope: Envelope
    topic: str
    partition: int
    offset: int

    @property
    def cause(self) -> Cause:
        """This event as the cause of another."""
        return self.envelope.as_cause()


class BatchHandler(Protocol):
    """Handles events in the caller's transaction; it may be called again with a part of them after an error."""

    async def __call__(self, batch: Sequence[Received], *, conn: Connection, now: datetime) -> None:
        """Take the batch, never empty, in order per key, free of duplicates."""
        ...


@dataclass(frozen=True)
class Consumer:
    """One topic and who handles it; only events of `types` are delivered.

    claims: the topic is a partner's, duplicates are known by event id instead of sequence.
    wakes: names of workers that are to look for work after the commit, instead of at their next poll.
    """

    topic: str
    handle: BatchHandler
    types: tuple[type[Event], ...]
    claims: bool = False
    wakes: tuple[str, ...] = ()
