"""The provisioning service under a sampler: who is at work, every 4 ms of its CPU time; written as JSON at the end.

SIGUSR1 forgets what was seen so far: the start is not what is asked about.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

from services.provisioning.main import main

OUT: Final = "KAITSU_BENCH_SAMPLES"
EVERY_S: Final = 0.004  # the least that a kernel of 250 ticks a second keeps
OURS: Final = ("services", "chassis", "contracts", "kernel")
DRIVERS: Final = ("asyncpg", "aiokafka", "faststream", "pydantic", "asyncio", "json")
samples: Counter[str] = Counter()


def place_of(frame: FrameType | None) -> str:
    """Return the innermost module of ours on the stack, else the innermost driver, else `other`."""
    driver = "other"
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        top = module.partition(".")[0]
        if top in OURS:
            return f"{module}.{frame.f_code.co_name}"
        if driver == "other" and top in DRIVERS:
            driver = top
        frame = frame.f_back
    return driver


def _look(_signal: int, frame: FrameType | None) -> None:
    samples[place_of(frame)] += 1


def _forget(_signal: int, _frame: FrameType | None) -> None:
    samples.clear()


def _write() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    Path(os.environ[OUT]).write_text(json.dumps(samples))


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, _look)
    signal.signal(signal.SIGUSR1, _forget)
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    atexit.register(_write)
    main()
