"""Samples the memory of all processes of a run, and remembers the highest sum."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ops.runtime.processes import pss_mb

_EVERY_S: Final = 2.0


class MemoryWatch:
    """Runs beside the demonstration; the driver's own process counts too."""

    def __init__(self, pids: Callable[[], Mapping[str, Sequence[int]]]) -> None:
        self.peak_mb = 0.0
        self.peak_by_process: dict[str, float] = {}
        self._pids = pids
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> MemoryWatch:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self.sample()

    async def sample(self) -> None:
        """Measure once."""
        groups = {**self._pids(), "demo": [os.getpid()]}
        found = await asyncio.to_thread(lambda: {name: pss_mb(pids) for name, pids in groups.items()})
        if (total := sum(found.values())) > self.peak_mb:
            self.peak_mb, self.peak_by_process = total, found

    async def _watch(self) -> None:
        while True:
            await self.sample()
            await asyncio.sleep(_EVERY_S)
