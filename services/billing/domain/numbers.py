"""Numbers that people read: invoice numbers of a gapless series, and the issuer's registration number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_INVOICE_NO = re.compile(r"INV-(\d{4})-(\d{6,9})")
_REGISTRATION = re.compile(r"T([1-9])([0-9]{12})")


class BadInvoiceNumber(ValueError):
    """The text is not an invoice number."""

    def __init__(self, text: str) -> None:
        super().__init__("not an invoice number: INV-YYYY-NNNNNN is expected")
        self.text = text


class BadRegistration(ValueError):
    """The text is not a registration number, or its check digit does not fit."""

    def __init__(self, text: str) -> None:
        super().__init__("not a registration number: T and 13 digits with a fitting check digit are expected")
        self.text = text


@dataclass(frozen=True, order=True)
class InvoiceNumber:
    """A place in a series: one series per calendar year of issue, counted from 1 without a gap."""

    year: int
    serial: int

    def __str__(self) -> str:
        return f"{series_of(self.year)}-{self.serial:06d}"

    @classmethod
    def parse(cls, text: str) -> InvoiceNumber:
        """Return the number that the text names.

        :raises BadInvoiceNumber: another shape, serial 0, or more zeros than we print.
        """
        match = _INVOICE_NO.fullmatch(text) if text.isascii() else None
        number = cls(int(match[1]), int(match[2])) if match else None
        if number is None or number.serial < 1 or str(number) != text:
            raise BadInvoiceNumber(text)
        return number


def series_of(year: int) -> str:
    """Return the name of the series of invoices that are issued in the year."""
    return f"INV-{year:04d}"


def numbers_after(last: int, count: int, *, issued_on: date) -> list[InvoiceNumber]:
    """Return the next numbers of the year's series after the last used serial."""
    return [InvoiceNumber(issued_on.year, last + step) for step in range(1, count + 1)]


def check_registration(text: str) -> str:
    """Return the registration number (登録番号) unchanged.

    T + check digit + 12 digits; check digit = 9 - (sum of digit x weight, mod 9), weights 1, 2, 1, 2 … from the right.
    :raises BadRegistration: wrong shape or wrong check digit.
    Source: japanese-standards.md, section 3.
    """
    match = _REGISTRATION.fullmatch(text)
    if not match:
        raise BadRegistration(text)
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(match[2])))
    if int(match[1]) != 9 - total % 9:
        raise BadRegistration(text)
    return text
