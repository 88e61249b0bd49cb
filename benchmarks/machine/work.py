"""What is timed: transitions, folds and refusals, in CPU seconds; and memory, in a process of its own."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time
from typing import Final

import psutil

from benchmarks.machine.histories import Happened, history
from services.provisioning.domain import lifecycle
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.refusals import Refused

PORTION: Final = 1_000


@dataclass(frozen=True)
class Cost:
    """How much was done in how many CPU seconds."""

    count: int
    cpu_s: float

    @property
    def per_second(self) -> float:
        """How much one core does in a second."""
        return self.count / self.cpu_s

    @property
    def us(self) -> float:
        """What one costs, microseconds."""
        return self.cpu_s / self.count * 1e6


def histories(orders: int) -> list[list[Happened]]:
    """Return the histories of so many orders."""
    return [history(serial) for serial in range(orders)]


def apply_all(given: Sequence[list[Happened]]) -> tuple[Cost, list[FiberOrder]]:
    """Return what it costs to let every fact but the opening happen, and the orders in the end."""
    opened = [lifecycle.open_order(facts[0][0], facts[0][1]).after for facts in given]  # pyright: ignore
    began = process_time()
    done: list[FiberOrder] = []
    for order, facts in zip(opened, given, strict=True):
        now = order
        for fact, at in facts[1:]:
            now = lifecycle.apply(now, fact, at).after
        done.append(now)
    spent = process_time() - began
    return Cost(sum(len(facts) - 1 for facts in given), spent), done


def fold_all(given: Sequence[list[Happened]]) -> Cost:
    """Return what it costs to fold whole histories; counted are orders."""
    began = process_time()
    for facts in given:
        lifecycle.fold(facts)
    return Cost(len(given), process_time() - began)


def refuse_all(given: Sequence[list[Happened]], lit: Sequence[FiberOrder]) -> Cost:
    """Return what it costs to refuse every fact after the opening once more, when the line is lit.

    :raises AssertionError: the machine accepts one of them.
    """
    refused = 0
    began = process_time()
    for order, facts in zip(lit, given, strict=True):
        for fact, at in facts[1:]:
            try:
                lifecycle.apply(order, fact, at)
            except Refused:
                refused += 1
    spent = process_time() - began
    assert refused == sum(len(facts) - 1 for facts in given)
    return Cost(refused, spent)


def memory_bytes(orders: int, *, traced: bool) -> int:
    """Return the bytes that so many folded orders take; their histories are let go.

    traced: what Python allocated (tracemalloc), exact; else by how much the resident set grows, which is only of use in
    a fresh process and for many orders, as what was freed before is taken again.
    """
    for serial in range(PORTION):
        lifecycle.fold(history(serial))
    gc.collect()
    if traced:
        tracemalloc.start()
    before = _taken(traced=traced)
    kept = [lifecycle.fold(history(serial)) for serial in range(orders)]
    gc.collect()
    grown = _taken(traced=traced) - before
    assert len(kept) == orders
    tracemalloc.stop()
    return grown


def _taken(*, traced: bool) -> int:
    return tracemalloc.get_traced_memory()[0] if traced else psutil.Process().memory_info().rss


if __name__ == "__main__":
    sys.stdout.write(str(memory_bytes(int(sys.argv[1]), traced=sys.argv[2] == "traced")))
