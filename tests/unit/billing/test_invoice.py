"""Sums that must add up, numbers that people read, and the issuer's registration number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import derived_id
from kernel.yen import Rounding, Yen
from services.billing.books import load_books
from services.billing.domain.invoice import Bill, DoesNotAddUp, Recipient, add_up, invoice_id
from services.billing.domain.numbers import (
    BadInvoiceNumber,
    BadRegistration,
    InvoiceNumber,
    check_registration,
    numbers_after,
)

BILL = add_up(load_books().rater.activation("ip8", date(2026, 4, 20)), tax_rounding=Rounding.DOWN)


def test_an_invoice_of_april_adds_up_to_the_yen() -> None:
    assert [line.net_yen for line in BILL.lines] == [14_666, 1_000, 1_000, 800]
    assert (BILL.net_yen, BILL.tax_yen, BILL.total_yen) == (17_466, 1_746, 19_212)


@pytest.mark.parametrize("field", ["net_yen", "tax_yen", "total_yen"])
def test_a_sum_that_is_one_yen_off_is_refused(field: str) -> None:
    with pytest.raises(DoesNotAddUp):
        replace(BILL, **{field: Yen(getattr(BILL, field) + 1)})


def test_a_bill_without_a_line_is_refused() -> None:
    with pytest.raises(DoesNotAddUp):
        Bill((), (), Yen(0), Yen(0), Yen(0))


@given(
    day=st.dates(date(2000, 1, 1), date(2049, 12, 31)),
    plan=st.sampled_from(["ip1_enterprise", "ip8", "ip16"]),
)
def test_every_activation_of_fifty_years_can_be_billed(day: date, plan: str) -> None:
    bill = add_up(load_books().rater.activation(plan, day), tax_rounding=Rounding.DOWN)

    assert bill.total_yen == sum(line.net_yen for line in bill.lines) + bill.tax_yen
    assert 2_800 < bill.net_yen <= 61_800


def test_an_account_has_one_invoice_id_per_month() -> None:
    account = derived_id(UUID(int=7), "account")

    assert invoice_id(account, date(2026, 4, 1)) == invoice_id(account, date(2026, 4, 1))
    assert invoice_id(account, date(2026, 4, 1)) != invoice_id(account, date(2026, 5, 1))


def test_numbers_go_on_where_the_series_ended() -> None:
    numbers = numbers_after(41, 2, issued_on=date(2026, 5, 1))

    assert [str(number) for number in numbers] == ["INV-2026-000042", "INV-2026-000043"]


@given(year=st.integers(2000, 9999), serial=st.integers(1, 999_999_999))
def test_a_number_reads_back_as_itself(year: int, serial: int) -> None:
    assert InvoiceNumber.parse(str(InvoiceNumber(year, serial))) == InvoiceNumber(year, serial)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INV-2026-000000",
        "INV-2026-0000042",
        "INV-2026-42",
        "inv-2026-000042",
        "INV-2026-000042\n",
        "INV-２０２６-000042",
    ],
)
def test_what_is_no_invoice_number_is_refused(text: str) -> None:
    with pytest.raises(BadInvoiceNumber):
        InvoiceNumber.parse(text)


@pytest.mark.parametrize("text", ["T7123456789012", "T4011001098993"])
def test_a_registration_number_with_its_check_digit_is_taken(text: str) -> None:
    assert check_registration(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "7123456789012",
        "T712345678901",
        "T71234567890123",
        "T0123456789012",
        "t7123456789012",
        "T7123456789012\n",
    ]
    + [f"T{digit}123456789012" for digit in "12345689"],
)
def test_another_check_digit_or_shape_is_refused(text: str) -> None:
    with pytest.raises(BadRegistration):
        check_registration(text)


def test_a_recipient_does_not_show_itself_in_a_log_or_traceback() -> None:
    recipient = Recipient("見本商事", None, "100-0001", "東京都千代田区千代田1-1")

    assert "見本" not in repr(recipient)
    assert "東京" not in str(recipient)
