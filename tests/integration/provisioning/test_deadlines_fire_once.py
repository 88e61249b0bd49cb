"""Deadlines: late is the same as on time, and whoever comes first, the tick or the claim, the end is the same."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from chassis.ticks import fire_once
from contracts import partners as p
from services.provisioning.casework import Casework
from services.provisioning.domain.order import Jeopardy, State
from services.provisioning.handlers import PORTION
from tests.integration.provisioning.house import (
    House,
    amendment,
    april,
    claim,
    on,
    order_id,
    submission,
)


async def hold(house: House) -> None:
    """Bring order 1 to a provisional date of 15 April, to be answered by Wednesday 8 April."""
    await house.deliver(submission())
    await house.say(p.DeskConsultDoneV1, consulted_on=on(1))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierProvisionalDateHeldV1, construction_on=on(15), answer_by=on(8))


async def test_a_consult_that_is_not_done_in_time_is_a_jeopardy_once(house: House) -> None:
    await house.deliver(submission())
    assert await house.next_due() == april(4, 0)

    house.advance(april(6, 9))
    assert await house.tick() == 1
    assert await house.tick() == 0
    assert (await house.order()).overdue == {Jeopardy.CONSULT_OVERDUE}
    await house.say(p.DeskConsultDoneV1, consulted_on=on(6))

    assert (await house.order()).overdue == frozenset()
    assert await house.types() == [
        "consult.requested",
        "jeopardy.raised",
        "consult.done",
        "jeopardy.cleared",
        "service_order.requested",
    ]
    raised = (await house.announced())[1]
    assert (raised["occurred_at"], raised["recorded_at"]) == (april(4, 0), april(6, 9))
    assert raised["body"]["due_on"] == "2026-04-03"


async def test_a_consult_in_time_ends_its_deadline(house: House) -> None:
    await house.deliver(submission())
    house.advance(april(3, 23))
    await house.say(p.DeskConsultDoneV1, consulted_on=on(3))
    house.advance(april(10))

    assert await house.tick() == 0
    assert "jeopardy.raised" not in await house.types()


async def test_a_yes_after_the_deadline_is_too_late_even_if_the_tick_is_later_still(house: House) -> None:
    await hold(house)
    house.advance(april(9, 9))

    await house.say(p.DeskDateConfirmedV1, construction_on=on(15))

    assert (await house.order()).state is State.AWAITING_CUSTOMER
    assert await house.refusals() == [("desk.date_confirmed", "too_late")]
    assert await house.tick() == 0
    by_claim = [event for event in await house.announced() if event["type"] == "answer_deadline.missed.v1"]
    assert [event["occurred_at"] for event in by_claim] == [april(9, 0)]


async def test_claim_or_tick_the_missed_deadline_is_the_same_event(house: House) -> None:
    for serial in (1, 2):
        await house.deliver(submission(serial))
        await house.say(p.DeskConsultDoneV1, serial, consulted_on=on(1))
        await house.say(p.CarrierServiceOrderCreatedV1, serial, carrier_order_no="SO-1")
        await house.say(p.CarrierProvisionalDateHeldV1, serial, construction_on=on(15), answer_by=on(8))
    house.advance(april(9, 9))
    await house.say(p.DeskDateConfirmedV1, 1, construction_on=on(15))
    await house.tick()

    def missed(events: list[dict[str, object]]) -> dict[str, object]:
        (event,) = [one for one in events if one["type"] == "answer_deadline.missed.v1"]
        return event

    by_claim, by_tick = missed(await house.announced(1)), missed(await house.announced(2))
    assert by_claim["occurred_at"] == by_tick["occurred_at"]
    history = await house.rows("SELECT cause_id FROM order_history WHERE fact = 'answer_deadline_missed'")
    assert {row["cause_id"] for row in history} == {by_claim["causation_id"], by_tick["causation_id"]}


async def test_a_yes_that_was_said_in_time_and_is_heard_late_counts(house: House) -> None:
    await hold(house)
    house.advance(april(9, 9))

    await house.deliver(claim(p.DeskDateConfirmedV1, at=april(8, 23), construction_on=on(15)))

    assert (await house.order()).state is State.DATE_CONFIRMED
    assert await house.tick() == 0


async def test_two_replicas_fire_what_is_due_once(house: House) -> None:
    await hold(house)
    house.advance(april(20))
    (tick, _) = house.parts.ticks

    await asyncio.gather(*[fire_once(house.base, tick, april(20)) for _ in range(4)])

    assert (await house.types()).count("answer_deadline.missed") == 1


async def test_more_deadlines_than_one_portion_are_all_fired(house: House) -> None:
    many = PORTION + 10
    await house.deliver(*[submission(serial) for serial in range(1, many + 1)])
    house.advance(april(4, 0))

    assert await house.tick() == many

    assert (await house.types(None)).count("jeopardy.raised") == many
    assert await house.next_due() == april(15, 0)  # until then a consult can still save the wished day


async def test_one_bad_order_stops_no_deadline_of_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.deliver(*[submission(serial) for serial in range(1, 6)])
    fire = Casework.fire_deadlines

    def fire_unless_bad(work: Casework, of: UUID, *, by: datetime) -> int:
        if of == order_id(3):
            raise KeyError(of)
        return fire(work, of, by=by)

    monkeypatch.setattr(Casework, "fire_deadlines", fire_unless_bad)
    house.advance(april(4, 0))

    assert await house.tick() == 4

    raised = [e["subject"] for e in await house.announced(None) if e["type"] == "jeopardy.raised.v1"]
    assert sorted(raised) == sorted(str(order_id(serial)) for serial in (1, 2, 4, 5))
    left = await house.rows("SELECT order_id FROM deadlines WHERE due_at <= $1", april(4, 0))
    assert [row["order_id"] for row in left] == [order_id(3)]
    assert await house.next_due() == april(15, 0)  # the bad one is left alone for a while


async def test_an_order_that_is_taken_very_late_is_overdue_at_once(house: House) -> None:
    house.advance(april(20))
    await house.deliver(submission(at=april(1)))

    assert await house.tick() == 2
    assert [event["occurred_at"] for event in await house.announced()] == [
        april(1),
        april(4, 0),
        april(15, 0),
    ]


async def test_reminders_come_on_the_last_business_day_and_not_for_a_lost_date(house: House) -> None:
    for serial in (1, 2):
        await house.deliver(submission(serial))
        await house.say(p.DeskConsultDoneV1, serial, consulted_on=on(1))
        await house.say(p.CarrierServiceOrderCreatedV1, serial, carrier_order_no="SO-1")
        await house.say(p.CarrierConstructionScheduledV1, serial, construction_on=on(13), survey_on=on(9))
    house.advance(april(9, 12))
    await house.tick()
    await house.say(p.CarrierConstructionPostponedV1, 2, withdrawn_on=on(13), reason="works")
    house.advance(april(12))
    await house.tick()
    await house.tick()

    def reminded(events: list[dict[str, Any]]) -> list[tuple[Any, str, str]]:
        due = [event for event in events if event["type"] == "reminder.due.v1"]
        return [(event["occurred_at"], event["body"]["of"], event["body"]["day_on"]) for event in due]

    survey = (april(8, 9), "survey", "2026-04-09")
    assert reminded(await house.announced(1)) == [survey, (april(10, 9), "construction", "2026-04-13")]
    assert reminded(await house.announced(2)) == [survey]


async def test_an_edit_that_comes_after_a_passed_deadline_does_not_hide_it(house: House) -> None:
    await hold(house)
    house.advance(april(9, 9))

    await house.deliver(amendment(at=april(9, 8)))

    assert (await house.order()).state is State.AWAITING_CUSTOMER
    assert await house.tick() == 0
    missed = [event for event in await house.announced() if event["type"] == "answer_deadline.missed.v1"]
    assert [event["occurred_at"] for event in missed] == [april(9, 0)]


async def test_a_row_whose_day_has_moved_by_new_rules_neither_fires_early_nor_is_lost(house: House) -> None:
    await house.deliver(submission())
    async with house.base.transaction() as conn:
        await conn.execute("DELETE FROM deadlines WHERE kind = 'consult_due'")
        await conn.execute(
            """
            INSERT INTO deadlines (deadline_id, order_id, kind, due_on, due_at)
            VALUES ($1, $2, 'consult_due', '2026-04-01', $3)
            """,
            stale := order_id(99),
            order_id(1),
            april(2, 0),
        )
    house.advance(april(2))
    await house.tick()

    assert await house.types() == ["consult.requested"]
    rows = await house.rows("SELECT deadline_id, due_at FROM deadlines WHERE kind = 'consult_due'")
    assert [row["due_at"] for row in rows] == [april(4, 0)]
    assert stale not in {row["deadline_id"] for row in rows}
