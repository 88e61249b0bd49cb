"""Facts, requests and refusals as events: which ones, in which order, under which ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from contracts import partners, reminders, works
from contracts.envelope import Cause, Outgoing
from contracts.topics import TOPICS
from services.provisioning import announcements, translate
from services.provisioning.books import load_rules
from services.provisioning.consumers import consumers
from services.provisioning.domain import facts, jeopardy
from services.provisioning.domain.deadlines import due
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.jeopardy import open_now
from services.provisioning.domain.lifecycle import apply, fold, open_order
from services.provisioning.domain.order import FiberOrder, Jeopardy, State
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.outlook import Forecaster
from services.provisioning.prediction_book import load_rule_table
from tests.unit.provisioning.samples import (
    CONSULTED,
    FRESH,
    HELD,
    OPENED,
    ORDER_ID,
    ORDER_NO,
    ORDERS,
    PATHS,
    REGISTRATION,
    SCHEDULED,
    WITH_SERVICE_ORDER,
    april,
    on,
)

RULES = load_rules()
CAUSE = Cause(UUID(int=7), UUID(int=8))


def heard(order: FiberOrder, fact: Fact, day: int) -> list[Outgoing]:
    """Return the events of a fact that happens at noon."""
    return announcements.of_move(apply(order, fact, april(day)), cause=CAUSE, rules=RULES)


def test_an_opening_asks_the_desk() -> None:
    (asked,) = announcements.of_move(open_order(*OPENED), cause=CAUSE, rules=RULES)

    assert asked.event == works.ConsultRequestedV1(
        order_id=ORDER_ID, order_no=ORDER_NO, area="east", due_on=on(3)
    )
    assert (asked.occurred_at, asked.causation_id, asked.correlation_id) == (
        april(1),
        CAUSE.id,
        CAUSE.correlation_id,
    )


def test_a_fact_comes_before_what_it_ends_and_what_it_asks_for() -> None:
    late = fold([OPENED, (facts.ConsultOverdue(on(3)), april(4, 0))])

    types = [out.event.type for out in heard(late, facts.ConsultDone(on(6)), 6)]

    assert types == ["consult.done.v1", "jeopardy.cleared.v1", "service_order.requested.v1"]


def test_an_amendment_is_intakes_news_not_ours() -> None:
    assert heard(ORDERS[State.AWAITING_CONSULT], FRESH[facts.FactKind.ORDER_AMENDED][0], 3) == []


def test_a_first_date_replaces_nothing_a_new_one_the_withdrawn_one() -> None:
    (first,) = heard(ORDERS[State.AWAITING_CONSTRUCTION_DATE], SCHEDULED[0], 7)
    postponed = fold(
        [*PATHS[State.CONSTRUCTION_SCHEDULED], (facts.ConstructionPostponed(on(15), "permits"), april(12))]
    )
    (second,) = heard(postponed, facts.ConstructionScheduled(on(28), None), 13)

    assert isinstance(first.event, works.ConstructionScheduledV1)
    assert isinstance(second.event, works.ConstructionScheduledV1)
    assert (first.event.previous_on, first.event.pattern, first.event.survey_on) == (None, 1, on(13))
    assert (second.event.previous_on, second.event.pattern) == (on(15), 5)


def test_a_date_that_the_customer_took_replaces_nothing_when_fixed_but_is_replaced_by_another() -> None:
    taken = ORDERS[State.DATE_CONFIRMED]
    (same,) = heard(taken, facts.ConstructionScheduled(on(15), None), 8)
    (other,) = heard(taken, facts.ConstructionScheduled(on(20), None), 16)

    assert isinstance(same.event, works.ConstructionScheduledV1)
    assert isinstance(other.event, works.ConstructionScheduledV1)
    assert (same.event.previous_on, other.event.previous_on) == (None, on(15))


def test_an_activation_names_patterns_and_the_dominant_one() -> None:
    registered = (facts.AddressRegistrationCompleted(on(8)), april(8))
    postponed = (facts.ConstructionPostponed(on(15), "equipment_return"), april(13))
    way = [OPENED, CONSULTED, REGISTRATION, registered, *WITH_SERVICE_ORDER[2:], SCHEDULED, postponed]
    way.append((facts.ConstructionScheduled(on(28), None), april(16)))

    (lit,) = heard(fold(way), facts.ConstructionCompleted(on(28)), 28)
    (plain,) = heard(ORDERS[State.CONSTRUCTION_SCHEDULED], facts.ConstructionCompleted(on(15)), 15)

    assert isinstance(lit.event, works.OrderActivatedV1)
    assert isinstance(plain.event, works.OrderActivatedV1)
    assert (lit.event.patterns, lit.event.dominant, lit.event.consulted_on) == ((2, 5), 5, on(2))
    assert (plain.event.patterns, plain.event.dominant, plain.event.activated_on) == ((1,), 1, on(15))


def test_a_cancellation_says_how_far_the_order_was() -> None:
    (out,) = heard(ORDERS[State.DATE_HELD], facts.OrderCancelled("customer", "moved_elsewhere"), 7)

    assert isinstance(out.event, works.OrderCancelledV1)
    assert (out.event.stage, out.event.by, out.event.reason) == ("date_held", "customer", "moved_elsewhere")


def test_an_overdue_consult_is_the_desks() -> None:
    (out,) = heard(ORDERS[State.AWAITING_CONSULT], facts.ConsultOverdue(on(3)), 4)

    assert isinstance(out.event, works.JeopardyRaisedV1)
    assert (out.event.cause, out.event.acts, out.event.due_on) == ("consult_overdue", "desk", on(3))
    assert (out.event.level, out.event.act_by) == ("breached", on(6))
    assert out.event.arithmetic_en.startswith(
        "Fri 3 Apr 2026: 2 business days (company calendar) after the arrival"
    )


def test_a_jeopardy_is_told_in_both_languages_and_several_of_one_cause_apart() -> None:
    danger = open_now(fold([*PATHS[State.AWAITING_CUSTOMER]]), RULES)[Jeopardy.ANSWER_OVERDUE]
    raised = apply(
        ORDERS[State.AWAITING_CUSTOMER], jeopardy.raised(danger, RULES, at=april(9, 0)), april(9, 0)
    )
    (told,) = announcements.of_move(raised, cause=CAUSE, rules=RULES)
    late = replace(raised.after, overdue=frozenset({Jeopardy.ANSWER_OVERDUE, Jeopardy.NO_DATE}))
    cancelled = heard(late, facts.OrderCancelled("customer", "customer_wish"), 10)

    assert isinstance(told.event, works.JeopardyRaisedV1)
    assert told.event.arithmetic_ja == "2026年4月8日(水):事業者が指定した回答期限"
    cleared = [out.event for out in cancelled if isinstance(out.event, works.JeopardyClearedV1)]
    assert [(event.cause, event.order_ended) for event in cleared] == [
        ("answer_overdue", True),
        ("no_date", True),
    ]
    assert len({out.id for out in cancelled}) == len(cancelled) == 3


def test_a_reminder_names_the_day_and_what_takes_place() -> None:
    order = ORDERS[State.CONSTRUCTION_SCHEDULED]
    passed = due(order, april(14, 9), RULES)
    assert passed
    (first,) = announcements.of_move(apply(order, passed.missed, passed.due_at), cause=CAUSE, rules=RULES)

    assert isinstance(first.event, reminders.ReminderDueV1)
    assert (first.event.of, first.event.day_on, first.occurred_at) == ("survey", on(13), april(10, 9))


def test_the_same_cause_makes_the_same_ids() -> None:
    twice = [heard(ORDERS[State.AWAITING_CONSULT], facts.ConsultDone(on(2)), 2) for _ in range(2)]

    assert [out.id for out in twice[0]] == [out.id for out in twice[1]]
    assert len({out.id for out in twice[0]}) == 2


def test_a_refusal_goes_to_the_order_or_to_an_id_of_the_number() -> None:
    known = announcements.of_refusal(
        "desk.consult_done.v1",
        Code.WRONG_STATE,
        cause=CAUSE,
        order_no=ORDER_NO,
        order_id=ORDER_ID,
        state=State.ACTIVE,
        at=april(2),
    )
    unknown = [
        announcements.of_refusal(
            "desk.consult_done.v1",
            Code.UNKNOWN_ORDER,
            cause=CAUSE,
            order_no=number,
            order_id=None,
            state=None,
            at=april(2),
        )
        for number in (ORDER_NO, ORDER_NO, "FO-2604-000002-0")
    ]

    assert known.subject == str(ORDER_ID)
    assert isinstance(known.event, works.ClaimRefusedV1)
    assert (known.event.claim_id, known.event.code, known.event.state) == (CAUSE.id, "wrong_state", "active")
    assert unknown[0].subject == unknown[1].subject != unknown[2].subject


def test_every_claim_of_the_contracts_is_read_and_every_topic_has_one_consumer() -> None:
    declared = {consumer.topic: consumer for consumer in consumers(RULES, Forecaster(load_rule_table()))}

    assert set(declared) == {name for name, topic in TOPICS.items() if "provisioning" in topic.consumers}
    for topic in ("kaitsu.partners.carrier", "kaitsu.partners.desk"):
        claims = {
            cls
            for cls in vars(partners).values()
            if isinstance(cls, type) and issubclass(cls, partners.Claim) and "type" in vars(cls)
        }
        assert set(declared[topic].types) == {cls for cls in claims if cls.topic == topic}
        assert declared[topic].claims
    assert not declared["kaitsu.orders"].claims


def test_a_claim_that_names_a_day_beyond_belief_is_refused() -> None:
    claim = partners.CarrierProvisionalDateHeldV1(
        order_no=ORDER_NO, construction_on=date.max, answer_by=date.max
    )

    with pytest.raises(Refused) as refusal:
        translate.said(claim, at=april(2), rules=RULES)

    assert refusal.value.code is Code.WRONG_DATE


def test_the_answer_deadline_is_the_end_of_its_day() -> None:
    claim = partners.CarrierProvisionalDateHeldV1(order_no=ORDER_NO, construction_on=on(15), answer_by=on(8))

    assert translate.said(claim, at=april(6), rules=RULES) == HELD[0]
