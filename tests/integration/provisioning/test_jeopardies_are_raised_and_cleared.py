"""Jeopardies on a real database: raised with the fact that makes them known, once, and always cleared."""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts import partners as p
from services.provisioning.domain.order import Jeopardy
from tests.integration.provisioning.house import House, april, on, order_id, order_no, submission


def jeopardies(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what was raised and cleared, in order."""
    told = [event for event in events if event["type"].startswith("jeopardy.")]
    return [(event["type"].split(".")[1], event["body"]["cause"]) for event in told]


async def test_a_wish_that_cannot_be_kept_is_raised_on_the_first_day(house: House) -> None:
    hurried = submission(at=april(15))
    house.advance(april(15))
    await house.deliver(hurried)

    raised = (await house.announced())[-1]
    assert (raised["type"], raised["occurred_at"]) == ("jeopardy.raised.v1", april(15))
    assert raised["body"] == {
        "order_id": str(order_id(1)),
        "order_no": order_no(1),
        "cause": "wish_impossible",
        "level": "at_risk",
        "acts": "sales",
        "act_by": "2026-04-16",
        "due_on": "2026-04-20",
        "arithmetic_en": "Tue 21 Apr 2026: 6 calendar days after the consult on Wed 15 Apr 2026",
        "arithmetic_ja": "2026年4月21日(火):コンサル日2026年4月15日(水)の6日後",
    }


async def test_a_pattern_that_makes_the_wish_impossible_raises_with_the_claim_and_a_new_wish_clears(
    house: House,
) -> None:
    await house.deliver(submission())
    await house.say(p.DeskConsultDoneV1, consulted_on=on(1))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    house.advance(april(3))
    await house.say(p.CarrierNearDateDeniedV1, earliest_on=None)
    await house.say(p.CarrierNearDateDeniedV1, take=2, earliest_on=None)  # the same claim again is refused
    assert jeopardies(await house.announced()) == [("raised", "wish_impossible")]

    await house.say(p.DeskWishChangedV1, wished_on=date(2026, 5, 20), by="customer")

    assert jeopardies(await house.announced()) == [
        ("raised", "wish_impossible"),
        ("cleared", "wish_impossible"),
    ]
    assert (await house.order()).overdue == frozenset()


async def test_another_wish_that_cannot_be_kept_either_is_raised_for_its_own_day(house: House) -> None:
    house.advance(april(15))
    await house.deliver(submission(at=april(15)))
    await house.say(p.DeskWishChangedV1, wished_on=on(17), by="sales")

    raised = [event["body"] for event in await house.announced() if event["type"] == "jeopardy.raised.v1"]
    assert [body["due_on"] for body in raised] == ["2026-04-20", "2026-04-17"]
    assert len({event["event_id"] for event in await house.announced()}) == len(await house.announced())


async def test_what_was_raised_is_cleared_by_a_cancellation_too(house: House) -> None:
    house.advance(april(15))
    await house.deliver(submission(at=april(15)))
    house.advance(april(20))
    await house.tick()
    assert (await house.order()).overdue == {Jeopardy.CONSULT_OVERDUE, Jeopardy.WISH_IMPOSSIBLE}

    await house.say(p.DeskOrderCancelledV1, by="customer", reason="customer_wish")

    events = await house.announced()
    cleared = [event for event in events if event["type"] == "jeopardy.cleared.v1"]
    assert [event["body"]["cause"] for event in cleared] == ["consult_overdue", "wish_impossible"]
    assert all(event["body"]["order_ended"] for event in cleared)
    assert len({event["event_id"] for event in cleared}) == 2
    assert (await house.order()).overdue == frozenset()
    assert await house.next_due() is None


async def test_no_date_after_the_usual_time_is_raised_once_and_cleared_by_a_date(house: House) -> None:
    await house.deliver(submission())
    await house.say(p.DeskConsultDoneV1, consulted_on=on(1))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    house.advance(april(10))
    assert await house.tick() == 1
    assert await house.tick() == 0
    (raised,) = [event for event in await house.announced() if event["type"] == "jeopardy.raised.v1"]
    assert (raised["occurred_at"], raised["body"]["due_on"]) == (april(9, 0), "2026-04-08")

    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(20))

    assert jeopardies(await house.announced()) == [("raised", "no_date"), ("cleared", "no_date")]
