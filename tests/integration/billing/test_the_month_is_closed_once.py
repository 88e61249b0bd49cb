"""The close of a month: one invoice each, numbers without a gap, whoever runs it and however it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from datetime import date, time, timedelta
from typing import Any

import asyncpg
import pytest

from chassis.testing import until
from contracts.billing import InvoiceIssuedV1
from kernel.ids import derived_id
from kernel.periods import step_months
from kernel.times import at_local
from services.billing.books import load_books
from services.billing.domain.invoice import Issuer, Recipient
from services.billing.gateways.contacts import IntakeContacts
from services.billing.handlers import IssueInvoices
from services.billing.store import cycles
from services.billing.workers import CloseMonth
from tests.integration.billing.house import (
    CLOSE_OF_APRIL,
    House,
    account_id,
    gapless,
    open_house,
    order_id,
)
from tests.integration.billing.intake import Intake

ISSUE = IssueInvoices(load_books(), Issuer("見本通信株式会社", "T7123456789012"))


def small_steps(house: House, chunk: int) -> CloseMonth:
    """Return the worker of the house with another chunk."""
    return CloseMonth(
        pool=house.pool,
        transaction=house.base.transaction,
        clock=house.clock,
        contacts=IntakeContacts(
            house.base.http, url=house.intake.url, token=house.base.settings.contacts_token
        ),
        issue=ISSUE,
        chunk=chunk,
    )


async def test_nothing_is_invoiced_before_nine_in_the_morning_of_the_first(house: House) -> None:
    await house.activate([1, 2, 3])

    house.clock.advance(CLOSE_OF_APRIL - timedelta(seconds=1))
    assert await house.close_month() == 0
    house.clock.advance(CLOSE_OF_APRIL)
    assert await house.close_month() == 3

    assert await house.numbers() == ["INV-2026-000001", "INV-2026-000002", "INV-2026-000003"]
    assert await house.pending() == (0, None)
    assert await house.close_month() == 0


async def test_an_invoice_is_announced_with_its_sums_and_the_correlation_of_its_order(house: House) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()

    (event,) = await house.announced("invoice.issued.v1")
    issued = InvoiceIssuedV1.model_validate(event["body"])
    close = derived_id(account_id(1), "month_close", "2026-04-01")
    assert event["event_id"] == derived_id(close, "invoice.issued.v1", str(account_id(1)), "")
    assert (event["subject"], event["sequence"]) == (str(account_id(1)), 2)
    assert (event["causation_id"], event["occurred_at"]) == (close, CLOSE_OF_APRIL)
    assert event["correlation_id"] == derived_id(order_id(1), "submission")
    assert issued.account_id == account_id(1)
    assert issued.invoice_id == derived_id(account_id(1), "invoice", "2026-04-01")
    assert (issued.number, issued.order_ids) == ("INV-2026-000001", (order_id(1),))
    assert (issued.month, issued.issued_on, issued.due_on) == (
        date(2026, 4, 1),
        date(2026, 5, 1),
        date(2026, 6, 1),
    )
    assert [(line.code, line.net_yen) for line in issued.lines] == [
        ("monthly.ip8", 14_666),
        ("construction.basic", 1_000),
        ("construction.exchange", 1_000),
        ("contract.fee", 800),
    ]
    assert (issued.net_yen, issued.tax_yen, issued.total_yen) == (17_466, 1_746, 19_212)
    assert "見本" not in str(event["body"])


async def test_the_invoice_keeps_its_own_snapshot_of_the_recipient(house: House) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()

    (kept,) = await house.rows("SELECT name, contact_person, postal_code, address FROM invoice_recipients")
    assert kept["name"].startswith("見本商事")
    assert (kept["contact_person"], kept["postal_code"]) == ("見本 花子", "100-0001")


async def test_intake_is_asked_for_at_most_200_contacts_at_once(house: House) -> None:
    await house.activate(range(1, 451))
    house.clock.advance(CLOSE_OF_APRIL)

    assert await house.close_month() == 450

    assert [len(ids) for ids in house.intake.asked] == [200, 200, 50]
    assert len(set(await house.numbers())) == 450
    async with house.pool.acquire() as conn:
        assert await gapless(conn)


async def test_four_schedulers_at_once_make_one_invoice_each_and_no_gap(
    house: House, billing_db: Any, intake: Intake
) -> None:
    await house.activate(range(1, 61))
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(open_house(billing_db.app, intake, now=CLOSE_OF_APRIL))
            for _ in range(4)
        ]

        async def run(worker: CloseMonth) -> None:
            while await worker.run_once():
                pass

        await asyncio.gather(*(run(small_steps(other, 7 + step)) for step, other in enumerate(houses)))

    per_account = await house.rows("SELECT account_id FROM invoices GROUP BY account_id HAVING count(*) = 1")
    assert len(per_account) == 60
    assert await house.numbers() == [f"INV-2026-{serial:06d}" for serial in range(1, 61)]
    assert len(await house.announced("invoice.issued.v1")) == 60


async def test_a_rollback_gives_its_numbers_back(house: House) -> None:
    """300 parallel closes of one account each, every third of them rolled back after its number was taken."""
    await house.activate(range(1, 301))
    house.clock.advance(CLOSE_OF_APRIL)
    async with house.pool.acquire() as conn:
        due = await cycles.due_cycles(conn, now=CLOSE_OF_APRIL, limit=1_000)
    gate = asyncio.Semaphore(6)
    taken_back: list[str] = []

    async def close_one(serial: int) -> None:
        one = due[serial]
        recipient = Recipient("見本商事", None, "100-0001", "東京都千代田区千代田1-1")
        async with gate, house.pool.acquire() as conn:
            transaction = conn.transaction()
            await transaction.start()
            outcome = await ISSUE([one], {one.contract.order_id: recipient}, conn=conn, now=CLOSE_OF_APRIL)
            assert outcome.issued == 1
            if serial % 3 == 0:
                taken_back.append(one.contract.order_no)
                await transaction.rollback()
            else:
                await transaction.commit()

    await asyncio.gather(*(close_one(serial) for serial in range(300)))

    assert len(taken_back) == 100
    async with house.pool.acquire() as conn:
        assert await gapless(conn)
    assert len(await house.numbers()) == 200
    assert await house.close_month() == 100
    assert await house.numbers() == [f"INV-2026-{serial:06d}" for serial in range(1, 301)]


RUN_UNTIL_DONE = """
import asyncio, sys
from tests.integration.billing.house import CLOSE_OF_APRIL, open_house
from tests.integration.billing.intake import Intake
from tests.integration.billing.test_the_month_is_closed_once import small_steps

async def main(dsn, port):
    intake = Intake()
    intake.port = port
    async with open_house(dsn, intake, now=CLOSE_OF_APRIL) as house:
        worker = small_steps(house, 3)
        while await worker.run_once():
            pass

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def test_a_bill_run_that_is_killed_again_and_again_ends_with_one_invoice_each(
    house: House, billing_db: Any, intake: Intake
) -> None:
    await house.activate(range(1, 151))
    house.clock.advance(CLOSE_OF_APRIL)
    killed = 0

    for wanted in (6, 18, 33, 60):
        run = subprocess.Popen([sys.executable, "-c", RUN_UNTIL_DONE, billing_db.app, str(intake.port)])

        async def far_enough(wanted: int = wanted) -> bool:
            return len(await house.numbers()) >= wanted

        await until(far_enough, limit_s=30)
        os.kill(run.pid, signal.SIGKILL)
        killed += run.wait() == -signal.SIGKILL
        async with house.pool.acquire() as conn:
            assert await gapless(conn)

    assert killed == 4
    assert len(await house.numbers()) < 150
    await house.close_month()
    assert await house.numbers() == [f"INV-2026-{serial:06d}" for serial in range(1, 151)]
    assert len(await house.rows("SELECT DISTINCT account_id FROM invoices")) == 150
    assert len(await house.announced("invoice.issued.v1")) == 150


async def test_a_second_invoice_of_account_and_month_is_refused_by_the_database(
    house: House, billing_db: Any
) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()
    owner = await asyncpg.connect(billing_db.owner)
    await owner.execute("UPDATE cycles SET state = 'open'")  # a bug that forgets what was billed
    await owner.close()

    with pytest.raises(asyncpg.UniqueViolationError):
        await house.close_month()

    assert await house.numbers() == ["INV-2026-000001"]
    async with house.pool.acquire() as conn:
        assert await gapless(conn)


async def test_a_late_activation_is_invoiced_at_the_next_close_and_marked(house: House) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()
    (before,) = await house.rows("SELECT invoices::text FROM invoices")

    house.clock.advance(at_local(date(2026, 5, 7), time(14)))
    await house.activate([2], on=date(2026, 4, 30))
    assert await house.close_month() == 0
    close_of_may = at_local(date(2026, 6, 1), time(9))
    assert await house.pending() == (0, close_of_may)
    house.clock.advance(close_of_may)
    assert await house.close_month() == 1

    first, second = await house.rows("SELECT *, invoices::text AS bytes FROM invoices ORDER BY serial")
    assert first["bytes"] == before["invoices"]
    assert (first["late"], second["late"]) == (False, True)
    assert (second["month"], second["issued_on"]) == (date(2026, 4, 1), date(2026, 6, 1))
    (inputs,) = await house.rows(
        "SELECT inputs FROM invoice_lines WHERE invoice_id = $1 AND line_no = 1", second["invoice_id"]
    )
    assert (inputs["inputs"]["days_used"], inputs["inputs"]["month_days"]) == (1, 30)


async def test_a_close_that_was_missed_for_weeks_is_made_up_and_leaves_time_to_pay(house: House) -> None:
    await house.activate([1])
    house.clock.advance(at_local(date(2026, 7, 21), time(3)))

    assert await house.close_month() == 1

    (invoice,) = await house.rows("SELECT * FROM invoices")
    assert (invoice["late"], invoice["month"]) == (False, date(2026, 4, 1))
    assert (invoice["issued_on"], invoice["due_on"]) == (date(2026, 7, 21), date(2026, 8, 31))


async def test_a_new_year_begins_a_new_series(house: House) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()
    house.clock.advance(at_local(date(2026, 12, 28), time(12)))
    await house.activate([2], on=date(2026, 12, 28))
    house.clock.advance(at_local(date(2027, 1, 1), time(9)))
    await house.close_month()

    assert await house.numbers() == ["INV-2026-000001", "INV-2027-000001"]


async def test_three_schedulers_over_24_months_bill_every_activation_once(
    house: House, billing_db: Any, intake: Intake
) -> None:
    """On a moved clock, with an activation known too late in every month: 0 overlaps, 0 gaps."""
    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(open_house(billing_db.app, intake)) for _ in range(2)]
        houses = [house, *others]
        serial = 0
        for months in range(24):
            close = at_local(step_months(date(2026, 5, 1), months), time(9))
            month = step_months(date(2026, 4, 1), months)
            on_time = range(serial + 1, serial + 5)
            if months:
                await house.activate([serial + 5], on=month - timedelta(days=1))
            await house.activate(on_time, on=month.replace(day=28))
            serial += 5
            for one in houses:
                one.clock.advance(close + timedelta(minutes=1))
            await asyncio.gather(*(one.close_month() for one in houses))
        assert await house.pending() == (0, None)

    contracts = await house.rows("SELECT account_id, activated_on FROM contracts")
    invoices = await house.rows("SELECT account_id, month, late FROM invoices")
    assert len(contracts) == len(invoices) == 24 * 5 - 1
    assert {(row["account_id"], row["activated_on"].replace(day=1)) for row in contracts} == {
        (row["account_id"], row["month"]) for row in invoices
    }
    assert sum(row["late"] for row in invoices) == 23
    async with house.pool.acquire() as conn:
        assert await gapless(conn)
