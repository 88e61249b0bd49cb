"""The /ops routes: every yen explained, nobody's name shown, parked work released."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from typing import Any

import asyncpg
import pytest

from kernel.times import at_local
from services.billing import handlers
from tests.integration.billing.house import CLOSE_OF_APRIL, House, account_id, order_id, order_no


async def test_an_invoice_is_explained_line_by_line_and_does_not_show_its_recipient(house: House) -> None:
    await house.activate([1], plan="ip1_enterprise")
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()

    answer = await house.get("/ops/invoices/INV-2026-000001")

    invoice = answer.json()
    assert answer.status_code == 200
    assert (invoice["order_no"], invoice["account_id"]) == (order_no(1), str(account_id(1)))
    assert (invoice["issuer_name"], invoice["issuer_registration"]) == ("見本通信株式会社", "T7123456789012")
    assert (invoice["month"], invoice["due_on"], invoice["late"]) == ("2026-04-01", "2026-06-01", False)
    monthly, *one_off = invoice["lines"]
    assert monthly == {
        "line_no": 1,
        "code": "monthly.ip1_enterprise",
        "clause": "定額利用料(1契約ごとに月額), IP1",
        "source": "line-application.md, Products",
        "tariff_version": "line-200x",
        "label_en": "Monthly fee IP1 Enterprise",
        "label_ja": "光アクセス IP1 エンタープライズタイプ 定額利用料",
        "service_from": "2026-04-20",
        "service_to": "2026-04-30",
        "inputs": {
            "unit_yen": 30_500,
            "days_used": 11,
            "month_days": 30,
            "from": "2026-04-20",
            "to": "2026-04-30",
        },
        "rounding": "down",
        "net_yen": 11_183,
        "explanation": "Monthly fee IP1 Enterprise: 30,500 yen a month x 11 days used (2026-04-20 to 2026-04-30)"
        " / 30 days of the month, rounded down to 11,183 yen.",
        "tax_rate_code": "standard-2019",
        "tax_percent": "10.00",
        "tax_decided_by": "2026-04-30",
        "tax_reason": "rate in force on the last day of the service period",
    }
    assert [line["net_yen"] for line in one_off] == [1_000, 1_000, 800]
    assert {line["tax_reason"] for line in one_off} == {"rate in force on the day of the work"}
    assert invoice["taxes"] == [
        {
            "rate_code": "standard-2019",
            "percent": "10.00",
            "base_yen": 13_983,
            "tax_yen": 1_398,
            "rounding": "down",
        }
    ]
    assert (invoice["net_yen"], invoice["tax_yen"], invoice["total_yen"]) == (13_983, 1_398, 15_381)
    for hidden in ("見本商事", "見本 花子", "千代田", "100-0001", "example.jp"):
        assert hidden not in json.dumps(invoice, ensure_ascii=False)


async def test_invoices_are_listed_page_by_page_with_the_sums_of_all(house: House) -> None:
    await house.activate([1, 2, 3])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()

    first = (await house.get("/ops/invoices", month="2026-04", limit=2)).json()
    second = (await house.get("/ops/invoices", month="2026-04", limit=2, after=first["next"])).json()
    other = (await house.get("/ops/invoices", month="2026-05")).json()

    assert [row["number"] for row in first["invoices"]] == ["INV-2026-000001", "INV-2026-000002"]
    assert [row["number"] for row in second["invoices"]] == ["INV-2026-000003"]
    assert (first["next"], second["next"]) == ("INV-2026-000002", None)
    assert first["sums"] == {"invoices": 3, "net_yen": 52_398, "tax_yen": 5_238, "total_yen": 57_636}
    assert other == {
        "invoices": [],
        "next": None,
        "sums": {"invoices": 0, "net_yen": 0, "tax_yen": 0, "total_yen": 0},
    }
    assert "見本" not in json.dumps([first, second], ensure_ascii=False)


async def test_contracts_say_whether_they_are_invoiced(house: House) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()
    await house.activate([2], on=date(2026, 5, 1))

    both = (await house.get("/ops/contracts", limit=500)).json()["contracts"]
    still_open = (await house.get("/ops/contracts", state="open")).json()["contracts"]
    page = (await house.get("/ops/contracts", limit=1)).json()
    rest = (await house.get("/ops/contracts", limit=1, after=page["next"])).json()

    assert [(row["order_no"], row["invoiced"], row["invoice_number"]) for row in both] == [
        (order_no(1), True, "INV-2026-000001"),
        (order_no(2), False, None),
    ]
    assert [row["order_no"] for row in still_open] == [order_no(2)]
    assert still_open[0]["bill_at"] == "2026-06-01T00:00:00Z"
    assert [row["order_no"] for row in page["contracts"] + rest["contracts"]] == [order_no(1), order_no(2)]


async def test_an_account_is_found_by_its_order_number(house: House) -> None:
    await house.activate([1])

    account = (await house.get(f"/ops/accounts/{order_no(1)}")).json()

    assert (account["account_id"], account["order_id"]) == (str(account_id(1)), str(order_id(1)))
    assert account["cycles"] == [
        {
            "month": "2026-04-01",
            "bill_at": "2026-05-01T00:00:00Z",
            "late": False,
            "state": "open",
            "invoiced": False,
            "invoice_number": None,
            "attempts": 0,
            "reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("path", "status", "rule"),
    [
        ("/ops/invoices?month=2026-13", 400, "bad_month"),
        ("/ops/invoices?month=April", 400, "bad_month"),
        ("/ops/invoices?limit=0", 400, "bad_limit"),
        ("/ops/invoices?limit=501", 400, "bad_limit"),
        ("/ops/invoices?limit=٣", 400, "bad_limit"),
        ("/ops/invoices?after=1%27%20OR%201=1", 400, "bad_invoice_number"),
        ("/ops/invoices/INV-2026-1", 404, "bad_invoice_number"),
        ("/ops/invoices/INV-2026-000009", 404, "unknown_invoice"),
        ("/ops/invoices/INV-9999-999999999", 404, "unknown_invoice"),
        ("/ops/contracts?state=lost", 400, "bad_state"),
        ("/ops/contracts?after=x", 400, "bad_order_no"),
        ("/ops/accounts/FO-2604-000001-0", 404, "bad_order_no"),
        (f"/ops/accounts/{order_no(77)}", 404, "unknown_account"),
    ],
)
async def test_a_wrong_question_is_answered_with_the_rule_that_it_breaks(
    house: House, path: str, status: int, rule: str
) -> None:
    answer = await house.get(path)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:kaitsu:problem:{rule}")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ops/invoices"),
        ("GET", "/ops/invoices/INV-2026-000001"),
        ("GET", "/ops/contracts"),
        ("GET", f"/ops/accounts/{order_no(1)}"),
        ("POST", f"/ops/accounts/{order_no(1)}/release"),
    ],
)
async def test_nothing_is_told_without_the_token(house: House, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic token-of-ops"}):
        answer = await house.http.request(method, path, headers=headers)

        assert answer.status_code == 401


async def more_cycles(owner_dsn: str, serial: int, count: int) -> None:
    """Write cycles of one account as a bug in a loop would."""
    owner = await asyncpg.connect(owner_dsn)
    for month in range(5, 5 + count):
        await owner.execute(
            "INSERT INTO cycles (account_id, month, bill_at, late) VALUES ($1, $2, $3, false)",
            account_id(serial),
            date(2026, month, 1),
            CLOSE_OF_APRIL,
        )
    await owner.close()


async def test_an_account_that_would_get_invoice_after_invoice_is_parked_with_an_alarm(
    house: House, billing_db: Any, capfd: Any
) -> None:
    await house.activate([1, 2])
    await more_cycles(billing_db.owner, 1, 5)
    house.clock.advance(CLOSE_OF_APRIL)

    await house.close_month()
    log = "".join(capfd.readouterr())

    account = (await house.get(f"/ops/accounts/{order_no(1)}")).json()
    assert [cycle["state"] for cycle in account["cycles"]] == ["invoiced"] * 3 + ["parked"] * 3
    assert {cycle["reason"] for cycle in account["cycles"][3:]} == {"runaway"}
    assert len(await house.numbers()) == 4
    assert "cycles_parked" in log
    assert "runaway" in log
    assert await house.pending() == (0, None)


async def test_parked_work_is_billed_after_a_person_released_it(house: House, billing_db: Any) -> None:
    await house.activate([1])
    await more_cycles(billing_db.owner, 1, 3)
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()
    house.clock.advance(CLOSE_OF_APRIL + timedelta(days=1))

    answer = await house.post(f"/ops/accounts/{order_no(1)}/release")
    again = await house.post(f"/ops/accounts/{order_no(1)}/release")
    await house.close_month()

    assert (answer.json()["released"], again.json()["released"]) == (1, 0)
    assert len(await house.numbers()) == 4
    assert (await house.get("/ops/contracts", state="parked")).json()["contracts"] == []


async def test_an_account_that_breaks_the_bill_run_is_parked_and_stops_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.activate(range(1, 5))
    house.clock.advance(CLOSE_OF_APRIL)
    write = handlers.translate.invoice_issued

    def write_unless_bad(invoice: Any, contract: Any, *, issued_at: Any) -> Any:
        if contract.order_no == order_no(2):
            raise KeyError(contract.order_no)
        return write(invoice, contract, issued_at=issued_at)

    monkeypatch.setattr(handlers.translate, "invoice_issued", write_unless_bad)
    await house.close_month()

    (parked,) = (await house.get("/ops/contracts", state="parked")).json()["contracts"]
    assert (parked["order_no"], parked["reason"]) == (order_no(2), "unexpected")
    assert await house.numbers() == [f"INV-2026-{serial:06d}" for serial in (1, 2, 3)]
    monkeypatch.undo()
    assert (await house.post(f"/ops/accounts/{order_no(2)}/release")).status_code == 200
    await house.close_month()
    assert len(await house.numbers()) == 4


async def test_work_without_a_price_is_parked_and_stops_nobody(house: House) -> None:
    await house.activate([1], on=date(1999, 12, 31))
    await house.activate([2])
    house.clock.advance(at_local(date(2026, 6, 1), time(9)))

    await house.close_month()

    (parked,) = (await house.get("/ops/contracts", state="parked")).json()["contracts"]
    assert (parked["order_no"], parked["reason"]) == (order_no(1), "no_tariff_in_force")
    assert await house.numbers() == ["INV-2026-000001"]
