"""Deadlines and workers: what a service does because time passed or work is waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from chassis.db import Connection


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
class Worker:
    """Work with the outside world, or with transactions of its own.

    run_once() does a portion and returns how much, 0 when nothing is left.
    pending(conn, now) counts what could be done now; next_due(conn, now) is the next later instant.
    """

    name: str
    run_once: Callable[[], Awaitable[int]]
    pending: Callable[[Connection, datetime], Awaitable[int]]
    next_due: Callable[[Connection, datetime], Awaitable[datetime | None]]
