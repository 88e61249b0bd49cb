"""Deadlines and workers: what a service does because time passed or work is waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic

from chassis import db, errors, logs, metrics, tracing
from chassis.aside import Aside, Key, each_alone
from chassis.base import Base
from chassis.db import Connection

POLL_S: Final = 0.25
_LONGEST_WAIT_S: Final = 60.0
_UNREADY_AFTER: Final = 5
log = logs.get_logger(__name__)


@dataclass(frozen=True)
class Tick:
    """Work that is due at an instant of business time, done in one transaction under an advisory lock.

    fire(conn, now) does a portion of what is due and returns how much, 0 when nothing is left.
    next_due(conn) returns the earliest instant at which something is due, past or future.
    """

    name: str
    fire: Callable[[Connection, datetime], Awaitable[int]]
    next_due: Callable[[Connection], Awaitable[datetime | None]]


@dataclass(frozen=True)
class RowTick(Generic[Key]):
    """A tick over rows that have nothing to do with each other: where a portion fails, each is done alone.

    A row that fails alone is set aside and tried again after a wait that grows; the others go on.

    due(conn, now, without) returns the keys of a portion of what is due, the oldest first, and none of `without`.
    fire(conn, now, keys) does these in the caller's transaction and returns how much; it skips what is no longer due.
    earliest(conn, without) returns the earliest instant at which any other row is due, past or future.
    """

    name: str
    due: Callable[[Connection, datetime, Sequence[Key]], Awaitable[Sequence[Key]]]
    fire: Callable[[Connection, datetime, Sequence[Key]], Awaitable[int]]
    earliest: Callable[[Connection, Sequence[Key]], Awaitable[datetime | None]]
    aside: Aside[Key] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "aside", Aside[Key](self.name))

    async def next_due(self, conn: Connection) -> datetime | None:
        """Return the earliest instant at which a row is due that is not set aside."""
        return await self.earliest(conn, self.aside.waiting())


AnyTick = Tick | RowTick[Any]


@dataclass(frozen=True)
class Worker:
    """Work with the outside world, or with transactions of its own.

    run_once() does a portion and returns how much, 0 when nothing is left.
    pending(conn, now) counts what could be done now; next_due(conn, now) is the next later instant.
    """

    name: str
    run_once: Callable[[], Awaitable[int]]
    pending: Callable[[Connection, datetime], Awaitable[int]]
    next_due: Callable[[Connection, datetime], Awaitable[datetime | None]]


class Loops:
    """Runs ticks and workers, each in a loop of its own, until told to stop."""

    def __init__(self, base: Base[Any], ticks: Sequence[AnyTick], workers: Sequence[Worker]) -> None:
        self._base, self._ticks, self._workers = base, ticks, workers
        self._failures: dict[str, int] = {}
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Run until stop() was called and the work at hand is done."""
        loops = [self._loop(tick.name, self._step_of(tick)) for tick in self._ticks]
        loops += [self._loop(worker.name, worker.run_once) for worker in self._workers]
        await asyncio.gather(*loops, self._ring_all())

    def stop(self) -> None:
        """Let every loop end after the portion at hand."""
        self._stop.set()
        for part in (*self._ticks, *self._workers):
            self._base.wake(part.name)

    def failing(self) -> list[str]:
        """Return the names of what failed 5 times in a row or more."""
        return [name for name, count in self._failures.items() if count >= _UNREADY_AFTER]

    async def due(self, conn: Connection, now: datetime) -> tuple[int, datetime | None]:
        """Return how much is due now, and the earliest later instant at which more will be."""
        instants = [await tick.next_due(conn) for tick in self._ticks]
        count = sum(1 for instant in instants if instant is not None and instant <= now)
        for worker in self._workers:
            count += await worker.pending(conn, now)
            instants.append(await worker.next_due(conn, now))
        return count, min(
            (instant for instant in instants if instant is not None and instant > now), default=None
        )

    async def _loop(self, name: str, step: Callable[[], Awaitable[int]]) -> None:
        wait_s, alarm = POLL_S, self._base.signals.workers[name]
        while not self._stop.is_set():
            alarm.clear()
            logs.start_work(work=name)
            try:
                with tracing.span(f"work {name}"):
                    done = await step()
            except Exception as error:
                self._failures[name] = self._failures.get(name, 0) + 1
                metrics.FAILURES.labels(name).inc()
                log.warning("work_failed", wait_s=wait_s, **errors.describe(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._stop.wait()
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
                continue
            self._failures[name], wait_s = 0, POLL_S
            self._base.activity.add(done)
            if not done and not self._stop.is_set():
                await alarm.wait()

    async def _ring_all(self) -> None:
        """Let every loop look for work when the business clock is moved, at least every 250 ms."""
        while not self._stop.is_set():
            await self._base.clock.changed(POLL_S)
            for part in (*self._ticks, *self._workers):
                self._base.wake(part.name)

    def _step_of(self, tick: AnyTick) -> Callable[[], Awaitable[int]]:
        async def step() -> int:
            now = self._base.clock.now()
            async with self._base.pool.acquire() as conn:  # looking needs no transaction
                due = await tick.next_due(conn)
            if due is None or due > now:
                return 0
            return await fire_once(self._base, tick, now)

        return step


async def fire_once(base: Base[Any], tick: AnyTick, now: datetime) -> int:
    """Fire the tick once if it is due and nobody else is firing it; return how much was done."""
    done = await (_fire_rows(base, tick, now) if isinstance(tick, RowTick) else _fire(base, tick, now))
    metrics.TICKS.labels(tick.name).inc(done)
    return done


async def _fire(base: Base[Any], tick: Tick, now: datetime) -> int:
    async with _turn(base, tick.name) as conn:
        if conn is None:
            return 0
        due = await tick.next_due(conn)  # again, under the lock: another replica may have been first
        return 0 if due is None or due > now else await tick.fire(conn, now)


async def _fire_rows(base: Base[Any], tick: RowTick[Any], now: datetime) -> int:
    keys: Sequence[Any] = ()
    done = 0
    try:
        async with _turn(base, tick.name) as conn:
            if conn is None:
                return 0
            keys = await tick.due(conn, now, tick.aside.waiting())
            done = await tick.fire(conn, now, keys) if keys else 0
    except Exception as error:
        if errors.kind_of(error) is errors.Kind.WORLD or not keys:
            raise
        log.warning("portion_isolated", work=tick.name, rows=len(keys), **errors.describe(error))
    else:
        tick.aside.done(keys)
        return done

    async def alone(key: Any) -> None:
        nonlocal done
        async with _turn(base, tick.name) as conn:
            count = await tick.fire(conn, now, [key]) if conn else 0
        tick.aside.done([key])
        done += count

    done = 0
    for key, error in await each_alone(keys, alone):
        tick.aside.failed(key, error)
    return done


@asynccontextmanager
async def _turn(base: Base[Any], name: str) -> AsyncGenerator[Connection | None]:
    """Give a transaction that holds the tick's lock, or nothing where another replica holds it."""
    async with base.transaction() as conn:
        yield (
            conn
            if await conn.fetchval("SELECT pg_try_advisory_xact_lock($1)", db.lock_key(f"tick {name}"))
            else None
        )
