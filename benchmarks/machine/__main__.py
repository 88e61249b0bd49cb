"""Measure the machine: `python -m benchmarks.machine [--quick] [--write]`; interleaved, on one core."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from rich.progress import Progress

from benchmarks.figures import Spread, one_decimal, ratios, table, this_machine, whole, write_page
from benchmarks.machine.histories import BY_PATTERN
from benchmarks.machine.work import Cost, apply_all, fold_all, histories, refuse_all

NAME: Final = "machine"
SIZES: Final = (1_000, 10_000, 100_000)
QUICK: Final = (100, 1_000, 10_000)
_WORDS: Final = {"transition": "transition", "fold": "fold of a whole history", "refusal": "refusal"}
Samples = Mapping[tuple[str, int], Sequence[Cost]]


def measure(sizes: Sequence[int], repeats: int, progress: Progress) -> Samples:
    """Return the costs of every kind of work at every size; sizes take turns, so that noise meets all of them."""
    samples: defaultdict[tuple[str, int], list[Cost]] = defaultdict(list)
    bar = progress.add_task("machine", total=repeats * sum(sizes))
    for _ in range(repeats):
        for size in sizes:
            given = histories(size)
            applied, lit = apply_all(given)
            samples["transition", size].append(applied)
            samples["fold", size].append(fold_all(given))
            samples["refusal", size].append(refuse_all(given, lit))
            del given, lit
            progress.update(bar, advance=size)
    return samples


def memory_of(orders: int, how: str) -> int:
    """Return the bytes that so many folded orders take in a process of their own; how: `traced` or `resident`.

    :raises subprocess.CalledProcessError: it ended with an error.
    """
    argv = [sys.executable, "-m", "benchmarks.machine.work", str(orders), how]
    return int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def report(samples: Samples, sizes: Sequence[int], memory: Mapping[int, int], resident: int) -> str:
    """Return the tables: ratios first, then absolute figures."""
    base, *larger = sizes
    steady = [
        [
            f"{_WORDS[work]}, CPU each",
            *(
                Spread.of(
                    ratios([one.us for one in samples[work, size]], [one.us for one in samples[work, base]])
                ).text()
                for size in larger
            ),
        ]
        for work in _WORDS
    ]
    steady.append(
        [
            "memory of an order (tracemalloc)",
            *(f"{memory[s] / s / (memory[base] / base):.2f}" for s in larger),
        ]
    )
    absolute = [
        [
            _WORDS[work],
            Spread.of(one.per_second for one in samples[work, base]).text(whole),
            *(Spread.of(one.us for one in samples[work, size]).text(one_decimal) for size in sizes),
        ]
        for work in _WORDS
    ]
    most = sizes[-1]
    traced, grown = (taken / most * 100_000 / 1e6 for taken in (memory[most], resident))
    patterns = ", ".join(map(str, BY_PATTERN))
    return "\n\n".join(
        (
            f"Whole histories of patterns {patterns} in turn, {len(samples['fold', base])} interleaved repetitions; "
            "CPU time of one process, median [least..greatest].",
            table([f"against {base:,} orders", *(f"{size // base}x" for size in larger)], steady),
            table(["", "per second, one core", *(f"us at {size:,} orders" for size in sizes)], absolute),
            f"Memory per 100,000 folded orders, their histories let go: {grown:.0f} MB more resident set in a fresh "
            f"process, of which Python allocated {traced:.0f} MB (tracemalloc); measured with {most:,} orders.",
            f"Machine: {this_machine()}.",
        )
    )


def main() -> None:
    """Measure, print the tables, and write them into the page when asked."""
    parser = argparse.ArgumentParser(prog="benchmarks.machine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the orders, fewer repetitions")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    asked = parser.parse_args()
    sizes, repeats = (QUICK, 3) if asked.quick else (SIZES, 3)
    with Progress() as progress:
        samples = measure(sizes, repeats, progress)
        memory = {size: memory_of(size, "traced") for size in progress.track(sizes, description="memory")}
        resident = memory_of(sizes[-1], "resident")
    text = report(samples, sizes, memory, resident)
    print(text)
    if asked.write:
        write_page(NAME, text)


if __name__ == "__main__":
    main()
