"""Surveys, works, permits, plant inquiries, days called off, wishes: what each does to an order and its pattern."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from services.provisioning.domain import facts
from services.provisioning.domain import site_facts as site
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.lifecycle import apply, fold
from services.provisioning.domain.order import FiberOrder, Obstacle, Party, State, SurveyKind
from services.provisioning.domain.refusals import Code, Refused
from tests.unit.provisioning.samples import (
    CONFIRMED,
    HELD,
    OPENED,
    ORDERS,
    PLANT_ASKED,
    SCHEDULED,
    SURVEY_FIXED,
    WITH_SERVICE_ORDER,
    WORKS,
    april,
    on,
)

Happened = tuple[Fact, datetime]
SURVEYED: Happened = (site.SurveyDone("building", on(10), outside_needed=True), april(10))


def after(*more: Happened) -> FiberOrder:
    """Return an order whose service order exists, after more has happened."""
    return fold((*WITH_SERVICE_ORDER, *more))


def refused(order: FiberOrder, fact: Fact, at: datetime) -> Code:
    """Return the code with which the order refuses the fact."""
    with pytest.raises(Refused) as refusal:
        apply(order, fact, at)
    return refusal.value.code


def test_a_call_that_reaches_nobody_counts_once_a_day_and_is_tried_again() -> None:
    first = fold((OPENED, (facts.ConsultUnanswered(on(2), on(3), april(4, 0)), april(2))))
    again = facts.ConsultUnanswered(on(3), on(6), april(7, 0))
    second = apply(first, again, april(3)).after

    assert (first.state, first.consult_tries, first.consult_next_on) == (State.AWAITING_CONSULT, 1, on(3))
    assert (second.consult_tries, second.consult_next_on, second.consult_next_at) == (2, on(6), april(7, 0))
    assert refused(second, again, april(3)) is Code.ALREADY_DONE
    assert refused(second, facts.ConsultUnanswered(on(2), on(3), april(4, 0)), april(3)) is Code.WRONG_DATE
    assert refused(second, facts.ConsultUnanswered(on(4), on(6), april(7, 0)), april(3)) is Code.WRONG_DATE
    reached = apply(second, facts.ConsultDone(on(6)), april(6)).after
    assert (reached.consult_tries, reached.consult_next_on, reached.consult_next_at) == (2, None, None)


def test_a_day_for_the_consult_is_agreed_and_lost_again_when_nobody_answers() -> None:
    agreed = fold((OPENED, (facts.ConsultScheduled(on(3)), april(2))))
    missed = apply(agreed, facts.ConsultUnanswered(on(3), on(6), april(7, 0)), april(3)).after

    assert agreed.consult_scheduled_on == on(3)
    assert missed.consult_scheduled_on is None
    assert refused(agreed, facts.ConsultScheduled(on(3)), april(2)) is Code.ALREADY_DONE
    assert refused(agreed, facts.ConsultScheduled(on(1)), april(2)) is Code.DATE_IN_PAST


@pytest.mark.parametrize(
    ("answer", "permit", "state", "obstacles"),
    [
        ("construction_possible", None, State.AWAITING_CONSTRUCTION_DATE, set[Obstacle]()),
        ("survey_required", None, State.AWAITING_SURVEY, set[Obstacle]()),
        ("general_works", None, State.AWAITING_WORKS, {Obstacle.GENERAL_WORKS}),
        ("permits", None, State.AWAITING_WORKS, {Obstacle.ROAD_USE_PERMIT}),
        ("permits", "owner_permit", State.AWAITING_WORKS, {Obstacle.OWNER_PERMIT}),
    ],
)
def test_each_answer_of_the_plant_side_leads_somewhere(
    answer: str, permit: str | None, state: State, obstacles: set[Obstacle]
) -> None:
    order = after(PLANT_ASKED, (site.PlantInquiryAnswered(answer, permit, on(9)), april(9)))

    assert (order.state, order.obstacles, order.met) == (state, obstacles, (6,))
    assert order.plant_answered_on == on(9)


def test_the_plant_side_does_not_answer_before_it_is_asked_and_may_be_asked_again() -> None:
    asked = after(PLANT_ASKED)
    assert (
        refused(asked, site.PlantInquiryAnswered("general_works", None, on(3)), april(9)) is Code.WRONG_DATE
    )
    assert (
        refused(asked, site.PlantInquiryAnswered("general_works", None, on(10)), april(9)) is Code.WRONG_DATE
    )

    answered = apply(asked, site.PlantInquiryAnswered("construction_possible", None, on(9)), april(9)).after
    assert refused(answered, PLANT_ASKED[0], april(9)) is Code.ALREADY_DONE
    assert (
        apply(answered, site.PlantInquirySent(on(10)), april(10)).after.state is State.AWAITING_PLANT_ANSWER
    )


def test_pattern_3_is_a_building_survey_then_an_outside_survey_that_finds_works() -> None:
    outside = after(SURVEY_FIXED, SURVEYED)
    assert (outside.state, outside.survey_kind, outside.survey_on) == (
        State.AWAITING_SURVEY,
        SurveyKind.OUTSIDE,
        None,
    )
    assert refused(outside, site.SurveyScheduled("building", on(14)), april(11)) is Code.WRONG_STATE

    day = apply(outside, site.SurveyScheduled("outside", on(14)), april(11)).after
    found = apply(day, site.WorksRequired("general_works", on(14), on(30)), april(14)).after
    assert (found.state, found.pattern, found.surveyed_on) == (State.AWAITING_WORKS, 3, on(10))

    cleared = apply(found, site.WorksCompleted("general_works", on(29)), april(29)).after
    assert (cleared.state, cleared.works_expected_by) == (State.AWAITING_CONSTRUCTION_DATE, None)


def test_a_survey_is_done_on_its_day_and_only_once() -> None:
    fixed = after(SURVEY_FIXED)
    assert refused(fixed, site.SurveyScheduled("building", on(10)), april(6)) is Code.ALREADY_DONE
    assert (
        refused(fixed, site.SurveyDone("building", on(9), outside_needed=False), april(10)) is Code.WRONG_DATE
    )
    assert (
        refused(fixed, site.SurveyDone("building", on(10), outside_needed=False), april(9)) is Code.WRONG_DATE
    )
    assert (
        refused(fixed, site.SurveyDone("outside", on(10), outside_needed=False), april(10))
        is Code.WRONG_STATE
    )

    done = apply(fixed, site.SurveyDone("building", on(10), outside_needed=False), april(10)).after
    assert (done.state, done.surveyed_on, done.survey_on) == (State.AWAITING_CONSTRUCTION_DATE, on(10), None)
    assert refused(after(SURVEY_FIXED, SURVEYED), SURVEYED[0], april(10)) is Code.ALREADY_DONE


def test_the_day_of_a_survey_is_withdrawn_before_another_is_fixed() -> None:
    fixed = after(SURVEY_FIXED)
    assert refused(fixed, site.SurveyDelayed(on(9), "weather"), april(9)) is Code.WRONG_DATE

    delayed = apply(fixed, site.SurveyDelayed(on(10), "weather"), april(9)).after
    again = apply(delayed, site.SurveyScheduled("building", on(17)), april(9)).after
    assert (delayed.state, delayed.survey_on, again.survey_on) == (State.AWAITING_SURVEY, None, on(17))


def test_a_survey_that_was_fixed_with_the_construction_leaves_its_date() -> None:
    done = after(SCHEDULED, (site.SurveyDone("building", on(13), outside_needed=False), april(13)))

    assert (done.state, done.surveyed_on, done.construction_on) == (
        State.CONSTRUCTION_SCHEDULED,
        on(13),
        on(15),
    )
    assert (
        refused(done, site.SurveyDone("building", on(13), outside_needed=False), april(13))
        is Code.ALREADY_DONE
    )


@pytest.mark.parametrize(
    ("before", "pattern", "told"),
    [
        ((), 4, None),
        (((site.NearDateDenied(None), april(4)),), 4, None),
        ((SURVEY_FIXED,), 3, None),
        ((PLANT_ASKED, (site.PlantInquiryAnswered("construction_possible", None, on(5)), april(5))), 6, None),
        ((HELD,), 5, None),
        ((HELD, CONFIRMED), 5, on(15)),
        ((SCHEDULED,), 5, on(15)),
    ],
)
def test_works_belong_to_the_pattern_that_explains_them(
    before: tuple[Happened, ...], pattern: int, told: date | None
) -> None:
    order = after(*before, (site.WorksRequired("road_use_permit", on(8), None), april(8)))

    assert (order.state, order.pattern, order.replaced_on) == (State.AWAITING_WORKS, pattern, told)
    assert (order.held_on, order.answer_by, order.construction_on) == (None, None, None)


def test_all_works_and_permits_must_be_done_before_a_date_is_sought() -> None:
    both = after(WORKS, (site.WorksRequired("owner_permit", on(7), on(28)), april(7)))
    assert (both.obstacles, both.ball, both.works_expected_by) == (
        {Obstacle.GENERAL_WORKS, Obstacle.OWNER_PERMIT},
        Party.CARRIER,
        on(28),
    )
    assert refused(both, WORKS[0], april(8)) is Code.ALREADY_DONE
    assert refused(both, site.WorksCompleted("road_use_permit", on(8)), april(8)) is Code.WRONG_STATE

    one = apply(both, site.WorksCompleted("general_works", on(8)), april(8)).after
    assert (one.state, one.ball) == (
        State.AWAITING_WORKS,
        Party.SALES,
    )  # the owner's permit is for sales to get
    assert refused(one, site.WorksCompleted("general_works", on(8)), april(8)) is Code.ALREADY_DONE
    none = apply(one, site.WorksCompleted("owner_permit", on(9)), april(9)).after
    assert none.state is State.AWAITING_CONSTRUCTION_DATE
    assert refused(none, site.WorksCompleted("owner_permit", on(9)), april(9)) is Code.ALREADY_DONE


def test_works_are_not_found_ahead_nor_expected_before_they_were_found() -> None:
    order = ORDERS[State.AWAITING_CONSTRUCTION_DATE]

    assert refused(order, site.WorksRequired("general_works", on(9), None), april(8)) is Code.WRONG_DATE
    assert refused(order, site.WorksRequired("general_works", on(8), on(7)), april(8)) is Code.WRONG_DATE


def test_no_near_date_is_pattern_4_once() -> None:
    order = after((site.NearDateDenied(on(28)), april(8)))

    assert (order.state, order.pattern, order.earliest_offered_on) == (
        State.AWAITING_CONSTRUCTION_DATE,
        4,
        on(28),
    )
    assert refused(order, site.NearDateDenied(on(28)), april(9)) is Code.ALREADY_DONE
    later = apply(order, site.NearDateDenied(on(30)), april(9)).after
    assert (later.earliest_offered_on, later.met) == (on(30), (4,))
