"""The whole machine, walked through from the opening: no dead end, nothing out of reach, every no has its code.

The walk says everything that tests/support/machine/samples.py knows to say, wherever it comes. It goes by places:
orders that no fact tells apart (`place_of`). Whether they are indeed so is a test, too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Final, get_args

import pytest

from contracts.works import RefusalCode
from services.provisioning.books import load_rules
from services.provisioning.domain.facts import FACTS, FactKind
from services.provisioning.domain.lifecycle import TABLE, fold
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.domain.patterns import Pattern, dominant, in_force
from services.provisioning.domain.refusals import Code
from tests.support.machine.samples import OPENED, SAMPLES
from tests.support.machine.walk import (
    Node,
    both_ways,
    explore,
    met_tuples,
    outcomes,
    pattern_steps,
    place_of,
    said,
)

FINAL: Final = {State.ACTIVE, State.CANCELLED}
# What the machine cannot meet yet; empty when all seven are built.
NOT_YET: Final = {Pattern.WORKS_FOUND_AFTER_SURVEY, Pattern.NO_NEAR_DATE, Pattern.NOT_IMMEDIATE}
# Kinds that may arrive in either order, are accepted in both, and end in different states: none.
ORDER_DECIDES: Final[set[frozenset[FactKind]]] = set()
# Kinds of which a second one, word for word, is another event and not a repeat: none.
COUNTED: Final[set[FactKind]] = set()
EXPLORED: Final = explore()
NODES: Final = list(EXPLORED.nodes.values())


def live() -> list[Node]:
    return [node for node in NODES if not node.order.ended]


def names(nodes: list[Node]) -> list[str]:
    """Return how the places are reached, for the message of a red test."""
    return [" > ".join(fact.kind for fact, _ in node.history()) for node in nodes[:5]]


def test_every_kind_of_fact_has_its_samples() -> None:
    assert set(SAMPLES) == set(FactKind) == set(FACTS)
    fact, at = OPENED
    order = fold([(fact, at)])

    for kind, samples in SAMPLES.items():
        happened = list(samples(order, at))
        assert happened, kind
        assert {fact.kind for fact, _ in happened} == {kind}
        assert all(said_at >= at for _, said_at in happened), kind


def test_every_state_is_reached() -> None:
    assert {node.order.state for node in NODES} == set(State)


def test_every_row_of_the_table_is_taken_and_every_kind_accepted_somewhere() -> None:
    taken = {(edge.before.order.state, edge.fact.kind) for edge in EXPLORED.edges}

    assert taken == set(TABLE)
    assert {kind for _, kind in taken} == set(FactKind) - {FactKind.ORDER_OPENED}


def test_every_other_pair_of_state_and_fact_was_refused() -> None:
    refused = set(EXPLORED.refused)

    assert set(product(State, FactKind)) - set(TABLE) <= refused
    assert set(product(State, FactKind)) == refused | set(TABLE)


@pytest.mark.parametrize("end", sorted(FINAL))
def test_there_is_no_dead_end_but_the_final_states(end: State) -> None:
    ends = [node.place for node in NODES if node.order.state is end]

    leading = EXPLORED.leaders_into(ends)

    assert not names([node for node in live() if node.place not in leading])


def test_only_final_states_are_without_a_way_on() -> None:
    left = {edge.before.order.state for edge in EXPLORED.edges if edge.to[0] is not edge.before.order.state}

    assert {node.order.state for node in NODES if node.order.ended} == FINAL
    assert set(State) - left <= FINAL


def test_what_is_lit_stays_lit() -> None:
    assert {edge.after.state for edge in EXPLORED.edges if edge.before.order.state is State.ACTIVE} == {
        State.ACTIVE
    }


def test_every_pattern_is_met_but_those_that_are_not_built_yet() -> None:
    met = {pattern for node in NODES for pattern in (node.order.pattern, *node.order.met)}

    assert met == set(Pattern) - NOT_YET


def test_the_dominant_pattern_is_well_defined_for_whatever_is_met() -> None:
    days = load_rules().shortest_days
    tuples = met_tuples(pattern_steps(EXPLORED.edges), longest=5)

    for met in tuples:
        one = dominant(met, days)
        assert one in (met or (Pattern.IMMEDIATE,))
        assert all(days[one] >= days[other] for other in met)
        later = met[len(met) - met[::-1].index(one) :] if met else ()
        assert all(days[other] < days[one] for other in later)
        assert in_force(met) is (met[-1] if met else Pattern.IMMEDIATE)
    assert len(tuples) == len(set(tuples)) > 10
    assert {node.order.met for node in NODES if len(node.order.met) <= 5} <= set(tuples)


def test_every_refusal_has_a_code_that_partners_know() -> None:
    codes = {code for found in EXPLORED.refused.values() for code in found}

    assert all(isinstance(code, Code) for code in codes)
    assert {code.value for code in codes} <= set(get_args(RefusalCode))
    assert codes >= set(Code) - {Code.UNKNOWN_ORDER}  # which is said without an order


def test_a_fact_that_arrives_twice_is_refused_or_changes_nothing() -> None:
    for edge in EXPLORED.edges:
        again = said(edge.after, (edge.fact, edge.at))

        if isinstance(again, FiberOrder) and edge.fact.kind not in COUNTED:
            assert replace(again, sequence=edge.after.sequence) == edge.after, edge.fact


def test_a_fact_that_arrives_again_late_never_brings_back_a_state_that_was_left() -> None:
    for edge in EXPLORED.edges:
        if edge.after.state is edge.before.order.state:
            continue
        again = said(edge.after, (edge.fact, edge.at))

        assert isinstance(again, Code) or again.state is edge.after.state


def test_facts_out_of_order_end_alike_or_are_refused_visibly() -> None:
    pairs = both_ways(EXPLORED)
    differ = {
        frozenset({pair.one.fact.kind, pair.other.fact.kind})
        for pair in pairs
        if isinstance(pair.there, FiberOrder)
        and isinstance(pair.back, FiberOrder)
        and pair.there.state is not pair.back.state
    }

    assert differ == ORDER_DECIDES
    assert len(pairs) > 50
    assert any(isinstance(pair.there, Code) != isinstance(pair.back, Code) for pair in pairs)
    assert any(isinstance(pair.there, FiberOrder) and isinstance(pair.back, FiberOrder) for pair in pairs)


def test_a_history_makes_the_order_again_wherever_the_walk_came() -> None:
    for node in NODES:
        history = node.history()

        assert fold(history) == node.order, names([node])
        assert node.order.sequence == len(history)


def test_places_hold_orders_that_no_fact_tells_apart() -> None:
    # Without this the walk would leave things out: an order that comes second to a place is not walked on.
    late = [edge for edge in EXPLORED.edges if EXPLORED.nodes[edge.to].order != edge.after]

    for edge in late[:: max(1, len(late) // 300)]:
        first = EXPLORED.nodes[edge.to]
        assert _leads(edge.after, edge.at) == _leads(first.order, first.now), names([first, edge.before])


def _leads(order: FiberOrder, now: datetime) -> set[tuple[FactKind, object]]:
    return {
        (fact.kind, place_of(after, at))
        for fact, at, after in outcomes(order, now)
        if isinstance(after, FiberOrder)
    }
