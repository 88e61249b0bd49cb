"""An order as it was, as it was known, and what changed: facts that came late make the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from services.provisioning.domain import facts
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.lifecycle import fold
from services.provisioning.domain.order import Jeopardy, Party, State
from services.provisioning.domain.travel import WrongWay, as_of, diff, retrace
from tests.unit.provisioning.samples import (
    CONSULTED,
    CREATED,
    HELD,
    MISSED,
    OPENED,
    PATHS,
    SCHEDULED,
    Happened,
    april,
    on,
)


@dataclass(frozen=True)
class Row:
    sequence: int
    fact: Fact
    occurred_at: datetime
    recorded_at: datetime


def rows(*path: Happened) -> list[Row]:
    """Return a history in which everything was written when it happened."""
    return [Row(place, fact, at, at) for place, (fact, at) in enumerate(path, start=1)]


# The desk called on the 3rd and said so on the 5th, after the last day had passed.
LATE_CALL = [
    Row(1, OPENED[0], april(1), april(1)),
    Row(2, facts.ConsultOverdue(on(3)), april(4, 0), april(4, 0)),
    Row(3, facts.ConsultDone(on(3)), april(3, 18), april(5)),
]


@pytest.mark.parametrize("state", State)
def test_after_its_last_fact_an_order_is_the_fold_of_its_history(state: State) -> None:
    history = rows(*PATHS[state])

    assert as_of(history, history[-1].occurred_at).order == fold(PATHS[state])
    assert retrace(history)[-1].after == fold(PATHS[state])


def test_before_its_opening_there_is_no_order() -> None:
    assert as_of(LATE_CALL, april(1) - timedelta(seconds=1)).order is None


def test_the_instant_itself_is_included() -> None:
    history = rows(OPENED, CONSULTED, CREATED)
    at = CREATED[1]

    then, before = as_of(history, at).order, as_of(history, at - timedelta(microseconds=1)).order

    assert then is not None
    assert before is not None
    assert (before.state, then.state) == (State.AWAITING_SERVICE_ORDER, State.AWAITING_CONSTRUCTION_DATE)


def test_a_fact_that_arrived_late_was_true_before_it_was_known() -> None:
    evening_of_the_3rd = april(3, 20)

    was = as_of(LATE_CALL, evening_of_the_3rd).order
    was_known = as_of(LATE_CALL, evening_of_the_3rd, known_at=april(4)).order

    assert was is not None
    assert was_known is not None
    assert (was.state, was.consulted_on, was.overdue) == (State.AWAITING_SERVICE_ORDER, on(3), frozenset())
    assert (was_known.state, was_known.consulted_on) == (State.AWAITING_CONSULT, None)


def test_what_was_known_at_an_instant_includes_what_was_written_at_it() -> None:
    known = as_of(LATE_CALL, april(30), known_at=april(4, 0)).order

    assert known is not None
    assert known.overdue == {Jeopardy.CONSULT_OVERDUE}
    assert [step.sequence for step in as_of(LATE_CALL, april(30), known_at=april(5)).steps] == [1, 2, 3]


def test_facts_are_folded_by_sequence_not_by_time() -> None:
    order = as_of(LATE_CALL, april(30)).order

    assert order is not None
    assert order == fold((row.fact, row.occurred_at) for row in LATE_CALL)
    assert order.since == april(3, 18)


def test_a_fact_without_its_ground_is_left_out_and_named() -> None:
    # The yes to a held date is dated before the date was held: by the 5th it has nothing to stand on.
    history = [
        *rows(OPENED, CONSULTED, CREATED, HELD),
        Row(5, facts.DateConfirmed(on(15)), april(5), april(7)),
    ]

    early = as_of(history, april(5))
    later = as_of(history, april(6))

    assert early.unfounded == (5,)
    assert early.order is not None
    assert early.order.state is State.AWAITING_CONSTRUCTION_DATE
    assert later.unfounded == ()
    assert later.order is not None
    assert later.order.state is State.DATE_CONFIRMED


def test_a_difference_names_every_field_and_the_facts_that_changed_it() -> None:
    history = rows(OPENED, CONSULTED, CREATED, HELD, MISSED, (facts.CustomerAnswered(on(10)), april(10)))

    change = diff(history, april(3), april(9, 0))
    by_name = {each.name: each for each in change.changes}

    assert [step.sequence for step in change.facts] == [4, 5]
    assert set(by_name) == {"state", "since", "met", "ball", "pattern"}
    assert (by_name["state"].before, by_name["state"].after) == (
        State.AWAITING_CONSTRUCTION_DATE,
        State.AWAITING_CUSTOMER,
    )
    assert by_name["state"].facts == (4, 5)
    assert by_name["met"].facts == (5,)
    assert (by_name["ball"].before, by_name["ball"].after) == (Party.CARRIER, Party.CUSTOMER)
    assert by_name["ball"].facts == (4,)


def test_a_difference_can_be_asked_as_it_was_known() -> None:
    whole = diff(LATE_CALL, april(2), april(4))
    known = diff(LATE_CALL, april(2), april(4), known_at=april(4))

    assert [step.sequence for step in whole.facts] == [2, 3]
    assert [step.sequence for step in known.facts] == [2]
    assert [each.name for each in known.changes] == ["overdue"]


def test_nothing_changes_between_an_instant_and_itself_and_from_nothing_to_something_everything() -> None:
    history = rows(OPENED, CONSULTED, CREATED, SCHEDULED)

    assert diff(history, april(5), april(5)).changes == ()
    opened = {each.name: each for each in diff(history, april(1, 0), april(1)).changes}
    assert (opened["state"].before, opened["state"].after) == (None, State.AWAITING_CONSULT)
    assert opened["state"].facts == (1,)


def test_a_difference_backwards_is_refused() -> None:
    with pytest.raises(WrongWay):
        diff(LATE_CALL, april(5), april(4))


def test_a_history_that_no_machine_made_is_no_way_of_an_order() -> None:
    for history in ([], rows(CONSULTED), rows(OPENED, SCHEDULED)):
        with pytest.raises(ValueError, match="begins with the opening"):
            retrace(history)
