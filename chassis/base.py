"""What a service is built on: its settings, pool, clock, HTTP client, and the only transactions there are."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import httpx

from chassis.clock import Clock
from chassis.db import Connection, Pool
from chassis.metrics import Activity
from chassis.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)
ACQUIRE_S: Final = 2.0


class Signals:
    """Who is to be woken in this process: the relay after a commit, workers by name."""

    def __init__(self) -> None:
        self.on_commit: Callable[[], None] = lambda: None
        self.workers: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)


@dataclass(frozen=True)
class Base(Generic[S]):
    """Given to the service's wire function."""

    name: str
    settings: S
    pool: Pool
    clock: Clock
    http: httpx.AsyncClient
    activity: Activity = field(default_factory=Activity)
    signals: Signals = field(default_factory=Signals)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection, None]:
        """Give a connection in a transaction that commits when the block ends; then wake the relay.

        :raises TimeoutError: no connection of the pool became free within 2 s.
        """
        async with self.pool.acquire(timeout=ACQUIRE_S) as conn, conn.transaction():
            yield conn
        self.signals.on_commit()

    def wake(self, worker_name: str) -> None:
        """Let a worker of this process look for work now."""
        self.signals.workers[worker_name].set()
