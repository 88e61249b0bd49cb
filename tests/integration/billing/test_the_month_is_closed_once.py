"""The close of a month: one invoice each, numbers without a gap, whoever runs it and however it ends."""

from __future__ import annotations

from datetime import date, time, timedelta

from contracts.billing import InvoiceIssuedV1
from kernel.ids import derived_id
from kernel.times import at_local
from tests.integration.billing.house import (
    CLOSE_OF_APRIL,
    House,
    account_id,
    gapless,
    order_id,
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
