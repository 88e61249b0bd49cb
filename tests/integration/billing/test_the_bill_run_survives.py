"""Rivals, kills and rollbacks in a bill run: one invoice each, and numbers without a gap."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from chassis.testing import until
from kernel.periods import step_months
from kernel.times import at_local
from services.billing.domain.invoice import Recipient
from services.billing.store import cycles
from services.billing.workers import CloseMonth
from tests.integration.billing.house import (
    CLOSE_OF_APRIL,
    ISSUE,
    House,
    gapless,
    open_house,
    small_steps,
)
from tests.integration.billing.intake import Intake

ROOT = Path(__file__).parents[3]


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
from tests.integration.billing.house import CLOSE_OF_APRIL, open_house, small_steps
from tests.integration.billing.intake import Intake

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
        run = subprocess.Popen(
            [sys.executable, "-c", RUN_UNTIL_DONE, billing_db.app, str(intake.port)], cwd=ROOT
        )

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


async def test_a_second_invoice_of_account_and_month_is_refused_by_the_database_and_its_cycle_parked(
    house: House, billing_db: Any
) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()
    owner = await asyncpg.connect(billing_db.owner)
    await owner.execute("UPDATE cycles SET state = 'open'")  # a bug that forgets what was billed
    await owner.close()

    await house.close_month()

    (cycle,) = await house.rows("SELECT state, reason FROM cycles WHERE month = '2026-04-01'")
    assert tuple(cycle) == ("parked", "unexpected")
    assert await house.numbers() == ["INV-2026-000001"]
    async with house.pool.acquire() as conn:
        assert await gapless(conn)


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
