"""An invoice: lines, tax once per rate, and a total that is refused when it does not add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kernel.ids import derived_id
from kernel.yen import Rounding, Yen
from services.billing.domain.numbers import InvoiceNumber
from services.billing.domain.rating import Line
from services.billing.domain.tax import TaxSum, tax_sums


class DoesNotAddUp(ValueError):
    """The sums of an invoice contradict its lines."""


@dataclass(frozen=True)
class Bill:
    """The charges of one account for one month, whole yen, not yet numbered.

    :raises DoesNotAddUp: no line, or net, tax and total are not the sums of their parts.
    """

    lines: tuple[Line, ...]
    taxes: tuple[TaxSum, ...]
    net_yen: Yen
    tax_yen: Yen
    total_yen: Yen

    def __post_init__(self) -> None:
        nets = sum(line.net_yen for line in self.lines)
        if not self.lines or self.net_yen != nets or nets != sum(part.base_yen for part in self.taxes):
            raise DoesNotAddUp("the net sum is not the sum of the lines")
        if self.tax_yen != sum(part.tax_yen for part in self.taxes):
            raise DoesNotAddUp("the tax is not the sum of the rates")
        if self.total_yen != self.net_yen + self.tax_yen:
            raise DoesNotAddUp("the total is not net plus tax")


@dataclass(frozen=True)
class Recipient:
    """Who the invoice is made out to, as the customer's contact was on the day of issue. Personal data."""

    name: str
    contact_person: str | None
    postal_code: str
    address: str

    def __repr__(self) -> str:
        return "Recipient(…)"


@dataclass(frozen=True)
class Issuer:
    """Who issues: name and registration number (登録番号) of the qualified invoice issuer."""

    name: str
    registration: str


@dataclass(frozen=True)
class Invoice:
    """One numbered bill; immutable from here on. issued_on, due_on: local, Asia/Tokyo."""

    id: UUID
    number: InvoiceNumber
    account_id: UUID
    month: date
    late: bool
    issued_on: date
    due_on: date
    bill: Bill
    recipient: Recipient


def add_up(lines: Sequence[Line], *, tax_rounding: Rounding) -> Bill:
    """Return the bill of the lines; the tax is rounded once per rate, as named.

    :raises DoesNotAddUp: there is no line.
    """
    taxes = tax_sums(((line.tax, line.net_yen) for line in lines), rounding=tax_rounding)
    net_yen = Yen(sum(line.net_yen for line in lines))
    tax_yen = Yen(sum(part.tax_yen for part in taxes))
    return Bill(tuple(lines), taxes, net_yen, tax_yen, Yen(net_yen + tax_yen))


def invoice_id(account_id: UUID, month: date) -> UUID:
    """Return the id of the account's invoice for the month: the same two give the same id for ever."""
    return derived_id(account_id, "invoice", month.isoformat())
