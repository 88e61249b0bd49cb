"""Where the states stand in the picture: one below the other by rank, the facts between them in lanes at both sides.

A lane belongs to the state that it leads to: what leads down runs at the right, what leads back at the left. So
parallel facts share a line, and further states and facts make the picture longer, not denser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.order import BALL, State
from tests.support.machine_walk import Explored, explored

# A fact that leads to more states than this is named, not drawn: a line to everywhere says nothing.
MOST_LINES: Final = 4


@dataclass(frozen=True)
class Card:
    """One state with what leads away from it, by target; anywhere: facts that lead to too many; stays: that do not."""

    state: State
    rank: int
    leads: Mapping[State, tuple[FactKind, ...]]
    anywhere: tuple[FactKind, ...]
    stays: tuple[FactKind, ...]


@dataclass(frozen=True)
class Picture:
    """All cards from the top down. In every state under way: ends: leads to a final state; stays: changes no state."""

    cards: tuple[Card, ...]
    ends: tuple[FactKind, ...]
    stays: tuple[FactKind, ...]


@dataclass(frozen=True)
class Span:
    """A line from some heights to one height; sources and target in whatever unit."""

    target: State
    sources: tuple[int, ...]
    to: int

    @property
    def top(self) -> int:
        """The highest point of the line."""
        return min(*self.sources, self.to)

    @property
    def bottom(self) -> int:
        """The lowest point of the line."""
        return max(*self.sources, self.to)


@cache
def picture() -> Picture:
    """Return the machine as it was found by walking through it."""
    found = explored()
    live = [state for state in State if BALL[state] is not None]
    ends = tuple(
        kind for kind in FactKind if all(found.targets(state, kind) == [State.CANCELLED] for state in live)
    )
    stays = tuple(kind for kind in FactKind if all(state in found.targets(state, kind) for state in live))
    ranks = _ranks(found, ends)
    order = [*sorted(live, key=lambda state: ranks[state]), *(each for each in State if each not in live)]
    return Picture(tuple(_card(found, state, ranks[state], ends, stays) for state in order), ends, stays)


def _card(
    found: Explored, state: State, rank: int, ends: tuple[FactKind, ...], stays: tuple[FactKind, ...]
) -> Card:
    leads: dict[State, tuple[FactKind, ...]] = {}
    anywhere: list[FactKind] = []
    for kind in FactKind:
        away = [target for target in found.targets(state, kind) if target is not state]
        if kind in ends:
            continue
        if len(away) > MOST_LINES:
            anywhere.append(kind)
            continue
        for target in away:
            leads[target] = (*leads.get(target, ()), kind)
    own = tuple(
        kind
        for kind in FactKind
        if state in found.targets(state, kind) and not (BALL[state] and kind in stays)
    )
    return Card(state, rank, {each: leads[each] for each in State if each in leads}, tuple(anywhere), own)


def _ranks(found: Explored, ends: tuple[FactKind, ...]) -> dict[State, int]:
    """Return the longest way from the opening to every state, without facts that lead back."""
    onward = {
        state: [
            target
            for target in State
            if target is not state
            and any(target in found.targets(state, kind) for kind in FactKind if kind not in ends)
        ]
        for state in State
        if BALL[state] is not None
    }
    finished: list[State] = []
    under_way: list[State] = []
    back: set[tuple[State, State]] = set()

    def visit(state: State) -> None:
        under_way.append(state)
        for target in onward.get(state, []):
            if target in under_way:
                back.add((state, target))
            elif target not in finished:
                visit(target)
        finished.append(under_way.pop())

    visit(State.AWAITING_CONSULT)
    ranks = dict.fromkeys(State, 0)
    for state in reversed(finished):
        for target in onward.get(state, []):
            if (state, target) not in back:
                ranks[target] = max(ranks[target], ranks[state] + 1)
    return ranks


def lanes(spans: list[Span]) -> dict[State, int]:
    """Return the lane of every line, 0 the innermost: short lines inside, lines in one lane never touch."""
    taken: list[list[Span]] = []
    found: dict[State, int] = {}
    for span in sorted(spans, key=lambda each: (each.bottom - each.top, each.top)):
        for number, lane in enumerate(taken):
            if all(span.bottom < other.top or span.top > other.bottom for other in lane):
                lane.append(span)
                found[span.target] = number
                break
        else:
            found[span.target] = len(taken)
            taken.append([span])
    return found
