"""Jeopardies: known on day 1 means raised on day 1, each with level, who must act and by when, and none stays."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given

from contracts import works
from services.provisioning.books import load_rules
from services.provisioning.domain import facts, jeopardy, site_facts
from services.provisioning.domain.arithmetic import Arithmetic
from services.provisioning.domain.deadlines import due
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.jeopardy import changes, open_now
from services.provisioning.domain.lifecycle import TABLE, apply, fold, open_order
from services.provisioning.domain.order import FiberOrder, Jeopardy, State
from services.provisioning.domain.outlook import earliest, last_consult_for
from services.provisioning.domain.refusals import Refused
from services.provisioning.domain.rules import Level
from services.provisioning.domain.watches import POSSIBLE, WATCHES
from tests.unit.provisioning.samples import (
    CONSULTED,
    CREATED,
    HELD,
    MISSED,
    OPENED,
    ORDERS,
    PATHS,
    REGISTRATION,
    SCHEDULED,
    WITH_SERVICE_ORDER,
    Happened,
    april,
    on,
)
from tests.unit.provisioning.test_any_sequence_of_facts import SCRIPTS, Step, fact_of

RULES = load_rules()
S, J = State, Jeopardy
# Facts that only rules and the clock bring about, and the one that ends a walk too early.
OURS = {
    FactKind.REMINDER_DUE,
    FactKind.JEOPARDY_RAISED,
    FactKind.JEOPARDY_CLEARED,
    FactKind.CONSULT_OVERDUE,
    FactKind.ANSWER_DEADLINE_MISSED,
    FactKind.ORDER_CANCELLED,
}


def wishing(day: date | None, *later: Happened, at: datetime | None = None) -> FiberOrder:
    """Return an order with that wish, after some facts."""
    opened = replace(OPENED[0], wished_on=day)
    return fold([(opened, at or OPENED[1]), *later])


def causes(order: FiberOrder) -> set[Jeopardy]:
    """Return what endangers the order now."""
    return set(open_now(order, RULES))


def test_every_state_has_its_row_and_every_cause_its_state() -> None:
    assert set(WATCHES) == set(State)
    assert frozenset(Jeopardy) == frozenset[Jeopardy]().union(*POSSIBLE.values())
    assert {state for state in State if not POSSIBLE[state]} == {S.ACTIVE, S.CANCELLED}


def test_the_words_are_those_of_the_contract() -> None:
    assert {cause.value for cause in Jeopardy} | {"unknown"} == set(get_args(works.JeopardyCause))
    assert {level.value for level in Level} | {"unknown"} == set(get_args(works.JeopardyLevel))


@pytest.mark.parametrize("state", State)
def test_an_order_on_its_usual_way_is_in_no_danger(state: State) -> None:
    expected: set[Jeopardy] = set()
    if state in {S.AWAITING_CUSTOMER, S.AWAITING_SALES}:
        expected = {J.ANSWER_OVERDUE}  # they are waited for because something was missed
    if state is S.AWAITING_WORKS:
        expected = {J.WISH_IMPOSSIBLE}  # 30 days or more, and the wish is the 20th
    assert causes(ORDERS[state]) == expected


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (None, set[Jeopardy]()),
        (on(7), set[Jeopardy]()),  # the shortest time, if the consult is today
        (on(6), {J.WISH_IMPOSSIBLE}),
        (on(1), {J.WISH_IMPOSSIBLE}),
        (date(2026, 3, 31), {J.WISH_MISSED}),
        (date.max, set[Jeopardy]()),  # nobody believes that one
        (date.min, {J.WISH_MISSED}),
    ],
)
def test_a_wish_below_the_shortest_time_is_known_on_the_first_day(
    wish: date | None, expected: set[Jeopardy]
) -> None:
    order = wishing(wish)

    assert causes(order) == expected
    assert {fact.cause for fact in changes(None, order, RULES) if isinstance(fact, facts.JeopardyRaised)} == {
        cause.value for cause in expected
    }


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ((CONSULTED,), set[Jeopardy]()),
        ((CONSULTED, REGISTRATION), {J.WISH_IMPOSSIBLE}),  # 10 days at least: the 12th
        ((CONSULTED, CREATED, (site_facts.NearDateDenied(None), april(3))), {J.WISH_IMPOSSIBLE}),
        ((CONSULTED, CREATED, HELD), {J.WISH_IMPOSSIBLE}),  # the 15th is held
        ((CONSULTED, CREATED, SCHEDULED), {J.WISH_MISSED}),  # the 15th is fixed
        ((CONSULTED, CREATED, (facts.ConstructionScheduled(on(11), None), april(6))), set[Jeopardy]()),
    ],
)
def test_a_pattern_or_a_date_that_makes_the_wish_impossible_is_a_danger_at_once(
    later: Sequence[Happened], expected: set[Jeopardy]
) -> None:
    assert causes(wishing(on(11), *later)) == expected


def test_a_date_beyond_the_usual_time_is_watched_unless_the_customer_wants_it() -> None:
    late = (facts.ConstructionScheduled(on(20), None), april(6))

    assert causes(wishing(None, CONSULTED, CREATED, late)) == {J.LATE_DATE}
    assert causes(wishing(on(20), CONSULTED, CREATED, late)) == set()
    assert (
        causes(wishing(None, CONSULTED, CREATED, (facts.ConstructionScheduled(on(9), None), april(6))))
        == set()
    )


def test_pattern_3_counts_from_the_survey() -> None:
    surveyed = [
        *WITH_SERVICE_ORDER,
        (site_facts.SurveyScheduled("building", on(10)), april(6)),
        (site_facts.SurveyDone("building", on(10), outside_needed=True), april(10)),
        (site_facts.SurveyScheduled("outside", on(13)), april(10)),
        (site_facts.SurveyDone("outside", on(13), outside_needed=False), april(13)),
        (site_facts.WorksRequired("general_works", on(13), None), april(13)),
    ]

    way = earliest(fold(surveyed), RULES)

    assert way.in_english() == "Sun 3 May 2026: 20 calendar days after the survey on Mon 13 Apr 2026"


def test_after_the_usual_time_there_is_no_date_and_a_longer_pattern_gives_more() -> None:
    waiting = fold(WITH_SERVICE_ORDER)
    passed = due(waiting, april(9), RULES)
    assert passed is None
    passed = due(waiting, april(10, 0), RULES)
    assert passed
    assert isinstance(passed.missed, facts.JeopardyRaised)
    assert (passed.missed.cause, passed.missed.acts, passed.missed.level) == ("no_date", "carrier", "at_risk")
    assert (passed.missed.due_on, passed.missed.act_by) == (on(9), on(13))  # the 10th is a Friday

    late = apply(waiting, passed.missed, passed.due_at).after
    assert causes(late) == late.overdue == {J.NO_DATE}
    denied = apply(late, site_facts.NearDateDenied(None), april(11)).after
    told = list(changes(late, denied, RULES))
    assert [type(fact).__name__ for fact in told] == ["JeopardyCleared", "JeopardyRaised"]
    assert [fact.cause for fact in told if isinstance(fact, facts.JeopardyCleared)] == ["no_date"]


def test_an_answer_that_was_missed_is_the_customers_and_names_the_missed_day() -> None:
    danger = open_now(fold([*WITH_SERVICE_ORDER, HELD, MISSED]), RULES)[J.ANSWER_OVERDUE]

    assert (danger.due_on, danger.acts) == (on(8), "customer")
    assert jeopardy.raised(danger, RULES, at=april(9, 0)).level == "breached"


@pytest.mark.parametrize("hours", [18, 24, 30])
def test_whenever_the_day_ends_a_consult_on_the_last_day_saves_the_wish_and_one_after_does_not(
    hours: int,
) -> None:
    rules = replace(RULES, day_ends_after_hours=hours)
    order = wishing(on(20))
    way = last_consult_for(on(20), order, rules)
    assert (way.from_on, way.result_on) == (on(14), on(20))

    before = replace(order, last_at=rules.end_of(on(14)) - timedelta(microseconds=1))
    after = replace(order, last_at=rules.end_of(on(14)))

    assert J.WISH_IMPOSSIBLE not in open_now(before, rules)
    assert J.WISH_IMPOSSIBLE in open_now(after, rules)


def test_a_wish_is_impossible_before_it_is_missed() -> None:
    order = wishing(on(11), CONSULTED, REGISTRATION)
    (raised,) = changes(None, order, RULES)
    order = apply(order, raised, april(3)).after
    passed = due(order, april(12, 0), RULES)
    while passed and passed.due_at < april(12, 0):
        order = apply(order, passed.missed, passed.due_at).after
        passed = due(order, april(12, 0), RULES)

    assert passed
    missed = apply(order, passed.missed, passed.due_at).after

    assert J.WISH_MISSED in missed.overdue
    assert facts.JeopardyCleared("wish_impossible") in list(changes(order, missed, RULES))


@pytest.mark.parametrize("end", ["cancelled", "active"])
def test_the_end_leaves_no_danger_and_clears_every_one(end: str) -> None:
    order = fold(PATHS[S.CONSTRUCTION_SCHEDULED])
    order = replace(order, overdue=frozenset({J.WISH_MISSED, J.LATE_DATE}))
    last = (
        (facts.OrderCancelled("customer", "customer_wish"), april(10))
        if end == "cancelled"
        else (facts.ConstructionCompleted(on(15)), april(15, 18))
    )

    move = apply(order, *last)

    assert move.after.overdue == frozenset()
    assert move.no_longer_late == {J.WISH_MISSED, J.LATE_DATE}


@dataclass
class Played:
    """An order as the service plays it: deadlines first, then the fact, then what it clears and raises."""

    order: FiberOrder = field(default_factory=lambda: open_order(*OPENED).after)
    history: list[Happened] = field(default_factory=lambda: [OPENED])
    now: datetime = OPENED[1]

    def step(self, step: Step) -> None:
        """Let the hours pass, then something be said that the state may accept."""
        _, day, other, hours = step
        self.now += timedelta(hours=hours)
        while passed := due(self.order, self.now, RULES):
            self.happen(passed.missed, passed.due_at)
        kinds = [kind for state, kind in sorted(TABLE) if state is self.order.state and kind not in OURS]
        fact = fact_of(kinds[(day.day + hours) % len(kinds)], day, other, self.order, self.now)
        with suppress(Refused):
            self.happen(fact, self.now)

    def happen(self, fact: Fact, at: datetime) -> None:
        """Let a fact happen, and what it clears and raises."""
        before, self.order = self.order, apply(self.order, fact, at).after
        self.history.append((fact, at))
        for follow in list(changes(before, self.order, RULES)):
            self.order = apply(self.order, follow, self.order.last_at).after
            self.history.append((follow, self.order.last_at))
        assert self.order.overdue == causes(self.order)


@given(SCRIPTS)
def test_what_is_raised_and_cleared_keeps_the_row_right_whatever_happens(script: list[Step]) -> None:
    played = Played()

    for step in script:
        played.step(step)

    assert fold(played.history) == played.order
    raised = [fact for fact, _ in played.history if isinstance(fact, facts.JeopardyRaised)]
    assert all(Arithmetic.from_json(fact.arithmetic).in_japanese() for fact in raised)
    assert all(fact.act_by > OPENED[0].applied_on for fact in raised)


def test_the_earliest_day_is_never_over_and_waits_for_the_day_agreed_for_the_consult() -> None:
    agreed = fold([OPENED, (facts.ConsultScheduled(on(9)), april(2))])
    stuck = replace(fold(WITH_SERVICE_ORDER), last_at=april(25))

    assert earliest(agreed, RULES).result_on == on(15)
    assert earliest(stuck, RULES).result_on == on(25)


def test_an_inquiry_said_to_be_older_than_the_consult_counts_from_the_consult() -> None:
    asked = fold([*WITH_SERVICE_ORDER, (site_facts.PlantInquirySent(date.min), april(3))])

    assert J.PLANT_ANSWER_OVERDUE not in causes(asked)
