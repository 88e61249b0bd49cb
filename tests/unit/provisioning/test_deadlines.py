"""Deadlines: when they run, to which instant, and what their passing means."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given

from services.provisioning.books import load_rules
from services.provisioning.domain import facts, site_facts
from services.provisioning.domain.arithmetic import Arithmetic, Unit
from services.provisioning.domain.deadlines import due, running
from services.provisioning.domain.facts import AnswerDeadlineMissed, ConsultOverdue, CustomerAnswered
from services.provisioning.domain.lifecycle import apply, fold
from services.provisioning.domain.order import State
from services.provisioning.domain.rules import CountRule, DeadlineKind
from tests.unit.provisioning.samples import HELD, OPENED, ORDERS, PATHS, april, on
from tests.unit.provisioning.test_any_sequence_of_facts import SCRIPTS, Step, Walk

RULES = load_rules()
INSTANT = timedelta(microseconds=1)


# What runs in the samples: the wish is the 20th, the consult was on the 2nd.
RUNNING = {
    State.AWAITING_CONSULT: [("consult_due", on(3)), ("wished_day", on(14))],
    State.AWAITING_SERVICE_ORDER: [("usual_time", on(9)), ("wished_day", on(20))],
    State.AWAITING_ADDRESS_REGISTRATION: [
        ("registration_usual", on(8)),
        ("usual_time", on(15)),
        ("wished_day", on(20)),
    ],
    State.AWAITING_CONSTRUCTION_DATE: [("usual_time", on(9)), ("wished_day", on(20))],
    State.AWAITING_PLANT_ANSWER: [("plant_answer", on(10)), ("usual_time", on(16)), ("wished_day", on(20))],
    State.AWAITING_SURVEY: [("survey_reminder", on(9)), ("usual_time", on(9)), ("wished_day", on(20))],
    State.AWAITING_WORKS: [
        ("wished_day", on(20)),
        ("works_wait", on(24)),  # the carrier said so
        ("usual_time", date(2026, 5, 2)),
    ],
    State.DATE_HELD: [("answer_by", on(8)), ("wished_day", on(20))],
    State.DATE_CONFIRMED: [("wished_day", on(20))],
    State.AWAITING_CUSTOMER: [("usual_time", on(16)), ("wished_day", on(20))],
    State.AWAITING_SALES: [("usual_time", on(16)), ("wished_day", on(20))],
    State.CONSTRUCTION_SCHEDULED: [("survey_reminder", on(10)), ("construction_reminder", on(14))],
    State.ACTIVE: [],
    State.CANCELLED: [],
}


@pytest.mark.parametrize("state", State)
def test_in_every_state_run_the_deadlines_of_what_is_waited_for(state: State) -> None:
    found = running(ORDERS[state], RULES)

    assert [(each.kind.value, each.due_on) for each in found] == RUNNING[state]
    assert [each.due_at for each in found] == sorted(each.due_at for each in found)


def test_every_kind_of_deadline_is_seen_running() -> None:
    seen = {kind for deadlines in RUNNING.values() for kind, _ in deadlines}

    # The other two: a permit, and the next call after one that reached nobody, below.
    assert seen | {"permit_wait", "next_try"} == {kind.value for kind in DeadlineKind}


def test_a_call_that_reached_nobody_sets_the_next_one_a_deadline() -> None:
    tried = fold([OPENED, (facts.ConsultUnanswered(on(3), on(6), april(7, 0)), april(3))])
    by_kind = {each.kind: each for each in running(tried, RULES)}

    assert by_kind[DeadlineKind.NEXT_TRY].due_at == april(7, 0)
    assert by_kind[DeadlineKind.NEXT_TRY].arithmetic.in_english() == (
        "Mon 6 Apr 2026: 1 business day (company calendar) after the call that reached nobody on Fri 3 Apr 2026; "
        "not counted: Sat 4 Apr 2026 weekend, Sun 5 Apr 2026 weekend"
    )
    assert DeadlineKind.CONSULT_DUE in by_kind
    assert RULES.next_call_due_on(april(3)) == on(6)


def test_a_permit_has_its_own_waiting_time_and_the_carriers_word_goes_before_it() -> None:
    permit = (site_facts.WorksRequired("road_use_permit", on(7), None), april(7))
    told = (site_facts.WorksRequired("owner_permit", on(7), on(30)), april(7))

    for fact, due_on, words in (
        (permit, on(16), "7 business days"),
        (told, on(30), "expected by the carrier"),
    ):
        found = running(fold([*PATHS[State.AWAITING_CONSTRUCTION_DATE], fact]), RULES)
        (wait,) = [each for each in found if each.kind is DeadlineKind.PERMIT_WAIT]
        assert wait.due_on == due_on
        assert words in wait.arithmetic.in_english()


@pytest.mark.parametrize(
    ("construction_on", "fixed_at", "at"),
    [
        (on(15), april(7), april(14, 9)),
        (on(13), april(7), april(10, 9)),  # a Monday: on the Friday before
        (date(2026, 5, 7), april(7), april(30, 9) + timedelta(days=1)),  # before Golden Week: Friday, 1 May
        (on(15), april(14, 8), april(14, 9)),
        (on(15), april(14, 9), None),  # who hears of it on the last day needs no reminder
    ],
)
def test_a_construction_is_called_to_mind_on_the_last_business_day_before(
    construction_on: date, fixed_at: datetime, at: datetime | None
) -> None:
    fixed = (facts.ConstructionScheduled(construction_on, None), fixed_at)
    order = fold([*PATHS[State.AWAITING_CONSTRUCTION_DATE], fixed])

    found = [each for each in running(order, RULES) if each.kind is DeadlineKind.CONSTRUCTION_REMINDER]

    assert [each.due_at for each in found] == ([at] if at else [])
    for each in found:
        assert isinstance(each.missed, facts.ReminderDue)
        assert each.missed.reminds_of_on == construction_on
        assert running(apply(order, each.missed, each.due_at).after, RULES) == ()


def test_a_survey_that_took_place_is_not_called_to_mind_and_a_lost_date_neither() -> None:
    order = ORDERS[State.CONSTRUCTION_SCHEDULED]
    done = apply(order, site_facts.SurveyDone("building", on(13), outside_needed=False), april(13)).after
    lost = apply(order, facts.ConstructionPostponed(on(15), "works"), april(8)).after

    assert [each.kind for each in running(done, RULES)] == [DeadlineKind.CONSTRUCTION_REMINDER]
    assert {each.kind for each in running(lost, RULES)} == {DeadlineKind.USUAL_TIME, DeadlineKind.WISHED_DAY}


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
    assert due(order, order.answer_due_at - INSTANT, RULES) is None

    deadline = due(order, order.answer_due_at + late, RULES)

    assert deadline
    assert (deadline.kind, deadline.due_on, deadline.due_at) == (DeadlineKind.ANSWER_BY, on(8), april(9, 0))
    assert deadline.missed == AnswerDeadlineMissed(on(15), on(8))
    after = running(apply(order, deadline.missed, deadline.due_at).after, RULES)
    assert DeadlineKind.ANSWER_BY not in {each.kind for each in after}


def test_a_consult_is_overdue_once() -> None:
    deadline = due(ORDERS[State.AWAITING_CONSULT], april(4, 0), RULES)
    assert deadline
    assert deadline.missed == ConsultOverdue(on(3))
    assert deadline.arithmetic.in_english() == (
        "Fri 3 Apr 2026: 2 business days (company calendar) after the arrival on Wed 1 Apr 2026"
    )

    overdue = apply(ORDERS[State.AWAITING_CONSULT], deadline.missed, deadline.due_at).after
    assert DeadlineKind.CONSULT_DUE not in {each.kind for each in running(overdue, RULES)}


def test_a_deadline_has_one_cause_however_often_it_is_asked_and_each_answer_its_own() -> None:
    first = running(ORDERS[State.DATE_HELD], RULES)[0]
    again = fold([*PATHS[State.AWAITING_CUSTOMER], (CustomerAnswered(on(7)), april(7)), HELD])
    second = running(again, RULES)[0]

    assert running(ORDERS[State.DATE_HELD], RULES)[0].cause_id == first.cause_id
    assert second.due_at == first.due_at
    assert second.cause_id != first.cause_id


def test_an_address_registration_is_usually_back_after_six_days() -> None:
    assert RULES.registration_usual_by(april(3)) == on(9)
    in_business_days = CountRule(date(2000, 1, 1), 6, "company")
    counts = {**RULES.counts, DeadlineKind.REGISTRATION_USUAL: (in_business_days,)}
    assert replace(RULES, counts=counts).registration_usual_by(april(3)) == on(13)


def test_a_day_in_the_opening_that_todays_rules_do_not_give_stands_as_it_was_set() -> None:
    opened = replace(OPENED[0], consult_due_on=on(2), consult_due_at=april(3, 0))

    deadline = running(fold([(opened, OPENED[1])]), RULES)[0]

    assert (deadline.due_on, deadline.due_at) == (on(2), april(3, 0))
    assert deadline.arithmetic.in_english() == "Thu 2 Apr 2026: set when the order was opened"


@given(SCRIPTS)
def test_no_deadline_lies_before_what_set_it_running_and_its_day_is_one_of_its_calendar(
    script: list[Step],
) -> None:
    walk, known = Walk(), set[UUID]()
    for step in script:
        walk.step(step)
        found = running(walk.order, RULES)
        for each in found:
            way = each.arithmetic
            if each.id not in known and each.kind is not DeadlineKind.ANSWER_BY:
                named = each.kind is DeadlineKind.CONSULT_DUE or each.kind is DeadlineKind.NEXT_TRY
                assert named or each.due_at > walk.order.last_at
            if way.unit is Unit.BUSINESS:
                assert RULES.calendars[way.calendar].days.is_business_day(way.result_on)
            assert way == Arithmetic.from_json(json.loads(json.dumps(way.as_json())))
        known = {each.id for each in found}


def test_a_day_beyond_the_horizon_is_not_believed() -> None:
    assert RULES.believable(date(2029, 4, 1), april(1))
    assert not RULES.believable(date.max, april(1))
    assert RULES.believable(date.min, april(1))
