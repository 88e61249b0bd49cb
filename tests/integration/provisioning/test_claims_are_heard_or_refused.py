"""Claims: accepted, refused with a code, repeated, or waiting for an order that is still on its way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from chassis import records
from chassis.testing import received, until
from contracts import partners as p
from kernel.ids import KAITSU_NAMESPACE, derived_id
from services.provisioning.domain.order import Jeopardy, State
from services.provisioning.store import claims as claim_store
from tests.integration.provisioning.house import (
    House,
    amendment,
    april,
    claim,
    on,
    order_id,
    order_no,
    submission,
)


async def test_a_claim_out_of_turn_is_refused_and_changes_nothing(house: House) -> None:
    await house.deliver(submission())
    before = await house.order()

    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(1))

    assert await house.order() == before
    refusal = (await house.announced())[-1]
    assert refusal["subject"] == str(order_id(1))
    assert refusal["body"] == {
        "subject_id": str(order_id(1)),
        "order_no": order_no(1),
        "claim_id": str(refusal["causation_id"]),
        "claim_type": "carrier.construction_completed.v1",
        "code": "wrong_state",
        "state": "awaiting_consult",
    }


async def test_a_claim_that_is_said_twice_is_accepted_once(house: House) -> None:
    await house.deliver(submission())
    house.advance(april(2))
    once = claim(p.DeskConsultDoneV1, at=april(2), consulted_on=on(2))
    again = claim(p.DeskConsultDoneV1, at=april(2), take=2, consulted_on=on(2))

    await house.deliver(once, again)
    await house.deliver(once)  # the same event id, long after the inbox has forgotten it

    assert await house.refusals() == [("desk.consult_done", "already_done")] * 2
    assert (await house.types()).count("consult.done") == 1
    assert (await house.order()).sequence == 2


async def test_a_batch_ends_where_its_claims_one_by_one_would(house: House) -> None:
    serials = range(1, 6)
    await house.deliver(*[submission(serial) for serial in serials])
    house.advance(april(3))
    said: list[tuple[type[p.Claim], dict[str, Any]]] = [
        (p.CarrierServiceOrderCreatedV1, {"carrier_order_no": "SO"}),
        (p.CarrierConstructionScheduledV1, {"construction_on": on(10)}),
        (p.CarrierConstructionPostponedV1, {"withdrawn_on": on(10), "reason": "works"}),
        (p.CarrierProvisionalDateHeldV1, {"construction_on": on(20), "answer_by": on(15)}),
    ]
    batch = [claim(cls, serial, at=april(3), **data) for cls, data in said for serial in serials]
    await house.deliver(*[claim(p.DeskConsultDoneV1, n, at=april(3), consulted_on=on(3)) for n in serials])

    await house.deliver(*[one for one in batch if order_no(5) not in one.event.key])
    for one in batch:
        if order_no(5) in one.event.key:
            await house.deliver(one)

    types = {tuple(await house.types(serial)) for serial in serials}
    assert len(types) == 1
    assert {(await house.order(serial)).state for serial in serials} == {State.DATE_HELD}
    assert [
        row["count"] for row in await house.rows("SELECT count(*) FROM deadlines WHERE kind = 'answer_by'")
    ] == [5]


async def test_a_wrong_check_digit_is_refused_at_once(house: House) -> None:
    wrong = order_no(1)[:-1] + str((int(order_no(1)[-1]) + 1) % 10)
    event = p.DeskConsultDoneV1(order_no=wrong, consulted_on=on(1))

    await house.deliver(received(event, now=april(1)))

    (refusal,) = await house.announced(None)
    assert refusal["subject"] == str(derived_id(KAITSU_NAMESPACE, "unknown_order", wrong))
    assert (refusal["body"]["code"], refusal["body"]["state"]) == ("unknown_order", None)


async def test_claims_wait_for_their_order_and_are_heard_in_the_order_of_their_arrival(house: House) -> None:
    await house.deliver(claim(p.DeskConsultDoneV1, at=april(1, 13), consulted_on=on(1)))
    await house.deliver(claim(p.CarrierServiceOrderCreatedV1, at=april(1, 13), carrier_order_no="SO-1"))
    await house.deliver(claim(p.CarrierConstructionScheduledV1, at=april(1, 13), construction_on=on(9)))
    assert await house.announced(None) == []

    house.advance(april(1, 15))
    await house.deliver(submission(), amendment(at=april(1)))

    assert (await house.order()).state is State.CONSTRUCTION_SCHEDULED
    assert await house.types() == [
        "consult.requested",
        "consult.done",
        "service_order.requested",
        "service_order.created",
        "construction.scheduled",
        "jeopardy.raised",
    ]
    assert (await house.order()).overdue == {Jeopardy.LATE_DATE}  # a day after what is usual
    assert await house.rows("SELECT * FROM waiting_claims") == []
    house.advance(april(7))
    assert await house.tick() == 0


async def test_a_cancellation_waits_too(house: House) -> None:
    await house.say(p.DeskOrderCancelledV1, by="sales", reason="other")
    await house.deliver(submission())

    assert (await house.order()).state is State.CANCELLED
    assert await house.next_due() is None


async def test_a_claim_whose_order_never_comes_is_refused_after_seven_days(house: House) -> None:
    await house.say(p.DeskConsultDoneV1, consulted_on=on(1))
    await house.say(p.DeskConsultDoneV1, consulted_on=on(1))  # a second delivery waits once
    house.advance(april(8, 11))
    assert await house.tick() == 0
    assert await house.next_due() == april(8, 12)

    house.advance(april(12))
    assert await house.tick() == 1
    assert await house.tick() == 0

    assert await house.refusals() == [("desk.consult_done", "unknown_order")]
    (refusal,) = await house.announced(None)
    assert (refusal["occurred_at"], refusal["recorded_at"]) == (april(8, 12), april(12))
    await house.deliver(submission(at=april(12)))
    assert (await house.order()).state is State.AWAITING_CONSULT


async def spoil(house: House, serial: int) -> None:
    """Let what waits for the order be unreadable, as after a change of the contract."""
    async with house.base.transaction() as conn:
        (kept,) = await claim_store.take_waiting(conn, [order_no(serial)])
        await claim_store.park(conn, [replace(kept, body='{"order_no": 7}')])


async def test_a_waiting_claim_that_cannot_be_read_any_more_is_a_dead_letter_and_its_order_opens(
    house: House,
) -> None:
    await house.say(p.DeskConsultDoneV1, 1, consulted_on=on(1))
    await house.say(p.DeskConsultDoneV1, 2, consulted_on=on(1))
    await spoil(house, 1)
    await house.deliver(submission(1), submission(2))

    assert (await house.order(1)).state is State.AWAITING_CONSULT
    assert (await house.order(2)).state is State.AWAITING_SERVICE_ORDER
    assert await house.rows("SELECT * FROM waiting_claims") == []
    (letter,) = await house.rows("SELECT * FROM dead_letters")
    assert (letter["consumer"], letter["reason"], letter["status"], letter["subject"]) == (
        "provisioning.kaitsu.partners.desk",
        "malformed",
        "open",
        order_no(1),
    )
    (consumer,) = [one for one in house.parts.consumers if one.topic == letter["topic"]]
    again = records.read(records.unpack(letter), consumer.types)
    assert (
        again.fault is not None
    )  # a replay reads it as what it is, and refuses it until the contract is mended
    assert again.fault.error_class == "BadEvent"


async def test_a_claim_that_cannot_be_read_any_more_is_given_up_like_any_other(house: House) -> None:
    await house.say(p.DeskConsultDoneV1, 1, consulted_on=on(1))
    await house.say(p.DeskConsultDoneV1, 2, consulted_on=on(1))
    await spoil(house, 1)
    house.advance(april(12))

    assert await house.tick() == 2
    assert await house.refusals() == [("desk.consult_done", "unknown_order")] * 2


async def test_an_order_that_opens_while_a_claim_decides_to_wait_does_not_miss_it(house: House) -> None:
    serials = range(1, 31)

    async def opens() -> None:
        for serial in serials:
            await house.deliver(submission(serial))

    async def claims() -> None:
        for serial in serials:
            await house.deliver(claim(p.DeskConsultDoneV1, serial, at=april(1), consulted_on=on(1)))

    await asyncio.gather(opens(), claims())

    assert await house.rows("SELECT * FROM waiting_claims") == []
    assert {(await house.order(serial)).state for serial in serials} == {State.AWAITING_SERVICE_ORDER}


async def test_carrier_and_desk_speak_of_one_order_at_once_and_the_second_waits_for_the_first(
    house: House,
) -> None:
    await house.deliver(submission())
    desk = claim(p.DeskConsultDoneV1, at=april(1), consulted_on=on(1))
    carrier = claim(p.CarrierServiceOrderCreatedV1, at=april(1), carrier_order_no="SO-1")
    (hear,) = [each.handle for each in house.parts.consumers if each.topic == desk.topic]

    async def somebody_waits() -> bool:
        rows = await house.rows(
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(rows)

    async with house.base.transaction() as conn:
        await hear([desk], conn=conn, now=april(1))
        second = asyncio.create_task(house.deliver(carrier))
        await until(somebody_waits)
        assert not second.done()
    await second

    assert (await house.types())[-1] == "service_order.created"
    numbers = [event["sequence"] for event in await house.everything()]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_partner_whose_clock_runs_ahead_makes_no_fact_of_the_future(house: House) -> None:
    await house.deliver(submission())

    await house.deliver(claim(p.DeskConsultDoneV1, at=april(20), consulted_on=on(1)))

    assert [event["occurred_at"] for event in await house.announced()] == [april(1)] * 3


async def test_a_claim_that_is_dated_before_its_order_happens_with_the_order(house: House) -> None:
    await house.deliver(submission())

    await house.deliver(claim(p.DeskConsultDoneV1, at=april(1, 0), consulted_on=on(1)))

    assert (await house.order()).since == april(1)
