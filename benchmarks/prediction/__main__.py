"""`python -m benchmarks.prediction [--seeds N] [--orders N]`: play the worlds, print and write the tables."""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from benchmarks.prediction.law import LAWS
from benchmarks.prediction.play import Played, play
from benchmarks.prediction.report import report

PAGE: Final = Path(__file__).parents[2] / "docs" / "prediction.md"
BEGIN: Final = "<!-- measured: begin (written by python -m benchmarks.prediction) -->"
END: Final = "<!-- measured: end -->"


def main() -> None:
    """Measure and write; a shorter run than the published one only prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds, from the first on")
    parser.add_argument(
        "--first", type=int, default=1, help="the first seed; 1001 and up were used for tuning"
    )
    parser.add_argument("--orders", type=int, default=5000, help="orders of each world")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    chosen = parser.parse_args()
    played = _play_all(range(chosen.first, chosen.first + chosen.seeds), chosen.orders, chosen.workers)
    text = report(played, LAWS, chosen.orders)
    print(text)
    if (chosen.seeds, chosen.first, chosen.orders) == (20, 1, 5000):
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _play_all(seeds: range, orders: int, workers: int) -> list[Played]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress, ProcessPoolExecutor(workers) as pool:
        task = progress.add_task("worlds", total=len(seeds) * len(LAWS))
        running = [pool.submit(play, law, seed, orders) for seed in seeds for law in LAWS]
        for _ in as_completed(running):
            progress.advance(task)
        return [each.result() for each in running]


if __name__ == "__main__":
    main()
