"""What a plan does to an order and what it takes back: the state is as it was, what is late is raised anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import site, works
from contracts.envelope import Cause
from kernel.ids import derived_id
from services.provisioning import announcements
from services.provisioning.books import load_rules
from services.provisioning.domain import facts, jeopardy
from services.provisioning.domain.fact_details import from_details, to_details
from services.provisioning.domain.lifecycle import apply, fold
from services.provisioning.domain.order import FiberOrder, Jeopardy, State
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.repair_facts import OrderReopened, ServiceOrderAskedAgain
from tests.unit.provisioning.samples import OPENED, ORDER_ID, ORDERS, april, on

PLAN = derived_id(ORDER_ID, "plan")
UNDER_WAY = [state for state, order in ORDERS.items() if not order.ended]
BY_PLAN = facts.OrderCancelled("desk", "other", PLAN)


def cancelled(order: FiberOrder) -> FiberOrder:
    return apply(order, BY_PLAN, april(9)).after


@pytest.mark.parametrize("state", UNDER_WAY)
def test_a_plans_cancellation_can_be_taken_back_from_every_state(state: State) -> None:
    before = ORDERS[state]

    move = apply(cancelled(before), OrderReopened(PLAN), april(11))

    counted = {"sequence": before.sequence, "since": before.since, "last_at": before.last_at}
    assert replace(move.after, **counted, overdue=before.overdue) == before
    assert (move.after.sequence, move.after.since) == (before.sequence + 2, april(11))


def test_what_is_late_when_it_goes_on_is_raised_anew() -> None:
    late = fold([OPENED, (facts.ConsultOverdue(on(3)), april(4, 0))])

    move = apply(cancelled(late), OrderReopened(PLAN), april(11))
    raised = jeopardy.changes(move.before, move.after, load_rules())

    assert move.after.overdue == frozenset()
    assert {fact.cause for fact in raised if isinstance(fact, facts.JeopardyRaised)} >= {
        Jeopardy.CONSULT_OVERDUE.value
    }


def test_a_cancellation_by_anybody_else_stays() -> None:
    with pytest.raises(Refused) as by_hand:
        apply(ORDERS[State.CANCELLED], OrderReopened(PLAN), april(11))
    with pytest.raises(Refused) as by_another_plan:
        apply(
            cancelled(ORDERS[State.DATE_HELD]), OrderReopened(derived_id(ORDER_ID, "other plan")), april(11)
        )

    assert by_hand.value.code is by_another_plan.value.code is Code.NOT_BY_PLAN


def test_it_is_too_late_on_the_day_of_the_construction() -> None:
    off = cancelled(ORDERS[State.CONSTRUCTION_SCHEDULED])

    assert apply(off, OrderReopened(PLAN), april(14)).after.state is State.CONSTRUCTION_SCHEDULED
    with pytest.raises(Refused) as refusal:
        apply(off, OrderReopened(PLAN), april(15, 0))
    assert refusal.value.code is Code.TOO_LATE


def test_a_reopening_is_announced_with_its_plan_and_its_state() -> None:
    move = apply(cancelled(ORDERS[State.DATE_HELD]), OrderReopened(PLAN), april(8))

    (out,) = announcements.of_move(move, cause=Cause(PLAN, ORDER_ID), rules=load_rules())

    assert isinstance(out.event, site.OrderReopenedV1)
    assert (out.event.plan_id, out.event.stage) == (PLAN, "date_held")


def test_asking_again_is_one_request_more_and_nothing_else() -> None:
    before = ORDERS[State.AWAITING_SERVICE_ORDER]

    move = apply(before, ServiceOrderAskedAgain(on(8)), april(8))
    (out,) = announcements.of_move(move, cause=Cause(PLAN, ORDER_ID), rules=load_rules())

    assert move.after == replace(before, sequence=before.sequence + 1, attempt=2, last_at=april(8))
    assert isinstance(out.event, works.ServiceOrderRequestedV1)
    assert out.event.attempt == 2


def test_a_cancellation_written_before_there_were_plans_is_read() -> None:
    assert from_details("order_cancelled", {"by": "sales", "reason": "other"}) == facts.OrderCancelled(
        "sales", "other"
    )
    assert from_details("order_cancelled", to_details(BY_PLAN)) == BY_PLAN


def test_a_fact_with_a_missing_field_is_not_read() -> None:
    with pytest.raises(TypeError):
        from_details("order_cancelled", {"by": "sales"})
