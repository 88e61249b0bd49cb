"""Equipment that returns, days called off, sales who must act, new wishes: each leads to who must act next."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.provisioning.domain import facts, patterns
from services.provisioning.domain import site_facts as site
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.lifecycle import apply, fold
from services.provisioning.domain.order import FiberOrder, Party, State
from services.provisioning.domain.refusals import Code, Refused
from tests.unit.provisioning.samples import (
    CONFIRMED,
    HELD,
    ORDERS,
    PLANT_ASKED,
    SCHEDULED,
    WITH_SERVICE_ORDER,
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
