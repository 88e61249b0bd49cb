"""The contacts API away, broken or lying: billing waits or puts off, and nothing is half done."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from kernel.times import at_local
from services.billing.gateways.contacts import ContactsUnavailable
from tests.integration.billing.house import CLOSE_OF_APRIL, House, order_id, order_no
from tests.integration.billing.intake import Answer

TABLES = ("invoices", "invoice_lines", "invoice_taxes", "invoice_recipients", "invoice_series")


async def nothing_was_done(house: House) -> None:
    """Assert that no trace of a bill run is left."""
    for table in TABLES:
        assert await house.rows(f"SELECT * FROM {table}") == []
    assert await house.announced("invoice.issued.v1") == []
    assert await house.rows("SELECT 1 FROM cycles WHERE state <> 'open' OR attempts > 0") == []


async def test_while_intake_is_down_nothing_is_done_and_the_work_stays_due(house: House) -> None:
    await house.activate([1, 2])
    house.clock.advance(CLOSE_OF_APRIL)
    house.intake.stop()

    with pytest.raises(ContactsUnavailable):
        await house.close_month()
    await nothing_was_done(house)
    assert await house.pending() == (2, None)

    house.intake.start()
    assert await house.close_month() == 2
    assert await house.numbers() == ["INV-2026-000001", "INV-2026-000002"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: (500, b"{}", {}), "status_500"),
        (lambda: (401, b"{}", {}), "status_401"),
        (lambda: (307, b"", {"Location": "http://127.0.0.1:9/"}), "status_307"),
        (lambda: (200, b"<html>", {}), "malformed"),
        (lambda: (200, b"[]", {}), "malformed"),
        (lambda: (200, b'{"contacts": {"not-an-id": {}}}', {}), "malformed"),
        (lambda: (200, b'{"contacts": null}', {}), "malformed"),
        (lambda: (200, b'{"contacts": {}, "more": "' + b"x" * 2_000_000 + b'"}', {}), "oversized"),
    ],
    ids=["error", "token", "redirect", "no json", "list", "bad id", "null", "oversized"],
)
async def test_an_answer_of_another_shape_is_no_answer(
    house: House, answer: Callable[[], Answer], reason: str
) -> None:
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    house.intake.broken = answer

    with pytest.raises(ContactsUnavailable) as refused:
        await house.close_month()

    assert refused.value.reason == reason
    await nothing_was_done(house)
    house.intake.broken = None
    assert await house.close_month() == 1


def lacks_name(contact: dict[str, Any]) -> None:
    contact["customer"]["name"] = "　 "


def lacks_customer(contact: dict[str, Any]) -> None:
    del contact["customer"]


def has_line_break(contact: dict[str, Any]) -> None:
    contact["customer"]["address"] = "東京都\r\n千代田区"


def is_far_too_long(contact: dict[str, Any]) -> None:
    contact["customer"]["name"] = "株" * 401


def has_bad_postal_code(contact: dict[str, Any]) -> None:
    contact["customer"]["postal_code"] = "１０００００１"


def belongs_to_another_order(contact: dict[str, Any]) -> None:
    contact["order_no"] = order_no(99)


@pytest.mark.parametrize(
    "spoil",
    [
        lacks_name,
        lacks_customer,
        has_line_break,
        is_far_too_long,
        has_bad_postal_code,
        belongs_to_another_order,
    ],
)
async def test_one_unusable_contact_is_put_off_to_the_next_day_and_stops_nobody(
    house: House, spoil: Callable[[dict[str, Any]], None], capfd: Any
) -> None:
    await house.activate([1, 2, 3])
    house.clock.advance(CLOSE_OF_APRIL)
    good = json.loads(json.dumps(house.intake.contacts[str(order_id(2))]))
    spoil(house.intake.contacts[str(order_id(2))])

    assert await house.close_month() == 3

    next_morning = at_local(date(2026, 5, 2), time(9))
    assert await house.numbers() == ["INV-2026-000001", "INV-2026-000002"]
    assert await house.pending() == (0, next_morning)
    (left,) = await house.rows("SELECT order_no, attempts, reason, late FROM cycles JOIN contracts USING (account_id) "
                               "WHERE state = 'open'")  # fmt: skip
    assert (left["order_no"], left["attempts"], left["reason"], left["late"]) == (
        order_no(2),
        1,
        "no_recipient",
        False,
    )
    assert "見本" not in "".join(capfd.readouterr())

    house.intake.contacts[str(order_id(2))] = good
    house.clock.advance(next_morning)
    assert await house.close_month() == 1
    assert await house.numbers() == ["INV-2026-000001", "INV-2026-000002", "INV-2026-000003"]


async def test_an_order_that_intake_does_not_know_is_tried_again_every_morning(house: House) -> None:
    await house.activate([1])
    house.intake.contacts.clear()
    house.clock.advance(CLOSE_OF_APRIL)
    for day in (2, 3, 4):
        assert await house.close_month() == 1
        assert await house.pending() == (0, at_local(date(2026, 5, day), time(9)))
        house.clock.advance(at_local(date(2026, 5, day), time(9)))

    assert await house.numbers() == []


async def test_contacts_that_nobody_asked_for_are_not_taken(house: House) -> None:
    await house.activate([1])
    house.intake.know(order_id(7), order_no(7), "頼まれない商事")
    known = dict(house.intake.contacts)
    house.intake.broken = lambda: (200, json.dumps({"contacts": known}).encode(), {})
    house.clock.advance(CLOSE_OF_APRIL)

    assert await house.close_month() == 1

    assert len(await house.rows("SELECT * FROM invoice_recipients")) == 1
