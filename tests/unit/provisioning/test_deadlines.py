"""Deadlines: when they run, to which instant, and what their passing means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.provisioning.books import load_rules
from services.provisioning.domain.deadlines import DeadlineKind, due, running
from services.provisioning.domain.facts import AnswerDeadlineMissed, ConsultOverdue, CustomerAnswered
from services.provisioning.domain.lifecycle import apply, fold
from services.provisioning.domain.order import State
from tests.unit.provisioning.samples import HELD, ORDERS, PATHS, april, on

RULES = load_rules()
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("state", State)
def test_a_deadline_runs_only_while_somebody_is_waited_for(state: State) -> None:
    wanted = {State.AWAITING_CONSULT: "consult_due", State.DATE_HELD: "answer_by"}

    assert [each.kind.value for each in running(ORDERS[state])] == (
        [wanted[state]] if state in wanted else []
    )


@pytest.mark.parametrize(
    ("arrived_at", "due_on"),
    [
        (april(1, 9), on(3)),
        (april(1, 23), on(3)),
        (april(3, 12), on(7)),  # Friday: Monday, Tuesday
        (april(4, 12), on(7)),  # Saturday
        (april(28, 12), date(2026, 5, 1)),  # the 29th is Showa Day
        (april(30, 12), date(2026, 5, 7)),  # Golden Week with a substitute holiday on the 6th
        (
            datetime(2026, 12, 28, 3, tzinfo=UTC),
            date(2027, 1, 5),
        ),  # the desk is closed 29 December to 3 January
    ],
)
def test_the_consult_is_due_on_the_second_business_day(arrived_at: datetime, due_on: date) -> None:
    assert RULES.consult_due_on(arrived_at) == due_on


def test_the_last_day_counts_whole_in_tokyo() -> None:
    assert RULES.end_of(on(8)) == datetime(2026, 4, 8, 15, tzinfo=UTC)
    assert replace(RULES, day_ends_after_hours=18).end_of(on(8)) == datetime(2026, 4, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=30)])
def test_a_deadline_passes_at_its_instant_and_late_is_the_same(late: timedelta) -> None:
    order = ORDERS[State.DATE_HELD]
    assert order.answer_due_at
    assert due(order, order.answer_due_at - INSTANT) is None

    deadline = due(order, order.answer_due_at + late)

    assert deadline
    assert (deadline.kind, deadline.due_on, deadline.due_at) == (DeadlineKind.ANSWER_BY, on(8), april(9, 0))
    assert deadline.missed == AnswerDeadlineMissed(on(15), on(8))
    assert running(apply(order, deadline.missed, deadline.due_at).after) == ()


def test_a_consult_is_overdue_once() -> None:
    deadline = due(ORDERS[State.AWAITING_CONSULT], april(4, 0))
    assert deadline
    assert deadline.missed == ConsultOverdue(on(3))

    assert (
        due(apply(ORDERS[State.AWAITING_CONSULT], deadline.missed, deadline.due_at).after, april(30)) is None
    )


def test_a_deadline_has_one_cause_however_often_it_is_asked_and_each_answer_its_own() -> None:
    (first,) = running(ORDERS[State.DATE_HELD])
    again = fold([*PATHS[State.AWAITING_CUSTOMER], (CustomerAnswered(on(7)), april(7)), HELD])
    (second,) = running(again)

    assert running(ORDERS[State.DATE_HELD])[0].cause_id == first.cause_id
    assert second.due_at == first.due_at
    assert second.cause_id != first.cause_id


def test_an_address_registration_is_usually_back_after_six_days() -> None:
    assert RULES.registration_usual_by(april(3)) == on(9)
    assert replace(RULES, registration_in_business_days=True).registration_usual_by(april(3)) == on(13)


def test_a_day_beyond_the_horizon_is_not_believed() -> None:
    assert RULES.believable(date(2029, 4, 1), april(1))
    assert not RULES.believable(date.max, april(1))
    assert RULES.believable(date.min, april(1))
