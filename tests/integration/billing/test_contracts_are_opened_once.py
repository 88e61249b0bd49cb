"""An activation opens one contract, whatever is delivered how often."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from contracts.billing import ContractOpenedV1
from kernel.ids import derived_id
from tests.integration.billing.house import (
    APRIL_20,
    CLOSE_OF_APRIL,
    House,
    account_id,
    activation,
    open_house,
    order_id,
    order_no,
)
from tests.integration.billing.intake import Intake


async def test_an_activation_opens_the_contract_and_says_so_under_ids_that_a_replay_makes_again(
    house: House,
) -> None:
    record = activation(1)

    await house.deliver(record)

    (contract,) = await house.rows("SELECT * FROM contracts JOIN cycles USING (account_id)")
    assert (contract["account_id"], contract["order_id"]) == (account_id(1), order_id(1))
    assert (contract["month"], contract["bill_at"], contract["late"]) == (
        date(2026, 4, 1),
        CLOSE_OF_APRIL,
        False,
    )
    (event,) = await house.announced("contract.opened.v1")
    assert event["event_id"] == derived_id(record.envelope.id, "contract.opened.v1", str(account_id(1)), "")
    assert (event["topic"], event["source"]) == ("kaitsu.billing", "/kaitsu/billing")
    assert (event["subject"], event["sequence"]) == (str(account_id(1)), 1)
    assert event["correlation_id"] == record.envelope.correlation_id
    assert event["causation_id"] == record.envelope.id
    assert (event["occurred_at"], event["recorded_at"]) == (APRIL_20, APRIL_20)
    assert ContractOpenedV1.model_validate(event["body"]) == ContractOpenedV1(
        account_id=account_id(1),
        order_id=order_id(1),
        order_no=order_no(1),
        plan="ip8",
        opened_on=date(2026, 4, 20),
    )


async def test_an_order_that_is_activated_again_by_another_event_has_one_contract(house: House) -> None:
    await house.deliver(activation(1, sequence=9))
    await house.deliver(activation(1, sequence=10), activation(2), activation(2, sequence=10))

    contracts = await house.rows("SELECT order_no FROM contracts ORDER BY order_no")
    assert [row["order_no"] for row in contracts] == [order_no(1), order_no(2)]
    assert len(await house.rows("SELECT * FROM cycles")) == 2
    assert len(await house.announced("contract.opened.v1")) == 2


async def test_two_deliveries_at_the_same_time_open_one_contract(
    house: House, billing_db: Any, intake: Intake
) -> None:
    async with open_house(billing_db.app, intake) as other:
        serials = range(1, 21)
        await asyncio.gather(
            house.deliver(*(activation(serial) for serial in serials)),
            other.deliver(*(activation(serial, sequence=10) for serial in serials)),
        )

    assert len(await house.rows("SELECT * FROM contracts")) == 20
    assert len(await house.announced("contract.opened.v1")) == 20


async def test_an_activation_that_contradicts_the_contract_changes_nothing_and_raises_an_alarm(
    house: House, capfd: Any
) -> None:
    await house.deliver(activation(1))

    await house.deliver(activation(1, on=date(2026, 4, 21), plan="ip16", sequence=10))

    (contract,) = await house.rows("SELECT plan, activated_on FROM contracts")
    assert (contract["plan"], contract["activated_on"]) == ("ip8", date(2026, 4, 20))
    assert "activation_contradicted" in "".join(capfd.readouterr())


async def test_a_contract_shows_that_it_is_due_at_the_close_of_its_month(house: House) -> None:
    assert await house.pending() == (0, None)

    await house.deliver(activation(1))

    assert await house.pending() == (0, CLOSE_OF_APRIL)
    house.clock.advance(CLOSE_OF_APRIL - timedelta(seconds=1))
    assert await house.pending() == (0, CLOSE_OF_APRIL)
    house.clock.advance(CLOSE_OF_APRIL)
    assert await house.pending() == (1, None)
