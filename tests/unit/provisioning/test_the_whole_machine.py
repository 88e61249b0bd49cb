"""Every way that an order can take, through the real machine: no dead end, nothing unreachable, nothing unclear."""

from __future__ import annotations

from itertools import permutations, product
from typing import Final

import pytest

from services.provisioning.books import load_rules
from services.provisioning.domain import patterns
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.lifecycle import TABLE, apply
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code, Refused
from tests.support.machine_walk import (
    Happened,
    Node,
    alike,
    explored,
    folded,
    key,
    moves,
    one_per_corner,
    samples,
)

FOLLOWS: Final = frozenset({FactKind.JEOPARDY_RAISED, FactKind.JEOPARDY_CLEARED, FactKind.REMINDER_DUE})
# A wish gives up the date that stands. Where the carrier names its date only after the wish, that date stands, and the
# jeopardy says that it misses the wish: which of the two came first is no accident, both ends are right.
ORDER_MATTERS: Final = frozenset(
    {
        frozenset({FactKind.WISH_CHANGED, FactKind.CONSTRUCTION_SCHEDULED}),
        frozenset({FactKind.WISH_CHANGED, FactKind.PROVISIONAL_DATE_HELD}),
    }
)
NODES: Final = one_per_corner(explored())


def said(order: FiberOrder, happened: Happened) -> FiberOrder | Code:
    """Return the order after a fact that is said not before its last one, or the code of the refusal."""
    fact, at = happened
    try:
        return apply(order, fact, max(at, order.last_at)).after
    except Refused as refusal:
        return refusal.code


def accepted(node: Node) -> list[tuple[Fact, Happened, FiberOrder]]:
    """Return what the order of the node accepts, with the order after it."""
    return [(fact, (fact, at), after) for fact, at, after in moves(node.order) if not isinstance(after, Code)]


def test_every_kind_of_fact_is_tried() -> None:
    order = NODES[0].order

    tried = samples(order, order.last_at)

    assert {kind for kind, said in tried.items() if said} == set(FactKind)
    assert all({fact.kind for fact in said} == {kind} for kind, said in tried.items())


def test_every_state_and_every_pattern_is_reached_and_every_row_of_the_table_is_used() -> None:
    found = explored()

    assert {node.order.state for node in found.nodes.values()} == set(State)
    assert {met for node in found.nodes.values() for met in patterns.shown(node.order.met)} == set(Pattern)
    assert set(found.accepted) == set(TABLE)
    assert {kind for _, kind in found.accepted} == set(FactKind) - {FactKind.ORDER_OPENED}


def test_every_pair_of_state_and_fact_is_accepted_or_refused_with_a_code() -> None:
    found = explored()

    assert set(found.accepted) | set(found.refused) == set(product(State, FactKind))


def test_only_the_final_states_are_dead_ends() -> None:
    found = explored()
    to_lit, to_called_off = found.reaching(State.ACTIVE), found.reaching(State.CANCELLED)

    for here, node in found.nodes.items():
        if not node.order.ended:
            assert here in to_lit, node.way
            assert here in to_called_off, node.way


@pytest.mark.parametrize("pattern", Pattern)
def test_every_pattern_can_be_met_and_survived(pattern: Pattern) -> None:
    lit = [node for node in explored().nodes.values() if node.order.state is State.ACTIVE]

    assert any(pattern in patterns.shown(node.order.met) for node in lit)


def test_a_history_makes_its_order_again() -> None:
    for node in explored().nodes.values():
        assert folded(node) == node.order


def test_a_fact_that_comes_twice_is_refused_or_changes_nothing() -> None:
    for node in NODES:
        for fact, happened, after in accepted(node):
            again = said(after, happened)
            assert isinstance(again, Code) or alike(after, again), (node.order.state, fact)


def test_facts_in_another_order_end_alike_or_are_refused_visibly() -> None:
    for node in NODES:
        heard = [one for one in accepted(node) if one[0].kind not in FOLLOWS]
        for (one, first, after_one), (other, second, after_other) in permutations(heard, 2):
            if one.kind is other.kind or frozenset({one.kind, other.kind}) in ORDER_MATTERS:
                continue
            there, back = said(after_one, second), said(after_other, first)
            if isinstance(there, FiberOrder) and isinstance(back, FiberOrder):
                assert there.state is back.state, (node.order.state, one, other)


def test_the_dominant_pattern_is_one_that_was_met_whatever_was_met() -> None:
    shortest = load_rules().shortest_days
    delays = [pattern for pattern in Pattern if pattern is not Pattern.IMMEDIATE]

    for length in range(4):
        for met in permutations(delays, length):
            dominant = patterns.dominant(met, shortest)
            assert dominant in patterns.shown(met)
            assert shortest[dominant] == max(shortest[each] for each in patterns.shown(met))


def test_orders_that_the_walk_takes_for_one_come_to_the_same_places() -> None:
    # Else the walk would leave ways out: of orders with one key it walks on with the first alone.
    seen: set[tuple[object, FactKind]] = set()
    for node in NODES:
        for fact, (_, at), after in accepted(node):
            first = explored().nodes[key(after)].order
            if (key(after), fact.kind) not in seen and after != first:
                seen.add((key(after), fact.kind))
                assert _away(after) == _away(first), (node.way, fact, at)

    assert len(seen) > 100


def _away(order: FiberOrder) -> set[object]:
    """Return where facts lead; that an inquiry is asked once a day only makes no other place."""
    return {
        key(after)
        for fact, _, after in moves(order)
        if isinstance(after, FiberOrder) and fact.kind is not FactKind.PLANT_INQUIRY_SENT
    }
