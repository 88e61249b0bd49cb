"""The whole matrix of states and facts: what is accepted leads on as it should, all else is refused with a code."""

from __future__ import annotations

from itertools import product
from typing import Final, get_args

import pytest

from contracts.works import RefusalCode
from services.provisioning.domain.fact_details import FACTS
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import TABLE, apply
from services.provisioning.domain.order import BALL, State
from services.provisioning.domain.refusals import Code, Refused
from tests.unit.provisioning.samples import FRESH, ORDERS, PATHS

S, F = State, FactKind
UNDER_WAY: Final = set(State) - {S.ACTIVE, S.CANCELLED}
# Written by hand from the flow of fiber-orders.md, not from the machine's own table.
LEADS_TO: Final[dict[tuple[State, FactKind], State]] = {
    (S.AWAITING_CONSULT, F.CONSULT_SCHEDULED): S.AWAITING_CONSULT,
    (S.AWAITING_CONSULT, F.CONSULT_UNANSWERED): S.AWAITING_CONSULT,
    (S.AWAITING_CONSTRUCTION_DATE, F.PLANT_INQUIRY_SENT): S.AWAITING_PLANT_ANSWER,
    (S.AWAITING_PLANT_ANSWER, F.PLANT_INQUIRY_ANSWERED): S.AWAITING_SURVEY,
    (S.AWAITING_CONSTRUCTION_DATE, F.NEAR_DATE_DENIED): S.AWAITING_CONSTRUCTION_DATE,
    (S.AWAITING_CONSTRUCTION_DATE, F.SURVEY_SCHEDULED): S.AWAITING_SURVEY,
    (S.AWAITING_SURVEY, F.SURVEY_DELAYED): S.AWAITING_SURVEY,
    (S.AWAITING_SURVEY, F.SURVEY_DONE): S.AWAITING_SURVEY,
    **{
        (state, F.WORKS_REQUIRED): S.AWAITING_WORKS
        for state in (
            S.AWAITING_CONSTRUCTION_DATE,
            S.AWAITING_SURVEY,
            S.AWAITING_WORKS,
            S.DATE_HELD,
            S.DATE_CONFIRMED,
            S.CONSTRUCTION_SCHEDULED,
        )
    },
    (S.AWAITING_WORKS, F.WORKS_COMPLETED): S.AWAITING_CONSTRUCTION_DATE,
    (S.DATE_HELD, F.EQUIPMENT_RETURNED): S.AWAITING_CONSTRUCTION_DATE,
    (S.DATE_CONFIRMED, F.EQUIPMENT_RETURNED): S.AWAITING_CONSTRUCTION_DATE,
    (S.AWAITING_SALES, F.SALES_ANSWERED): S.AWAITING_CONSTRUCTION_DATE,
    (S.CONSTRUCTION_SCHEDULED, F.CONSTRUCTION_CALLED_OFF): S.AWAITING_CONSTRUCTION_DATE,
    **{
        (state, F.WISH_CHANGED): S.AWAITING_CONSTRUCTION_DATE
        if state in {S.DATE_HELD, S.DATE_CONFIRMED, S.CONSTRUCTION_SCHEDULED}
        else state
        for state in UNDER_WAY
    },
    (S.AWAITING_CONSULT, F.CONSULT_DONE): S.AWAITING_SERVICE_ORDER,
    (S.AWAITING_CONSULT, F.CONSULT_OVERDUE): S.AWAITING_CONSULT,
    (S.AWAITING_SERVICE_ORDER, F.ADDRESS_REGISTRATION_REQUESTED): S.AWAITING_ADDRESS_REGISTRATION,
    (S.AWAITING_SERVICE_ORDER, F.SERVICE_ORDER_CREATED): S.AWAITING_CONSTRUCTION_DATE,
    (S.AWAITING_ADDRESS_REGISTRATION, F.ADDRESS_REGISTRATION_COMPLETED): S.AWAITING_SERVICE_ORDER,
    (S.AWAITING_CONSTRUCTION_DATE, F.PROVISIONAL_DATE_HELD): S.DATE_HELD,
    (S.AWAITING_CONSTRUCTION_DATE, F.CONSTRUCTION_SCHEDULED): S.CONSTRUCTION_SCHEDULED,
    (S.DATE_HELD, F.DATE_CONFIRMED): S.DATE_CONFIRMED,
    (S.DATE_HELD, F.ANSWER_DEADLINE_MISSED): S.AWAITING_CUSTOMER,
    (S.DATE_CONFIRMED, F.CONSTRUCTION_SCHEDULED): S.CONSTRUCTION_SCHEDULED,
    (S.AWAITING_CUSTOMER, F.CUSTOMER_ANSWERED): S.AWAITING_CONSTRUCTION_DATE,
    (S.CONSTRUCTION_SCHEDULED, F.CONSTRUCTION_POSTPONED): S.AWAITING_CONSTRUCTION_DATE,
    (S.CONSTRUCTION_SCHEDULED, F.CONSTRUCTION_COMPLETED): S.ACTIVE,
    **{
        (state, F.SERVICE_ORDER_ASKED_AGAIN): state
        for state in (S.AWAITING_SERVICE_ORDER, S.AWAITING_CONSTRUCTION_DATE)
    },
    **{(state, F.ORDER_AMENDED): state for state in State},
    **{(state, F.ORDER_CANCELLED): S.CANCELLED for state in UNDER_WAY},
    **{(state, F.REMINDER_DUE): state for state in (S.AWAITING_SURVEY, S.CONSTRUCTION_SCHEDULED)},
    **{(state, F.JEOPARDY_RAISED): state for state in UNDER_WAY},
    **{(state, F.DELAY_REPORTED): state for state in UNDER_WAY},
}
# Accepted by some orders in these states, refused by the samples: another survey is fixed, no date is held, all well,
# no plan called it off.
DEPENDS: Final[dict[tuple[State, FactKind], Code]] = {
    (S.AWAITING_SURVEY, F.SURVEY_SCHEDULED): Code.WRONG_DATE,
    (S.CONSTRUCTION_SCHEDULED, F.SURVEY_DONE): Code.WRONG_DATE,
    (S.AWAITING_CONSTRUCTION_DATE, F.EQUIPMENT_RETURNED): Code.WRONG_DATE,
    **{(state, F.JEOPARDY_CLEARED): Code.ALREADY_DONE for state in UNDER_WAY},
    (S.CANCELLED, F.ORDER_REOPENED): Code.NOT_BY_PLAN,
}
# Every other pair says wrong_state, but for these.
OTHER_CODES: Final[dict[tuple[State, FactKind], Code]] = {
    **{(state, F.ORDER_OPENED): Code.ALREADY_DONE for state in State},
    **{(S.ACTIVE, kind): Code.ORDER_ENDED for kind in FactKind},
    **{(S.CANCELLED, kind): Code.ORDER_ENDED for kind in FactKind},
    (S.ACTIVE, F.ORDER_OPENED): Code.ALREADY_DONE,
    (S.ACTIVE, F.CONSTRUCTION_COMPLETED): Code.ALREADY_DONE,
    (S.ACTIVE, F.CONSTRUCTION_SCHEDULED): Code.ALREADY_DONE,
    (S.ACTIVE, F.DATE_CONFIRMED): Code.ALREADY_DONE,
    (S.ACTIVE, F.ORDER_CANCELLED): Code.TOO_LATE,
    (S.CANCELLED, F.ORDER_CANCELLED): Code.ALREADY_DONE,
    (S.DATE_CONFIRMED, F.DATE_CONFIRMED): Code.ALREADY_DONE,
    (S.CONSTRUCTION_SCHEDULED, F.DATE_CONFIRMED): Code.ALREADY_DONE,
    (S.CONSTRUCTION_SCHEDULED, F.CONSTRUCTION_SCHEDULED): Code.ALREADY_DONE,
    (S.AWAITING_CUSTOMER, F.DATE_CONFIRMED): Code.TOO_LATE,
    # The sample lost the date of the 15th, and that is what these say.
    (S.AWAITING_SALES, F.CONSTRUCTION_CALLED_OFF): Code.ALREADY_DONE,
    (S.AWAITING_SALES, F.CONSTRUCTION_SCHEDULED): Code.ALREADY_DONE,
    (S.AWAITING_SALES, F.CONSTRUCTION_POSTPONED): Code.ALREADY_DONE,
    (S.AWAITING_SALES, F.EQUIPMENT_RETURNED): Code.ALREADY_DONE,
    (S.AWAITING_ADDRESS_REGISTRATION, F.ADDRESS_REGISTRATION_REQUESTED): Code.ALREADY_DONE,
}
MATRIX: Final = sorted(product(State, FactKind))


def test_the_samples_are_what_they_say() -> None:
    assert {state: order.state for state, order in ORDERS.items()} == {state: state for state in State}
    assert {kind: fact.kind for kind, (fact, _) in FRESH.items()} == {kind: kind for kind in FactKind}
    assert set(FACTS) == set(FactKind)


def test_the_machine_accepts_exactly_the_pairs_of_the_flow() -> None:
    assert set(TABLE) == set(LEADS_TO) | set(DEPENDS)


@pytest.mark.parametrize(("state", "kind"), [pair for pair in MATRIX if pair in LEADS_TO])
def test_an_accepted_fact_leads_on(state: State, kind: FactKind) -> None:
    before, (fact, at) = ORDERS[state], FRESH[kind]

    move = apply(before, fact, at)

    assert move.after.state is LEADS_TO[state, kind]
    assert move.after.sequence == before.sequence + 1
    assert move.after.since == (at if move.after.state is not before.state else before.since)
    assert (move.before, move.fact, move.at) == (before, fact, at)


@pytest.mark.parametrize(("state", "kind"), [pair for pair in MATRIX if pair not in LEADS_TO])
def test_every_other_fact_is_refused_with_a_code(state: State, kind: FactKind) -> None:
    fact, at = FRESH[kind]

    with pytest.raises(Refused) as refusal:
        apply(ORDERS[state], fact, at)

    codes = OTHER_CODES | DEPENDS
    assert refusal.value.code is codes.get((state, kind), Code.WRONG_STATE)


@pytest.mark.parametrize("state", State)
def test_what_was_said_before_is_refused_as_already_done(state: State) -> None:
    said = {fact.kind: (fact, at) for fact, at in PATHS[state]}
    repeated = [pair for kind, pair in said.items() if (state, kind) not in TABLE]

    for fact, at in repeated:
        with pytest.raises(Refused) as refusal:
            apply(ORDERS[state], fact, at)
        wanted = {Code.ALREADY_DONE}
        if state is State.CANCELLED and fact.kind is not F.ORDER_CANCELLED:
            wanted = {Code.ORDER_ENDED}
        if fact.kind in {F.PROVISIONAL_DATE_HELD, F.ANSWER_DEADLINE_MISSED} and state is S.AWAITING_CUSTOMER:
            wanted = {Code.WRONG_STATE}  # the date is gone: nothing of it is left to compare with
        assert refusal.value.code in wanted, fact.kind


def test_the_codes_are_those_of_the_contract() -> None:
    assert {code.value for code in Code} | {"unknown"} == set(get_args(RefusalCode))


def test_somebody_has_the_ball_until_the_end() -> None:
    assert {state for state in State if BALL[state] is None} == {S.ACTIVE, S.CANCELLED}
    assert ORDERS[S.DATE_HELD].ball == "customer"
    assert ORDERS[S.AWAITING_CONSULT].ball == "desk"
