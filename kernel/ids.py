"""Identifiers: derived uuids that a replay makes again, and order numbers that people can read out."""

from __future__ import annotations

import re
from typing import NewType
from uuid import UUID, uuid5

OrderId = NewType("OrderId", UUID)
AccountId = NewType("AccountId", UUID)

KAITSU_NAMESPACE = UUID("6f0b7a52-5f0e-5d6a-9f61-3c1d6c2a7e10")
_ORDER_NO = re.compile(r"FO-([0-9]{2})(0[1-9]|1[0-2])-([0-9]{6})-([0-9])")


class BadOrderNo(ValueError):
    """The text is not an order number, or its check digit does not fit."""

    def __init__(self, text: str) -> None:
        super().__init__("not an order number: FO-YYMM-NNNNNN-c with a fitting check digit is expected")
        self.text = text


def derived_id(cause: UUID, *parts: str) -> UUID:
    """Return the uuid5 of the parts under the cause: the same cause and parts give the same id for ever."""
    return uuid5(cause, "\x1f".join(parts))


def inbound_id(source: str, given_id: str) -> UUID:
    """Return the id under which an event of a foreign source is known here."""
    return derived_id(KAITSU_NAMESPACE, "inbound", source, given_id)


def form_order_id(form: str, response: str) -> OrderId:
    """Return the order's id: one form response is one order, however often it is sent or edited."""
    return OrderId(derived_id(KAITSU_NAMESPACE, "order", form, response))


def check_digit(digits: str) -> int:
    """Return the ISO 7064 MOD 11,10 check digit of decimal digits.

    It finds every single wrong digit and nearly all swapped neighbors.
    """
    carry = 10
    for digit in digits:
        carry = ((carry + int(digit)) % 10 or 10) * 2 % 11
    return (11 - carry) % 10


def format_order_no(year: int, month: int, serial: int) -> str:
    """Return the order number `FO-YYMM-NNNNNN-c` of the serial-th order of a month.

    :raises ValueError: serial outside 1 to 999,999, or month outside 1 to 12.
    """
    if not (1 <= serial <= 999_999 and 1 <= month <= 12):
        raise ValueError("serial must be within 1..999999 and month within 1..12")
    digits = f"{year % 100:02d}{month:02d}{serial:06d}"
    return f"FO-{digits[:4]}-{digits[4:]}-{check_digit(digits)}"


def check_order_no(text: str) -> str:
    """Return the order number unchanged.

    :raises BadOrderNo: wrong shape or wrong check digit.
    """
    match = _ORDER_NO.fullmatch(text)
    if not match or check_digit("".join(match.groups()[:3])) != int(match[4]):
        raise BadOrderNo(text)
    return text
