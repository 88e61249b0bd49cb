"""When the date that we stand by changes, and when it stands although the prediction wobbles."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from services.provisioning.domain import facts
from services.provisioning.domain import site_facts as site
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.lifecycle import Move, apply, fold, open_order
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.promises import Expected, NewPromise, PromiseCause, new_promise
from tests.unit.provisioning.samples import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    CONSULTED,
    CREATED,
    HELD,
    OPENED,
    SCHEDULED,
    WITH_SERVICE_ORDER,
    april,
    on,
)

EXPECTED = Expected(on(12), on(18))


def moved(*history: tuple[Fact, datetime]) -> Move:
    """Return the last move of a history."""
    *before, (fact, at) = history
    return apply(fold(before), fact, at)


def promised(before: date | None, move: Move, expected: Expected | None = EXPECTED) -> NewPromise | None:
    return new_promise(before, move, expected, better_days=7)


def test_nothing_is_promised_before_the_consult_and_nine_of_ten_after_it() -> None:
    assert promised(None, open_order(*OPENED)) is None
    assert promised(None, moved(OPENED, CONSULTED)) == NewPromise(on(18), None, PromiseCause.CONSULTED)


def test_a_fixed_date_is_the_promise_and_lit_leaves_it() -> None:
    fixed = moved(*WITH_SERVICE_ORDER, SCHEDULED)
    assert promised(on(18), fixed) == NewPromise(on(15), on(18), PromiseCause.DATE_FIXED)
    assert promised(on(15), fixed) is None
    assert promised(on(15), moved(*WITH_SERVICE_ORDER, SCHEDULED, COMPLETED), None) is None


@pytest.mark.parametrize(
    ("lost", "cause"),
    [
        ((facts.ConstructionPostponed(on(15), "works"), april(8)), PromiseCause.DATE_LOST),
        ((site.WorksRequired("general_works", on(8), None), april(8)), PromiseCause.DATE_LOST),
        ((site.ConstructionCalledOff(on(15), "weather"), april(15)), PromiseCause.DATE_LOST),
        ((site.WishChanged(on(25), "customer"), april(8)), PromiseCause.WISH_CHANGED),
    ],
)
def test_a_date_that_was_told_and_lost_changes_the_promise_at_once(
    lost: tuple[Fact, datetime], cause: PromiseCause
) -> None:
    move = moved(*WITH_SERVICE_ORDER, SCHEDULED, lost)

    assert promised(on(15), move, Expected(on(25), on(30))) == NewPromise(on(30), on(15), cause)


def test_a_held_date_that_nobody_took_is_no_promise_that_could_be_lost() -> None:
    move = moved(*WITH_SERVICE_ORDER, HELD, (site.EquipmentReturned(on(15), "works"), april(7)))
    assert promised(on(18), move, Expected(on(12), on(18))) is None

    taken = moved(*WITH_SERVICE_ORDER, HELD, CONFIRMED, (site.EquipmentReturned(on(15), "works"), april(8)))
    assert promised(on(18), taken, Expected(on(25), on(30))) == NewPromise(
        on(30), on(18), PromiseCause.DATE_LOST
    )


def test_another_pattern_changes_the_promise_only_for_the_worse() -> None:
    move = moved(*WITH_SERVICE_ORDER, (site.NearDateDenied(None), april(4)))

    assert promised(on(18), move, Expected(on(17), on(28))) == NewPromise(
        on(28), on(18), PromiseCause.PATTERN_CHANGED
    )
    assert promised(on(18), move, Expected(on(12), on(16))) is None


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (Expected(on(12), on(18)), None),
        (Expected(on(18), on(26)), None),  # late is as likely as not: not yet news
        (Expected(on(19), on(26)), on(26)),
        (Expected(on(9), on(12)), None),  # six days better: a wobble
        (Expected(on(9), on(11)), on(11)),
    ],
)
def test_a_wobble_changes_no_promise_but_leaving_the_range_does(
    expected: Expected, said: date | None
) -> None:
    change = promised(on(18), moved(OPENED, CONSULTED, CREATED), expected)

    assert (change and change.promised_on) == said
    assert change is None or change.cause is PromiseCause.RANGE_LEFT


def test_a_cancellation_ends_what_was_promised_and_only_that() -> None:
    assert promised(on(15), moved(*WITH_SERVICE_ORDER, SCHEDULED, CANCELLED), None) == NewPromise(
        None, on(15), PromiseCause.ENDED
    )
    assert promised(None, moved(OPENED, CANCELLED), None) is None


def test_the_promise_after_any_fact_is_that_of_a_second_look() -> None:
    order: FiberOrder = fold((OPENED, CONSULTED))
    move = apply(order, CREATED[0], CREATED[1])
    first = promised(None, move)
    assert first

    assert promised(first.promised_on, move) is None
