"""The ways of the flow, from the submission to the lit line or the end, claim by claim."""

from __future__ import annotations

import pytest

from contracts import partners as p
from services.provisioning.domain.order import State
from services.provisioning.handlers import UnknownOrder
from tests.integration.provisioning.house import House, amendment, april, on, order_id, submission


async def open_and_consult(house: House) -> None:
    """Bring order 1 to where the carrier is asked, on Thursday 2 April."""
    await house.deliver(submission())
    house.advance(april(2))
    await house.say(p.DeskConsultDoneV1, consulted_on=on(2))


async def schedule(house: House, day: int) -> None:
    """Let the carrier create the service order and fix a date, on Friday 3 April."""
    await open_and_consult(house)
    house.advance(april(3))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(day), survey_on=on(6))


async def test_pattern_1_at_once(house: House) -> None:
    await schedule(house, 9)
    house.advance(april(9, 18))
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(9))

    order = await house.order()
    assert (order.state, order.since, order.activated_on) == (State.ACTIVE, april(9, 18), on(9))
    assert await house.types() == [
        "consult.requested",
        "consult.done",
        "service_order.requested",
        "service_order.created",
        "construction.scheduled",
        "reminder.due",  # of the construction; the day before the survey had begun when its date came
        "order.activated",
    ]
    lit = (await house.announced())[-1]
    assert lit["body"] == {
        "order_id": str(order_id(1)),
        "order_no": order.order_no,
        "activated_on": "2026-04-09",
        "consulted_on": "2026-04-02",
        "area": "east",
        "plan": "ip8",
        "patterns": [1],
        "dominant": 1,
    }
    numbers = [event["sequence"] for event in await house.everything()]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_one_correlation_leads_from_the_form_to_the_lit_line(house: House) -> None:
    await schedule(house, 9)

    events = await house.announced()

    assert {event["correlation_id"] for event in events} == {submission().envelope.correlation_id}
    assert events[0]["causation_id"] == submission().envelope.id
    assert len({event["event_id"] for event in events}) == len(events)


async def test_pattern_2_registers_the_address_first(house: House) -> None:
    await open_and_consult(house)
    house.advance(april(3))
    await house.say(p.CarrierAddressRegistrationNeededV1)
    assert (await house.order()).state is State.AWAITING_ADDRESS_REGISTRATION
    house.advance(april(8))
    await house.say(p.CarrierAddressRegistrationCompletedV1, completed_on=on(8))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(15))
    house.advance(april(15, 15))
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(15))

    events = await house.announced()
    assert [event["type"] for event in events][3:6] == [
        "address_registration.requested.v1",
        "address_registration.completed.v1",
        "service_order.requested.v1",
    ]
    assert events[3]["body"]["usual_by"] == "2026-04-09"
    assert [e["body"]["attempt"] for e in events if e["type"] == "service_order.requested.v1"] == [1, 2]
    assert (events[-1]["body"]["patterns"], events[-1]["body"]["dominant"]) == ([2], 2)


async def test_pattern_5_withdraws_the_date_and_gives_another(house: House) -> None:
    await schedule(house, 15)
    house.advance(april(13))
    await house.say(p.CarrierConstructionPostponedV1, withdrawn_on=on(15), reason="equipment_return")
    waiting = await house.order()
    assert (waiting.state, waiting.construction_on, waiting.pattern) == (
        State.AWAITING_CONSTRUCTION_DATE,
        None,
        5,
    )
    house.advance(april(16))
    await house.say(p.CarrierConstructionScheduledV1, take=2, construction_on=on(30))
    house.advance(april(30, 15))
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(30))

    events = await house.story()
    assert [event["type"] for event in events][-3:] == [
        "construction.postponed.v1",
        "construction.scheduled.v1",
        "order.activated.v1",
    ]
    assert events[-2]["body"]["previous_on"] == "2026-04-15"
    assert events[-2]["body"]["pattern"] == 5
    assert events[-1]["body"]["patterns"] == [5]


async def hold(house: House) -> None:
    """Bring order 1 to a provisional date of 15 April, to be answered by Wednesday 8 April."""
    await open_and_consult(house)
    house.advance(april(3))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierProvisionalDateHeldV1, construction_on=on(15), answer_by=on(8))


async def test_a_held_date_is_confirmed_and_fixed(house: House) -> None:
    await hold(house)
    assert await house.next_due() == april(9, 0)
    house.advance(april(7))
    await house.say(p.DeskDateConfirmedV1, construction_on=on(15))
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(15))

    assert await house.next_due() == april(14, 9)  # the last business day before
    order = await house.order()
    assert (order.state, order.construction_on, order.pattern) == (State.CONSTRUCTION_SCHEDULED, on(15), 1)
    assert (await house.announced())[-1]["body"]["previous_on"] is None


async def test_pattern_7_loses_the_held_date_and_begins_again(house: House) -> None:
    await hold(house)
    house.advance(april(9, 9))
    assert await house.tick() == 1
    assert (await house.order()).state is State.AWAITING_CUSTOMER
    await house.say(p.DeskDateConfirmedV1, construction_on=on(15))
    assert await house.refusals() == [("desk.date_confirmed", "too_late")]
    house.advance(april(13))
    await house.say(p.DeskCustomerAnsweredV1, answered_on=on(13))
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(22))
    house.advance(april(22, 15))
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(22))

    events = await house.story()
    assert [event["type"].removesuffix(".v1") for event in events][5:] == [
        "answer_deadline.missed",
        "claim.refused",
        "customer.answered",
        "service_order.requested",
        "construction.scheduled",
        "order.activated",
    ]
    missed = events[5]
    assert (missed["occurred_at"], missed["recorded_at"]) == (april(9, 0), april(9, 9))
    assert missed["correlation_id"] == submission().envelope.correlation_id
    assert (events[-1]["body"]["patterns"], events[-1]["body"]["dominant"]) == ([7], 7)


async def test_several_patterns_one_after_the_other(house: House) -> None:
    await open_and_consult(house)
    house.advance(april(3))
    await house.say(p.CarrierAddressRegistrationNeededV1)
    house.advance(april(8))
    await house.say(p.CarrierAddressRegistrationCompletedV1, completed_on=on(8))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(15))
    house.advance(april(14))
    await house.say(p.CarrierConstructionPostponedV1, withdrawn_on=on(15), reason="permits")
    await house.say(p.CarrierProvisionalDateHeldV1, construction_on=on(28), answer_by=on(17))
    house.advance(april(20))
    await house.tick()
    await house.say(p.DeskCustomerAnsweredV1, answered_on=on(20))
    await house.say(p.CarrierConstructionScheduledV1, take=2, construction_on=on(30))
    house.advance(april(30, 15))
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(30))

    lit = (await house.story())[-1]["body"]
    assert (lit["patterns"], lit["dominant"]) == ([2, 5, 7], 5)
    scheduled = [e["body"] for e in await house.announced() if e["type"] == "construction.scheduled.v1"]
    assert [body["previous_on"] for body in scheduled] == [None, "2026-04-15"]


async def test_an_order_is_called_off_and_nothing_is_waited_for(house: House) -> None:
    await hold(house)
    await house.say(p.DeskOrderCancelledV1, by="customer", reason="customer_wish")

    assert (await house.order()).state is State.CANCELLED
    assert await house.next_due() is None
    house.advance(april(30))
    assert await house.tick() == 0
    body = (await house.announced())[-1]["body"]
    assert (body["stage"], body["by"], body["reason"]) == ("date_held", "customer", "customer_wish")


async def test_on_the_day_of_the_construction_it_is_too_late_to_call_off(house: House) -> None:
    await schedule(house, 9)
    house.advance(april(9, 0))
    await house.say(p.DeskOrderCancelledV1, by="customer", reason="customer_wish")
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(9))
    await house.say(p.DeskOrderCancelledV1, take=2, by="customer", reason="customer_wish")

    assert (await house.order()).state is State.ACTIVE
    assert await house.refusals() == [("desk.order_cancelled", "too_late")] * 2


async def test_an_edit_counts_before_the_line_is_lit_and_is_kept_afterwards(house: House) -> None:
    await schedule(house, 9)
    await house.deliver(amendment(at=april(3)))
    house.advance(april(9, 18))
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(9))
    await house.deliver(amendment(version=3, at=april(10), plan="ip1_enterprise"))

    order = await house.order()
    assert (order.plan, order.content_version, order.wished_on) == ("ip16", 2, None)
    assert (await house.announced())[-1]["body"]["plan"] == "ip16"
    history = await house.rows("SELECT fact FROM order_history WHERE fact !~ 'remind|jeop' ORDER BY sequence")
    assert [row["fact"] for row in history][-3:] == [
        "order_amended",
        "construction_completed",
        "order_amended",
    ]


async def test_a_submission_that_comes_again_opens_nothing(house: House) -> None:
    await house.deliver(submission(), submission(sequence=2))
    await house.deliver(submission(sequence=3))

    assert await house.types() == ["consult.requested"]


async def test_an_amendment_of_an_order_that_was_never_opened_is_no_small_thing(house: House) -> None:
    with pytest.raises(UnknownOrder):
        await house.deliver(amendment(at=april(1)))
