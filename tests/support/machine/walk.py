"""The walk through the whole machine: from the opening, whatever can be said next, until nothing new is reached.

Orders that no fact tells apart count as one place (`place_of`); a test looks whether that is so. A place keeps the
first order that came there, by the fewest facts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import combinations
from typing import Final

from kernel.times import local_date
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.lifecycle import apply, open_order
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.domain.patterns import Met, Pattern
from services.provisioning.domain.refusals import Code, Refused
from tests.support.machine.samples import OPENED, Happened, sayable

# What decides about the facts to come, besides state, pattern in force and what is late. Of these days it matters how
# they lie to today, of those only whether they are known.
DAYS: Final = ("construction_on", "held_on")
KNOWN: Final = ("registered_on",)
VALUES: Final[tuple[str, ...]] = ()

Place = tuple[object, ...]


@dataclass(frozen=True)
class Node:
    """A place with the first order that came there; now: instant of its latest fact; before: None at the opening."""

    place: Place
    order: FiberOrder
    now: datetime
    fact: Fact
    before: Node | None

    def history(self) -> list[Happened]:
        """Return the facts that lead here, from the opening."""
        facts: list[Happened] = []
        node: Node | None = self
        while node is not None:
            facts.append((node.fact, node.now))
            node = node.before
        return facts[::-1]


@dataclass(frozen=True)
class Edge:
    """One fact, accepted at one place; after: the order that it made, which may differ from the first one there."""

    before: Node
    fact: Fact
    at: datetime
    after: FiberOrder
    to: Place


@dataclass
class Explored:
    """Everything that was found. refused: the codes of a pair of state and kind, in the order of their finding."""

    nodes: dict[Place, Node] = field(default_factory=dict[Place, Node])
    edges: list[Edge] = field(default_factory=list[Edge])
    refused: dict[tuple[State, FactKind], dict[Code, int]] = field(
        default_factory=dict[tuple[State, FactKind], dict[Code, int]]
    )

    def targets(self, state: State, kind: FactKind) -> list[State]:
        """Return where a fact led from a state, in the order of the states."""
        found = self._targets.get((state, kind), set())
        return [each for each in State if each in found]

    def leaders_into(self, places: Collection[Place]) -> set[Place]:
        """Return the places from which one of these can be reached, and these."""
        back: dict[Place, list[Place]] = {}
        for edge in self.edges:
            back.setdefault(edge.to, []).append(edge.before.place)
        reached, left = set(places), list(places)
        while left:
            for place in back.get(left.pop(), []):
                if place not in reached:
                    reached.add(place)
                    left.append(place)
        return reached

    @property
    def _targets(self) -> Mapping[tuple[State, FactKind], set[State]]:
        if not self._seen:
            for edge in self.edges:
                pair = edge.before.order.state, edge.fact.kind
                self._seen.setdefault(pair, set()).add(edge.after.state)
        return self._seen

    _seen: dict[tuple[State, FactKind], set[State]] = field(
        default_factory=dict[tuple[State, FactKind], set[State]]
    )


def place_of(order: FiberOrder, now: datetime) -> Place:
    """Return what decides about the facts to come; orders of one place accept the same and come to the same places."""
    if order.ended:
        return (order.state, *(getattr(order, name) for name in VALUES))
    today = local_date(now)
    return (
        order.state,
        order.pattern,
        order.overdue,
        *(_lies(getattr(order, name), today) for name in DAYS),
        *(getattr(order, name) is not None for name in KNOWN),
        *(getattr(order, name) for name in VALUES),
    )


def _lies(day: date | None, today: date) -> int | None:
    return None if day is None else (day > today) - (day < today)


def outcomes(order: FiberOrder, now: datetime) -> Iterator[tuple[Fact, datetime, FiberOrder | Code]]:
    """Return everything that can be said, and the order that it makes or the code of its refusal."""
    for fact, at in sayable(order, now):
        try:
            yield fact, at, apply(order, fact, at).after
        except Refused as refusal:
            yield fact, at, refusal.code


@cache
def explore() -> Explored:
    """Return the whole machine, breadth first: the way to every place is one of the shortest."""
    opening, opened_at = OPENED
    first = open_order(opening, opened_at).after
    found = Explored()
    start = Node(place_of(first, opened_at), first, opened_at, opening, None)
    found.nodes[start.place] = start
    left = deque([start])
    while left:
        node = left.popleft()
        for fact, at, after in outcomes(node.order, node.now):
            if isinstance(after, Code):
                codes = found.refused.setdefault((node.order.state, fact.kind), {})
                codes[after] = codes.get(after, 0) + 1
                continue
            to = place_of(after, at)
            found.edges.append(Edge(node, fact, at, after, to))
            if to not in found.nodes:
                found.nodes[to] = Node(to, after, at, fact, node)
                left.append(found.nodes[to])
    return found


def pattern_steps(edges: Iterable[Edge]) -> dict[tuple[Pattern, Pattern], list[Edge]]:
    """Return the facts that change the pattern in force, by the one before and the one after."""
    steps: dict[tuple[Pattern, Pattern], list[Edge]] = {}
    for edge in edges:
        before, after = edge.before.order.pattern, edge.after.pattern
        if before is not after:
            steps.setdefault((before, after), []).append(edge)
    return steps


def met_tuples(steps: Iterable[tuple[Pattern, Pattern]], longest: int) -> list[Met]:
    """Return all patterns that can be met one after the other, up to a number of them."""
    follow = sorted(steps)
    found: list[Met] = [()]
    for met in found:
        if len(met) < longest:
            last = met[-1] if met else Pattern.IMMEDIATE
            found += [(*met, after) for before, after in follow if before is last]
    return found


def said(order: FiberOrder, *happened: Happened) -> FiberOrder | Code:
    """Return the order after facts in the order in which they arrive, or the code of the first refusal."""
    for fact, at in happened:
        try:
            order = apply(order, fact, at).after
        except Refused as refusal:
            return refusal.code
    return order


@dataclass(frozen=True)
class Pair:
    """Two facts that one place accepts, and what becomes of the order: there, `one` first; back, `other` first."""

    one: Edge
    other: Edge
    there: FiberOrder | Code
    back: FiberOrder | Code


def both_ways(found: Explored) -> list[Pair]:
    """Return the pairs of one place for every state and pattern in force, with one fact of every kind."""
    edges: dict[tuple[State, Pattern], dict[FactKind, Edge]] = {}
    for edge in found.edges:
        kinds = edges.setdefault((edge.before.order.state, edge.before.order.pattern), {})
        if not kinds or next(iter(kinds.values())).before is edge.before:
            kinds.setdefault(edge.fact.kind, edge)
    pairs: list[Pair] = []
    for kinds in edges.values():
        for one, other in combinations(kinds.values(), 2):
            order, a, b = one.before.order, (one.fact, one.at), (other.fact, other.at)
            pairs.append(Pair(one, other, said(order, a, b), said(order, b, a)))
    return pairs
