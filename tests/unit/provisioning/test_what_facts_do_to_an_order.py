"""Each fact: what it changes, which days it may name, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from services.provisioning.domain import facts
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.lifecycle import apply, fold
from services.provisioning.domain.order import Jeopardy, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code, Refused
from tests.unit.provisioning.samples import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    CONSULTED,
    CREATED,
    HELD,
    MISSED,
    OPENED,
    ORDERS,
    REGISTRATION,
    SCHEDULED,
    WITH_SERVICE_ORDER,
    april,
    on,
)

OVERDUE = (facts.ConsultOverdue(on(3)), april(4, 0))
POSTPONED = (facts.ConstructionPostponed(on(15), "equipment_return"), april(13))
S = State


def refused(state: State, fact: Fact, at: datetime) -> Code:
    """Return the code with which an order in the state refuses the fact."""
    with pytest.raises(Refused) as refusal:
        apply(ORDERS[state], fact, at)
    return refusal.value.code


def test_the_opening_asks_for_the_consult() -> None:
    order = fold([OPENED])

    assert order.consult_due_on == on(3)
    assert (order.opened_at, order.since, order.sequence) == (april(1), april(1), 1)


@pytest.mark.parametrize("fact", [CONSULTED, (facts.ConsultDone(on(1)), april(1, 13))])
def test_the_day_of_the_consult_is_day_n(fact: tuple[facts.ConsultDone, datetime]) -> None:
    move = apply(ORDERS[S.AWAITING_CONSULT], *fact)

    assert move.after.consulted_on == fact[0].consulted_on
    assert move.asks_service_order
    assert move.after.attempt == 1


@pytest.mark.parametrize("day", [on(3), date(2026, 3, 31)])
def test_a_consult_lies_neither_ahead_nor_before_the_order(day: date) -> None:
    assert refused(S.AWAITING_CONSULT, facts.ConsultDone(day), april(2)) is Code.WRONG_DATE


def test_a_late_consult_is_late_until_it_is_done() -> None:
    late = fold([OPENED, OVERDUE])
    assert late.overdue == {Jeopardy.CONSULT_OVERDUE}
    assert late.state is S.AWAITING_CONSULT

    done = apply(late, facts.ConsultDone(on(6)), april(6))

    assert done.after.overdue == frozenset()
    assert done.no_longer_late == {Jeopardy.CONSULT_OVERDUE}


def test_a_consult_is_overdue_once_and_on_its_own_day() -> None:
    with pytest.raises(Refused) as again:
        apply(fold([OPENED, OVERDUE]), *OVERDUE)

    assert again.value.code is Code.ALREADY_DONE
    assert refused(S.AWAITING_CONSULT, facts.ConsultOverdue(on(2)), april(3)) is Code.WRONG_DATE


def test_a_cancelled_order_is_not_late_any_more_and_says_so() -> None:
    move = apply(fold([OPENED, OVERDUE]), *CANCELLED)

    assert move.after.overdue == frozenset()
    assert move.no_longer_late == {Jeopardy.CONSULT_OVERDUE}


def test_an_address_registration_is_pattern_2_and_asks_again_when_done() -> None:
    asked = apply(ORDERS[S.AWAITING_SERVICE_ORDER], *REGISTRATION)
    assert asked.after.pattern is Pattern.ADDRESS_REGISTRATION
    assert not asked.asks_service_order

    done = apply(asked.after, facts.AddressRegistrationCompleted(on(8)), april(8))

    assert done.asks_service_order
    assert done.after.attempt == 2
    assert done.after.registered_on == on(8)
    with pytest.raises(Refused) as again:
        apply(done.after, facts.AddressRegistrationRequested(on(14)), april(9))
    assert again.value.code is Code.ALREADY_DONE


@pytest.mark.parametrize("day", [1, 9])
def test_a_registration_lies_neither_ahead_nor_before_the_consult(day: int) -> None:
    fact = facts.AddressRegistrationCompleted(on(day))

    assert refused(S.AWAITING_ADDRESS_REGISTRATION, fact, april(8)) is Code.WRONG_DATE


@pytest.mark.parametrize(
    ("construction", "answer_by", "code"),
    [(5, 5, Code.DATE_IN_PAST), (15, 5, Code.DATE_IN_PAST), (15, 16, Code.WRONG_DATE)],
)
def test_a_held_date_and_its_deadline_lie_ahead_in_this_order(
    construction: int, answer_by: int, code: Code
) -> None:
    fact = facts.ProvisionalDateHeld(on(construction), on(answer_by), april(answer_by + 1, 0))

    assert refused(S.AWAITING_CONSTRUCTION_DATE, fact, april(6)) is code


def test_only_the_held_date_can_be_confirmed() -> None:
    assert refused(S.DATE_HELD, facts.DateConfirmed(on(16)), april(7)) is Code.WRONG_DATE


def test_a_missed_answer_loses_the_date_and_is_pattern_7() -> None:
    order = ORDERS[S.AWAITING_CUSTOMER]

    assert (order.held_on, order.answer_by, order.answer_due_at) == (None, None, None)
    assert order.pattern is Pattern.CUSTOMER_DELAY
    assert refused(S.DATE_HELD, facts.AnswerDeadlineMissed(on(16), on(8)), april(9, 0)) is Code.WRONG_DATE


def test_a_late_answer_asks_the_carrier_for_a_new_date() -> None:
    move = apply(ORDERS[S.AWAITING_CUSTOMER], facts.CustomerAnswered(on(10)), april(10))

    assert move.asks_service_order
    assert move.after.attempt == 2
    assert refused(S.AWAITING_CUSTOMER, facts.CustomerAnswered(on(11)), april(10)) is Code.WRONG_DATE


def test_a_construction_date_lies_ahead_and_after_its_survey() -> None:
    past = facts.ConstructionScheduled(on(5), None)
    today = facts.ConstructionScheduled(on(6), None)
    survey_after = facts.ConstructionScheduled(on(15), on(16))

    assert refused(S.AWAITING_CONSTRUCTION_DATE, past, april(6)) is Code.DATE_IN_PAST
    assert refused(S.AWAITING_CONSTRUCTION_DATE, survey_after, april(6)) is Code.WRONG_DATE
    assert apply(ORDERS[S.AWAITING_CONSTRUCTION_DATE], today, april(6, 23)).after.construction_on == on(6)


def test_the_date_that_the_customer_took_is_the_one_that_is_fixed() -> None:
    other = facts.ConstructionScheduled(on(16), None)

    assert refused(S.DATE_CONFIRMED, other, april(8)) is Code.WRONG_DATE
    assert refused(S.DATE_CONFIRMED, other, april(15, 23)) is Code.WRONG_DATE


def test_a_date_that_was_taken_and_has_passed_unfixed_can_be_replaced() -> None:
    move = apply(ORDERS[S.DATE_CONFIRMED], facts.ConstructionScheduled(on(20), None), april(16))

    assert move.after.construction_on == on(20)
    assert move.after.held_on is None


def test_a_fixed_date_is_withdrawn_visibly_before_another_is_given() -> None:
    other = facts.ConstructionScheduled(on(20), None)
    assert refused(S.CONSTRUCTION_SCHEDULED, other, april(8)) is Code.WRONG_STATE
    assert (
        refused(S.CONSTRUCTION_SCHEDULED, facts.ConstructionPostponed(on(16), "works"), april(8))
        is Code.WRONG_DATE
    )

    postponed = apply(ORDERS[S.CONSTRUCTION_SCHEDULED], *POSTPONED).after

    assert (postponed.construction_on, postponed.survey_on, postponed.replaced_on) == (None, None, on(15))
    assert postponed.pattern is Pattern.EQUIPMENT_RETURN
    again = apply(postponed, other, april(14)).after
    assert (again.construction_on, again.replaced_on) == (on(20), None)


def test_a_withdrawn_date_stays_known_until_a_new_one_is_fixed() -> None:
    held = (facts.ProvisionalDateHeld(on(25), on(20), april(21, 0)), april(14))
    missed = (facts.AnswerDeadlineMissed(on(25), on(20)), april(21, 0))

    order = fold([*WITH_SERVICE_ORDER, SCHEDULED, POSTPONED, held, missed])

    assert order.replaced_on == on(15)
    assert order.met == (Pattern.EQUIPMENT_RETURN, Pattern.CUSTOMER_DELAY)


def test_a_line_is_lit_on_the_fixed_day_not_before() -> None:
    early = facts.ConstructionCompleted(on(15))

    assert refused(S.CONSTRUCTION_SCHEDULED, early, april(14, 23)) is Code.WRONG_DATE
    assert (
        refused(S.CONSTRUCTION_SCHEDULED, facts.ConstructionCompleted(on(16)), april(17)) is Code.WRONG_DATE
    )
    assert apply(ORDERS[S.CONSTRUCTION_SCHEDULED], early, april(17)).after.activated_on == on(15)


@pytest.mark.parametrize(("at", "code"), [(april(15, 0), Code.TOO_LATE), (april(16), Code.TOO_LATE)])
def test_on_the_day_of_the_construction_it_is_too_late_to_cancel(at: datetime, code: Code) -> None:
    assert refused(S.CONSTRUCTION_SCHEDULED, CANCELLED[0], at) is code
    assert apply(ORDERS[S.CONSTRUCTION_SCHEDULED], CANCELLED[0], april(14, 23)).after.state is S.CANCELLED


def test_an_edit_counts_until_the_line_is_lit() -> None:
    edit = (facts.OrderAmended(2, ("plan", "wished_on"), "ip16", "detached", on(25)), april(4))

    changed = fold([*WITH_SERVICE_ORDER, edit])
    assert (changed.plan, changed.wished_on, changed.content_version) == ("ip16", on(25), 2)
    assert fold([*WITH_SERVICE_ORDER, SCHEDULED, COMPLETED, edit]) == replace(
        ORDERS[S.ACTIVE], sequence=ORDERS[S.ACTIVE].sequence + 1
    )
    assert fold([*WITH_SERVICE_ORDER, edit, edit]) == replace(changed, sequence=changed.sequence + 1)


def test_a_second_hold_of_the_same_day_with_another_deadline_is_no_repeat() -> None:
    other = facts.ProvisionalDateHeld(on(15), on(10), april(11, 0))

    assert refused(S.DATE_HELD, other, april(7)) is Code.WRONG_STATE
    assert refused(S.DATE_HELD, HELD[0], april(7)) is Code.ALREADY_DONE
    assert refused(S.DATE_CONFIRMED, CONFIRMED[0], april(7)) is Code.ALREADY_DONE


def test_a_history_begins_with_its_opening() -> None:
    for broken in ([], [CONSULTED, OPENED], [MISSED], [CREATED]):
        with pytest.raises(ValueError, match="begins"):
            fold(broken)
