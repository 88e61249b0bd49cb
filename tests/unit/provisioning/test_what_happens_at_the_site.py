"""Surveys, works, permits, plant inquiries, days called off, wishes: what each does to an order and its pattern."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from services.provisioning.domain import facts, patterns
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


def test_equipment_may_return_before_a_date_is_fixed_and_takes_a_held_one_along() -> None:
    none = after((site.EquipmentReturned(None, "works"), april(8)))
    held = after(HELD, (site.EquipmentReturned(on(15), "works"), april(7)))
    confirmed = after(HELD, CONFIRMED, (site.EquipmentReturned(on(15), "works"), april(8)))

    assert {order.state for order in (none, held, confirmed)} == {State.AWAITING_CONSTRUCTION_DATE}
    assert {order.met for order in (none, held, confirmed)} == {(5,)}
    assert (none.replaced_on, held.replaced_on, confirmed.replaced_on) == (None, None, on(15))
    assert refused(none, site.EquipmentReturned(None, "works"), april(9)) is Code.ALREADY_DONE
    assert refused(after(HELD), site.EquipmentReturned(on(16), "works"), april(7)) is Code.WRONG_DATE


@pytest.mark.parametrize(
    ("cause", "state", "met"),
    [
        ("customer_absent", State.AWAITING_CUSTOMER, (7,)),
        ("customer_not_ready", State.AWAITING_CUSTOMER, (7,)),
        ("permission_missing", State.AWAITING_SALES, (7,)),
        ("building_closed", State.AWAITING_SALES, (7,)),
        ("equipment_missing", State.AWAITING_CONSTRUCTION_DATE, (5,)),
        ("carrier_staff", State.AWAITING_CONSTRUCTION_DATE, (5,)),
        ("works_found", State.AWAITING_WORKS, (5,)),
        ("weather", State.AWAITING_CONSTRUCTION_DATE, ()),
    ],
)
def test_a_construction_that_is_called_off_on_the_day_leads_to_who_must_act(
    cause: str, state: State, met: patterns.Met
) -> None:
    order = after(SCHEDULED, (site.ConstructionCalledOff(on(15), cause), april(15, 15)))

    assert (order.state, order.met) == (state, met)
    assert (order.construction_on, order.replaced_on, order.called_off_on) == (None, on(15), on(15))


def test_only_the_construction_of_the_day_is_called_off() -> None:
    fixed = after(SCHEDULED)

    assert refused(fixed, site.ConstructionCalledOff(on(15), "weather"), april(14)) is Code.WRONG_DATE
    assert refused(fixed, site.ConstructionCalledOff(on(14), "weather"), april(15)) is Code.WRONG_DATE


def test_what_sales_settles_asks_the_carrier_again() -> None:
    waiting = ORDERS[State.AWAITING_SALES]
    assert waiting.ball is Party.SALES
    assert refused(waiting, site.SalesAnswered(on(17)), april(16)) is Code.WRONG_DATE

    move = apply(waiting, site.SalesAnswered(on(16)), april(16))
    assert move.asks_service_order
    assert move.after.state is State.AWAITING_CONSTRUCTION_DATE


def test_a_new_wish_gives_up_the_date_that_stands_and_only_that() -> None:
    early = apply(ORDERS[State.AWAITING_CONSULT], site.WishChanged(on(25), "sales"), april(2))
    assert (early.after.state, early.after.wished_on, early.after.met) == (State.AWAITING_CONSULT, on(25), ())
    assert not early.asks_service_order

    for stands in (after(HELD), after(HELD, CONFIRMED), after(SCHEDULED)):
        move = apply(stands, site.WishChanged(on(25), "customer"), april(8))
        assert (move.after.state, move.after.met) == (State.AWAITING_CONSTRUCTION_DATE, (7,))
        assert (move.after.held_on, move.after.construction_on) == (None, None)
        assert move.asks_service_order


def test_a_wish_for_the_day_that_stands_gives_up_nothing() -> None:
    move = apply(after(SCHEDULED), site.WishChanged(on(15), "customer"), april(8))

    assert (move.after.state, move.after.wished_on, move.after.met) == (
        State.CONSTRUCTION_SCHEDULED,
        on(15),
        (),
    )


def test_a_wish_is_refused_when_it_is_old_news_or_comes_too_late() -> None:
    fixed = after(SCHEDULED)

    assert (
        refused(ORDERS[State.AWAITING_CONSULT], site.WishChanged(on(20), "sales"), april(2))
        is Code.ALREADY_DONE
    )
    assert refused(fixed, site.WishChanged(on(7), "customer"), april(8)) is Code.DATE_IN_PAST
    assert refused(fixed, site.WishChanged(on(25), "customer"), april(15)) is Code.TOO_LATE


def test_an_order_meets_several_patterns_one_after_the_other() -> None:
    order = after(
        PLANT_ASKED,
        (site.PlantInquiryAnswered("survey_required", None, on(5)), april(5)),
        (site.SurveyScheduled("building", on(8)), april(6)),
        (site.WorksRequired("owner_permit", on(8), None), april(8)),
        (site.WorksCompleted("owner_permit", on(12)), april(12)),
        (facts.ConstructionScheduled(on(20), None), april(13)),
        (site.ConstructionCalledOff(on(20), "customer_absent"), april(20)),
        (facts.CustomerAnswered(on(21)), april(21)),
        (facts.ConstructionScheduled(on(28), None), april(22)),
        (facts.ConstructionCompleted(on(28)), april(28)),
    )

    assert order.state is State.ACTIVE
    assert order.met == (6, 3, 7)
    assert order.activated_on == on(28)
