"""Kills parts of a running system while they are at work, and starts them again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import httpx
from aiokafka.errors import KafkaError

from chassis.testing import until
from ops.demo.world import World

ENGINES: Final = ("kafka", "postgres")
_LONGEST_S: Final = 120.0
# From the first sight of work to the blow: before, in and after the handling of a batch, and while events leave.
_AIMS_S: Final = (0.06, 0.0, 0.03, 0.09, 0.045, 0.015, 0.075)


@dataclass(frozen=True)
class Blow:
    """One part that was killed, and the work that lay before it at that moment."""

    part: str
    work: str


@dataclass
class Chaos:
    """Kills every part as often as asked, each time at a moment at which it has work.

    parts: how often each part is to be hit. Of those that have work the first in this order is hit, so the parts
    that have work for a short time only come first.
    """

    world: World
    parts: Mapping[str, int]
    blows: list[Blow] = field(default_factory=list[Blow])

    async def run(self) -> None:
        """Return when every part was hit as often as asked."""
        while self.left():
            part, work = await until(self._at_work, _LONGEST_S)
            await asyncio.sleep(_AIMS_S[len(self.blows) % len(_AIMS_S)])
            await asyncio.to_thread(self.world.system.kill_part, part)
            self.blows.append(Blow(part, work))
            await asyncio.to_thread(self.world.system.start_part, part)
            await until(partial(self._is_idle, part), _LONGEST_S)  # the next blow shall hit other work

    def left(self) -> Counter[str]:
        """Return how often each part is still to be hit."""
        return Counter(self.parts) - Counter(blow.part for blow in self.blows)

    async def _at_work(self) -> tuple[str, str] | None:
        left = self.left()
        parts = [part for part in self.parts if left[part]]
        for part, work in zip(parts, await asyncio.gather(*map(self._work_of, parts)), strict=True):
            if work:
                return part, work
        return None

    async def _is_idle(self, part: str) -> bool:
        return not await self._work_of(part)

    async def _work_of(self, part: str) -> str:
        """Return what the part has to do right now, or nothing."""
        try:
            lags = await self.world.bus.lags()
        except KafkaError:
            return ""
        if part in ENGINES:
            return ", ".join(f"{group} {count} behind" for group, count in lags.items())
        behind = [f"{group} {count} behind" for group, count in lags.items() if group.startswith(f"{part}.")]
        return ", ".join([*behind, *await self._own_work(part)])

    async def _own_work(self, part: str) -> list[str]:
        try:
            quiet = await self.world.services.get(part, "/ops/quiet")
        except (httpx.HTTPError, ValueError):
            return []
        return [f"{name} {quiet[name]}" for name in ("outbox", "due") if quiet[name]]
