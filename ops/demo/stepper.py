"""Moves the stepped clock, and only when the whole system is quiet: nothing due, nothing on its way, nothing unread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from aiokafka.errors import KafkaError  # pyright: ignore[reportMissingTypeStubs]

from chassis.clock import advance_record, monotonic, open_clock

Lags = Callable[[], Awaitable[Mapping[str, int]]]
_PAUSE_S: Final = 0.03


@dataclass(frozen=True)
class Part:
    """One process that says over HTTP whether it is quiet."""

    name: str
    url: str
    token: str


@dataclass(frozen=True)
class Look:
    """What one process answered; error: it did not."""

    name: str
    now: datetime | None = None
    outbox: int = 0
    due: int = 0
    next_due: datetime | None = None
    activity: int = 0
    error: str = ""

    def noise(self, now: datetime) -> str:
        """Return why the process is not quiet at the instant, or nothing."""
        if self.error:
            return self.error
        if self.now != now:
            return f"its clock shows {self.now}"
        found = [f"{name} {count}" for name, count in (("outbox", self.outbox), ("due", self.due)) if count]
        return ", ".join(found)


class NotQuiet(Exception):
    """The system did not come to rest in time; the text names who is not quiet and why."""


class Stepper:
    """Settles the system and moves its clock."""

    def __init__(self, record: Path, parts: Sequence[Part], lags: Lags, http: httpx.AsyncClient) -> None:
        self.steps = 0
        self._record, self._parts, self._lags, self._http = record, parts, lags, http
        self._clock = open_clock(str(record))

    @property
    def now(self) -> datetime:
        """The business time, UTC."""
        return self._clock.now()

    async def settle(self, limit_s: float = 60) -> datetime | None:
        """Return, once all is quiet, the next instant at which anybody has something to do; None = never.

        :raises NotQuiet: it did not come to rest within limit_s of wall time.
        """
        until = monotonic() + limit_s
        while True:
            looks, why = await self._look_twice()
            if not why:
                return min((look.next_due for look in looks if look.next_due), default=None)
            if monotonic() > until:
                raise NotQuiet(f"not quiet at {self.now.isoformat()}: " + "; ".join(why))
            await asyncio.sleep(_PAUSE_S)

    def move(self, to: datetime) -> None:
        """Move the clock.  :raises ClockRunsBackwards: the clock is past that instant."""
        advance_record(self._record, to)
        self.steps += 1

    async def _look_twice(self) -> tuple[Sequence[Look], list[str]]:
        """Return the second of two looks, and what is not quiet.

        Records may wander between two looks from an outbox over a topic to a consumer: only when nobody has done
        anything between both, and nothing lies unread on the bus in between, is there nothing on its way.
        """
        now = self.now
        first = await self._look()
        if why := _noises(first, now):
            return first, why
        try:
            behind = await self._lags()
        except KafkaError as error:
            return first, [f"the broker cannot say who is behind ({type(error).__name__})"]
        if behind:
            return first, [f"{group} is {count} behind" for group, count in behind.items()]
        second = await self._look()
        why = _noises(second, now)
        why += [
            f"{before.name} was busy between two looks"
            for before, after in zip(first, second, strict=True)
            if before.activity != after.activity
        ]
        return second, why

    async def _look(self) -> Sequence[Look]:
        return await asyncio.gather(*(self._ask(part) for part in self._parts))

    async def _ask(self, part: Part) -> Look:
        try:
            answer = await self._http.get(
                f"{part.url}/ops/quiet", headers={"authorization": f"Bearer {part.token}"}, timeout=5
            )
            answer.raise_for_status()
            return read_look(part.name, answer.json())
        except (httpx.HTTPError, ValueError, KeyError) as error:
            return Look(part.name, error=f"no answer ({type(error).__name__})")


def _noises(looks: Sequence[Look], now: datetime) -> list[str]:
    return [f"{look.name}: {noise}" for look in looks if (noise := look.noise(now))]


def read_look(name: str, answer: Mapping[str, Any]) -> Look:
    """Return a look from the answer of GET /ops/quiet.  :raises KeyError, ValueError: it is none."""
    next_due = answer["next_due"]
    return Look(
        name=name,
        now=datetime.fromisoformat(answer["now"]),
        outbox=answer["outbox"],
        due=answer["due"],
        next_due=datetime.fromisoformat(next_due) if next_due else None,
        activity=answer["activity"],
    )
