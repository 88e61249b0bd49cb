"""Typical ways of an order through a pattern: the fewest facts that meet it, nothing else, and light the line."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from kernel.times import local_date
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.lifecycle import open_order
from services.provisioning.domain.order import FiberOrder, Party, State
from services.provisioning.domain.patterns import Met, Pattern
from services.provisioning.domain.refusals import Code
from tests.support.machine.samples import OPENED
from tests.support.machine.walk import outcomes, place_of


@dataclass(frozen=True)
class Stop:
    """One fact on a way, when it happened, and the order after it."""

    fact: Fact
    at: datetime
    order: FiberOrder


def typical_way(pattern: Pattern) -> list[Stop]:
    """Return the shortest way to a lit line that meets this pattern only; nothing if the machine cannot meet it so."""
    wanted: Met = () if pattern is Pattern.IMMEDIATE else (pattern,)
    opening, at = OPENED
    start = [Stop(opening, at, open_order(opening, at).after)]
    seen: set[tuple[object, Met]] = set()
    left = deque([start])
    while left:
        way = left.popleft()
        here = way[-1]
        if here.order.state is State.ACTIVE:
            if here.order.met == wanted:
                return way
            continue
        for fact, said_at, after in outcomes(here.order, here.at):
            if isinstance(after, Code) or after.met not in {(), wanted}:
                continue
            key = place_of(after, said_at), after.met
            if key not in seen:
                seen.add(key)
                left.append([*way, Stop(fact, said_at, after)])
    return []


def day_of(stop: Stop, way: list[Stop]) -> str:
    """Return the day of a stop, counted from the consult, day N."""
    consulted = way[-1].order.consulted_on or local_date(way[0].at)
    days = (local_date(stop.at) - consulted).days
    return f"N{days:+d}" if days else "N"


def ball_days(way: list[Stop]) -> list[tuple[Party, int]]:
    """Return who had the ball for how many days of the way, longest first."""
    days: dict[Party, int] = {}
    for stop, following in pairwise(way):
        if (party := stop.order.ball) is not None:
            spent = (local_date(following.at) - local_date(stop.at)).days
            days[party] = days.get(party, 0) + spent
    return sorted(days.items(), key=lambda each: (-each[1], list(Party).index(each[0])))
