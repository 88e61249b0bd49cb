"""What Python promises, the tables enforce: nothing that breaks a rule can be committed, whoever writes it."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import asyncpg
import pytest

from contracts import partners as p
from services.provisioning.domain.order import FiberOrder
from services.provisioning.store import orders as order_store
from services.provisioning.store.orders import StaleOrder
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

VIOLATION = asyncpg.IntegrityConstraintViolationError


async def scheduled(house: House) -> FiberOrder:
    """Return an order whose construction date is fixed."""
    await house.deliver(submission())
    await house.say(p.DeskConsultDoneV1, consulted_on=on(1))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(9))
    return await house.order()


BROKEN = [
    ("state = 'somewhere', construction_on = NULL", "orders_state_check"),
    ("state = 'awaiting_consult'", "day_n"),
    ("consulted_on = NULL, attempt = 0", "day_n"),
    ("attempt = 0", "asked_since_day_n"),
    ("carrier_order_no = NULL", "carrier_has_it"),
    ("state = 'date_confirmed', construction_on = NULL", "held_date"),
    ("answer_by = '2026-04-08'", "answer_deadline"),
    ("state = 'date_held', held_on = '2026-04-08', construction_on = NULL", "answer_deadline"),
    ("construction_on = NULL", "fixed_date"),
    ("state = 'awaiting_construction_date'", "fixed_date"),
    ("survey_on = '2026-04-10'", "survey_before_construction"),
    ("replaced_on = '2026-04-09', met = '{5}'", "one_date_at_a_time"),
    ("state = 'active'", "lit_on_its_day"),
    ("state = 'active', activated_on = '2026-04-10'", "lit_on_its_day"),
    ("state = 'awaiting_customer', construction_on = NULL", "customer_late_means_pattern_7"),
    ("state = 'awaiting_sales', construction_on = NULL", "sales_late_means_pattern_7"),
    ("state = 'awaiting_survey', construction_on = NULL", "survey_is_awaited"),
    ("survey_kind = 'outside'", "survey_is_awaited"),
    ("survey_kind = 'roof'", "orders_survey_kind_check"),
    ("state = 'awaiting_works', construction_on = NULL", "works_are_awaited"),
    ("obstacles = '{general_works}'", "works_are_awaited"),
    ("obstacles = '{rain}'", "orders_obstacles_check"),
    ("plant_asked_on = '2026-04-02', plant_answered_on = '2026-04-03'", "plant_asked_means_pattern_6"),
    ("plant_asked_on = '2026-04-02', met = '{6}'", "plant_asked_means_pattern_6"),
    ("consult_tries = 1", "calls"),
    ("consult_next_on = '2026-04-09', consult_next_at = '2026-04-10'", "calls"),
    ("met = '{2}'", "registration_means_pattern_2"),
    ("met = '{1}'", "orders_met_check"),
    ("met = '{8}'", "orders_met_check"),
    ("overdue = '{consult_overdue}'", "nothing_late_when_done"),
    ("sequence = sequence + 1", "made_by_a_fact"),
    ("area = 'north'", "orders_area_check"),
]


async def test_a_row_that_breaks_a_promise_is_refused(house: House) -> None:
    before = await scheduled(house)

    for change, constraint in BROKEN:
        with pytest.raises(VIOLATION) as refusal:
            async with house.base.transaction() as conn:
                await conn.execute(f"UPDATE orders SET {change}")
        assert refusal.value.constraint_name == constraint, change

    assert await house.order() == before


async def test_a_history_is_only_added_to(house: House, provisioning_db: Any) -> None:
    await scheduled(house)
    owner = await asyncpg.connect(provisioning_db.owner)

    for statement in ("UPDATE order_history SET fact = 'consult_done'", "DELETE FROM order_history"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await house.rows(statement)
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(statement)
    await owner.close()


async def test_an_order_that_somebody_else_wrote_meanwhile_is_not_overwritten(house: House) -> None:
    order = await scheduled(house)

    with pytest.raises(StaleOrder):
        async with house.base.transaction() as conn:
            await order_store.save_many(conn, [(order.sequence - 1, replace(order, sequence=order.sequence))])


async def test_two_orders_cannot_share_a_number(house: House) -> None:
    await house.deliver(submission())
    other = submission(2).event.model_copy(update={"order_no": order_no(1)})

    with pytest.raises(asyncpg.UniqueViolationError):
        await house.deliver(replace(submission(2), event=other))


async def test_whatever_is_said_the_rows_fold_and_hold(house: House) -> None:
    """300 random things about 12 orders, in batches of any size; the fixture checks all folds once more."""
    rng = Random(20260401)
    serials = range(1, 13)
    await house.deliver(*[submission(serial) for serial in serials])

    for round_ in range(60):
        now = april(2 + round_ // 3, 9 + 3 * (round_ % 3))
        house.advance(now)
        batch = [anything(rng, await house.order(rng.choice(serials)), round_ * 10 + n) for n in range(5)]
        for topic in sorted({one.topic for one in batch}):
            await house.deliver(*[one for one in batch if one.topic == topic])
        await house.tick()

    assert await house.check_folds() == len(serials)
    states = {(await house.order(serial)).state for serial in serials}
    assert len(states) >= 4, states
    refused = {code for _, code in await house.refusals()}
    assert {"wrong_state", "already_done", "wrong_date"} <= refused
    for serial in serials:
        numbers = [event["sequence"] for event in await house.everything(serial)]
        assert numbers == list(range(1, len(numbers) + 1))


def anything(rng: Random, order: FiberOrder, take: int) -> Any:
    """Return something that a partner may say of the order today, often something fitting."""
    (serial,) = [n for n in range(1, 13) if order_id(n) == order.order_id]
    now = april(2 + take // 30, 9 + 3 * (take // 10 % 3))
    today, soon = on(now.day), on(min(30, now.day + rng.randint(0, 6)))
    said: list[tuple[type[p.Claim], dict[str, Any]]] = [
        (p.DeskConsultDoneV1, {"consulted_on": today}),
        (p.CarrierAddressRegistrationNeededV1, {}),
        (p.CarrierAddressRegistrationCompletedV1, {"completed_on": today}),
        (p.CarrierServiceOrderCreatedV1, {"carrier_order_no": "SO-1"}),
        (p.CarrierProvisionalDateHeldV1, {"construction_on": soon, "answer_by": today}),
        (p.DeskDateConfirmedV1, {"construction_on": order.held_on or today}),
        (p.DeskCustomerAnsweredV1, {"answered_on": today}),
        (p.CarrierConstructionScheduledV1, {"construction_on": order.held_on or soon}),
        (
            p.CarrierConstructionPostponedV1,
            {"withdrawn_on": order.construction_on or soon, "reason": "works"},
        ),
        (p.CarrierConstructionCompletedV1, {"completed_on": order.construction_on or today}),
    ]
    if rng.random() < 0.02:
        said = [(p.DeskOrderCancelledV1, {"by": "sales", "reason": "other"})]
    if rng.random() < 0.05:
        return amendment(serial, version=take + 2, at=now)
    cls, data = rng.choice(said)
    return claim(cls, serial, at=now, take=take + 1, **data)
