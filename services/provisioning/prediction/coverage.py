"""Whether the published 80 % intervals hold: rolling coverage per pattern, with its exact binomial band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import exp, lgamma, log
from typing import Final

from services.provisioning.domain.patterns import Pattern

NOMINAL: Final = 0.8


@dataclass(frozen=True, slots=True)
class Watch:
    """orders: how many closed orders of a pattern the rolling coverage looks at. band: e.g. 0.99."""

    orders: int
    band: float


@dataclass(frozen=True, slots=True)
class Published:
    """An interval that was said, and the day on which the line was lit; low_part, high_part as in the prediction."""

    pattern: Pattern
    p10_on: date
    p90_on: date
    activated_on: date
    low_part: float = 1.0
    high_part: float = 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """share: of the closed orders inside their 80 % interval (0 to 1). low, high: where it lies by chance alone.

    named_share: inside the days as they were published, first and last included; whole days make it larger.
    """

    orders: int
    share: float
    named_share: float
    low: float
    high: float

    @property
    def alarming(self) -> bool:
        """Whether chance alone does not explain the share."""
        return not self.low <= self.share <= self.high


def inside(said: Published) -> float:
    """Return how much of the day (0 to 1) counts as inside the 80 %: the first and last day of the interval in part.

    It is the expected value of the randomized probability integral transform: since days are whole, the interval
    holds more than 80 %, and only a part of its edges belongs to the 80 %.
    """
    if not said.p10_on <= said.activated_on <= said.p90_on:
        return 0.0
    if said.activated_on == said.p10_on:
        return said.low_part
    return said.high_part if said.activated_on == said.p90_on else 1.0


def rolling_coverage(published: Iterable[Published], watch: Watch) -> Mapping[Pattern, Coverage]:
    """Return the coverage per pattern over the closed orders that come last, the newest standing last.

    One interval per order and pattern is meant: those of one order depend on one another. The band is exact for
    shares that are drawn; ours are expected values, which vary less, so that an alarm is rather too late than false.
    """
    found: dict[Pattern, list[Published]] = {}
    for said in published:
        found.setdefault(said.pattern, []).append(said)
    return {pattern: _coverage(all_said[-watch.orders :], watch.band) for pattern, all_said in found.items()}


def _coverage(said: list[Published], band: float) -> Coverage:
    orders = len(said)
    low, high = binomial_band(orders, NOMINAL, band)
    return Coverage(
        orders=orders,
        share=sum(map(inside, said)) / orders,
        named_share=sum(each.p10_on <= each.activated_on <= each.p90_on for each in said) / orders,
        low=low / orders,
        high=high / orders,
    )


def binomial_band(orders: int, share: float, band: float) -> tuple[int, int]:
    """Return the fewest and the most hits of so many that chance alone gives, leaving out (1 - band) / 2 at each end.

    Exact: sums of the binomial distribution, no approximation; P(low <= hits <= high) >= band.
    """
    tail = (1 - band) / 2
    ways = [lgamma(orders + 1) - lgamma(hits + 1) - lgamma(orders - hits + 1) for hits in range(orders + 1)]
    chances = [
        exp(way + hits * log(share) + (orders - hits) * log(1 - share)) for hits, way in enumerate(ways)
    ]
    return _skip(chances, tail), orders - _skip(chances[::-1], tail)


def _skip(chances: list[float], tail: float) -> int:
    total = 0.0
    for hits, chance in enumerate(chances):
        total += chance
        if total > tail:
            return hits
    return len(chances) - 1
