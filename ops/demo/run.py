"""`kaitsu demo`: a fresh system, a month of forms, the weeks until they are billed, the tables and the checks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from chassis.clock import create_record, monotonic
from ops.demo import tables
from ops.demo.checks import judge
from ops.demo.driver import FIRST_DAY, FORM_DAYS, Driver, Progress, days_of, end_of, start_of
from ops.demo.evidence import Evidence
from ops.demo.forms import Batch, make_batch
from ops.demo.memory import MemoryWatch
from ops.demo.screen import Screen, jars_line
from ops.demo.world import World, opened
from ops.runtime.system import System, clear_state


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for. state: its folder is wiped first, jars and caches beside it are kept."""

    forms: int
    seed: int
    keep: bool
    state: Path
    cache: Path


async def run_demo(wishes: Wishes, console: Console) -> int:
    """Return the exit code: 0 when every promise was kept, else 1.

    :raises NotQuiet: the system did not come to rest; the text says who and why.
    """
    began = monotonic()
    clear_state(wishes.state)
    wishes.state.mkdir(parents=True)
    batch = make_batch(wishes.seed, wishes.forms, first_day=FIRST_DAY, days=FORM_DAYS)
    start, end = start_of(FIRST_DAY), end_of(batch)
    record = wishes.state / "clock.json"
    create_record(record, start)
    console.print(
        f"{len(batch.posts)} forms of seed {wishes.seed}, {days_of(start, end)} days of business time from {FIRST_DAY}"
    )
    system = System(
        wishes.state,
        cache=wishes.cache,
        say=lambda text: console.print(text, highlight=False),
        on_jars=jars_line(console),
    )
    try:
        await asyncio.to_thread(system.start, clock=str(record))
        started = monotonic()
        async with MemoryWatch(system.pids) as memory, opened(system, record) as world:
            driver = await _drive(world, batch, console)
            passed = monotonic()
            evidence = await world.evidence(batch, driver.answers, end)
        evidence = replace(
            evidence,
            steps=world.stepper.steps,
            peak_mb=memory.peak_mb,
            peak_by_process=memory.peak_by_process,
            times={
                "start of everything": started - began,
                f"{days_of(start, end)} days of business time": passed - started,
                "gathering and scanning": monotonic() - passed,
                "together": monotonic() - began,
            },
        )
        code = _conclude(evidence, console)
    finally:
        await asyncio.to_thread(system.stop)
        if not wishes.keep:
            await asyncio.to_thread(system.erase_data)
    console.print(f"\nMails: {system.mails}   logs: {system.logs}", highlight=False)
    return code


async def _drive(world: World, batch: Batch, console: Console) -> Driver:
    start, end = start_of(FIRST_DAY), end_of(batch)
    with Screen(console, days=days_of(start, end)) as screen:

        def seen(progress: Progress) -> None:
            screen.show(
                start=start,
                now=progress.now,
                posted=progress.posted,
                heard=world.bus.records,
                seconds=progress.seconds,
            )

        driver = Driver(world.stepper, world.poster, batch, seen)
        await driver.run(end)
    return driver


def _conclude(evidence: Evidence, console: Console) -> int:
    verdicts = judge(evidence)
    tables.show_all(console, evidence, verdicts)
    return 0 if all(verdict.kept for verdict in verdicts) else 1
