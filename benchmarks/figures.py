"""Figures out of samples: percentiles, spreads, ratios of interleaved runs, and tables between markers of a page."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"


class NoMarkers(ValueError):
    """The page lacks the pair of markers between which the table goes."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the page has no markers for {name}")
        self.name = name


@dataclass(frozen=True)
class Spread:
    """The middle of some samples and how far they reach."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: Iterable[float]) -> Spread:
        """Return median, least and greatest of the samples.  :raises ValueError: there are none."""
        given = list(samples)
        if not given:
            raise ValueError("a spread needs samples")
        return cls(statistics.median(given), min(given), max(given))

    def text(self, shown: Callable[[float], str] = lambda value: f"{value:,.2f}") -> str:
        """Return `median [least..greatest]`."""
        return f"{shown(self.median)} [{shown(self.low)}..{shown(self.high)}]"


def whole(value: float) -> str:
    """Return a figure without decimals, thousands apart."""
    return f"{value:,.0f}"


def one_decimal(value: float) -> str:
    """Return a figure with one decimal, thousands apart."""
    return f"{value:,.1f}"


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the least sample that at least this share of the samples do not exceed.

    share: above 0, at most 1.
    :raises ValueError: there are no samples, or the share is out of bounds.
    """
    if not samples or not 0 < share <= 1:
        raise ValueError("a percentile needs samples and a share in (0, 1]")
    rank = -(-len(samples) * share // 1)
    return sorted(samples)[max(0, int(rank) - 1)]


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the ratio of each repetition: what ran side by side is divided, never a median by another.

    :raises ValueError: the sides were not repeated equally often, or one below is not above zero.
    """
    if len(over) != len(under) or any(value <= 0 for value in under):
        raise ValueError("ratios need pairs, and something above zero below")
    return [above / below for above, below in zip(over, under, strict=True)]


def verdict(measured: float, *, at_least: float) -> str:
    """Return whether an aim is met, in words that stand in the table."""
    return f"aim {at_least:g}: {'met' if measured >= at_least else 'MISSED'}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown.  :raises ValueError: a row has another number of cells than the head."""
    lines = [head, ["---"] * len(head), *rows]
    if any(len(line) != len(head) for line in lines):
        raise ValueError("all rows of a table have as many cells as its head")
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def between_markers(page: str, name: str, text: str) -> str:
    """Return the page with the text between `<!-- name: begin -->` and `<!-- name: end -->`.

    :raises NoMarkers: they are missing.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise NoMarkers(name)
    return f"{before}{begin}\n{text.strip()}\n{end}{after}"


def write_page(name: str, text: str, *, page: Path = PAGE) -> None:
    """Put the text between its markers on the page.  :raises NoMarkers: they are missing."""
    page.write_text(between_markers(page.read_text(), name, text))


def this_machine(*, versions: Iterable[str] = ()) -> str:
    """Return one line about where the figures come from: cores, memory, versions."""
    memory_gb = psutil.virtual_memory().total / 1e9
    parts = [
        f"{os.cpu_count()} cores ({platform.machine()})",
        f"{memory_gb:.0f} GB",
        f"{platform.python_implementation()} {platform.python_version()}",
        *versions,
    ]
    return ", ".join(parts)
