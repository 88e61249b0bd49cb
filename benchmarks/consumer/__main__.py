"""Measure the provisioning consumer: `python -m benchmarks.consumer [--quick] [--write]`, under 8 minutes."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

import structlog
from rich.progress import Progress

from benchmarks.consumer.report import report
from benchmarks.consumer.runs import Run, run
from benchmarks.consumer.stage import Stage
from benchmarks.consumer.workload import Sent, claims, sent
from benchmarks.figures import this_machine, write_page
from ops.runtime.databases import server_version

NAME: Final = "consumer"
SIDES: Final = (
    ("service", 1),
    ("bare", 1),
    ("service", 2),
    ("bare", 2),
    ("writes only", 1),
    ("one by one", 1),
)


class OtherRows(AssertionError):
    """Two sides left different rows: their figures must not be compared."""


async def measure(
    stage: Stage, records: Sequence[Sent], few: Sequence[Sent], repeats: int, progress: Progress
) -> tuple[Mapping[tuple[str, int], Sequence[Run]], Mapping[str, int]]:
    """Return all runs, and samples of where the service is at work.

    :raises OtherRows: a side wrote something else than the others.
    """
    runs: defaultdict[tuple[str, int], list[Run]] = defaultdict(list)
    wrote: dict[int, Sequence[Any]] = {}
    bar = progress.add_task("consumer", total=repeats * len(SIDES) + 1)
    for repeat in range(repeats):
        for side, processes in SIDES if repeat % 2 == 0 else reversed(SIDES):
            given = few if side == "one by one" else records
            one, left = await run(stage, side, processes, given)
            if wrote.setdefault(len(given), left) != left:
                raise OtherRows(f"{side} left other rows: {left} instead of {wrote[len(given)]}")
            runs[side, processes].append(one)
            progress.update(bar, advance=1, description=f"{side}, {processes}")
    await run(stage, "sampled", 1, records)
    progress.update(bar, advance=1)
    return {side: runs[side] for side in SIDES}, json.loads(stage.samples.read_text())


def main() -> None:
    """Measure, print the tables, and write them into the page when asked."""
    parser = argparse.ArgumentParser(prog="benchmarks.consumer", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer orders, fewer repetitions")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    asked = parser.parse_args()
    orders, repeats = (1_000, 2) if asked.quick else (3_000, 3)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    records = [sent(claim) for claim in claims(orders)]
    few = [sent(claim) for claim in claims(orders // 15)]
    with Progress() as progress, Stage(orders) as stage:
        runs, samples = asyncio.run(measure(stage, records, few, repeats, progress))
        engines = [asyncio.run(server_version(stage.postgres.admin_dsn)), "Apache Kafka 4.4.0"]
    drivers = [f"{name} {version(name)}" for name in ("faststream", "aiokafka", "asyncpg", "pydantic")]
    machine = this_machine(versions=[*engines, *drivers])
    text = report(runs, samples, events=len(records), few=len(few), machine=machine)
    print(text)
    if asked.write:
        write_page(NAME, text)


if __name__ == "__main__":
    main()
