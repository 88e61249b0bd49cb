"""The books of figures in data/, validated once at the start: tariff, tax rates, operator's rules, calendar."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated

import holidays
from pydantic import BaseModel, ConfigDict, Field

from kernel.calendar import BusinessCalendar
from kernel.yen import Rounding, Yen
from services.billing.domain.cycle import Terms
from services.billing.domain.rating import Rater
from services.billing.domain.tariff import Charge, Due, Tariff
from services.billing.domain.tax import TaxRate, TaxTable

CALENDAR_YEARS = range(2000, 2051)

_Text = Annotated[str, Field(min_length=1)]
_MonthDay = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _ChargeRow(_Strict):
    code: Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]
    due: Annotated[Due, Field(strict=False)]
    unit: _Text
    net_yen: Annotated[int, Field(ge=0)]
    clause: _Text
    source: _Text
    label_en: _Text
    label_ja: _Text
    plan: _Text | None = None

    def charge(self) -> Charge:
        return Charge(
            code=self.code,
            due=self.due,
            unit=self.unit,
            net_yen=Yen(self.net_yen),
            clause=self.clause,
            source=self.source,
            label_en=self.label_en,
            label_ja=self.label_ja,
            plan=self.plan,
        )


class _VersionRow(_Strict):
    id: _Text
    effective_from: date
    charge: list[_ChargeRow]


class _TariffFile(_Strict):
    version: list[_VersionRow]


class _RateRow(_Strict):
    code: _Text
    percent: Annotated[Decimal, Field(strict=False)]
    effective_from: date
    source: _Text


class _TaxFile(_Strict):
    rate: list[_RateRow]


class _Close(_Strict):
    at: time
    again_at: time
    clause: _Text


class _Payment(_Strict):
    months_after_issue: int
    days_at_least: int
    closed_on: list[_MonthDay]
    clause: _Text


class _Roundings(_Strict):
    monthly_fee: Annotated[Rounding, Field(strict=False)]
    tax: Annotated[Rounding, Field(strict=False)]
    clause: _Text


class _Bounds(_Strict):
    invoices_per_account_and_day: int
    clause: _Text


class _OperatorFile(_Strict):
    close: _Close
    payment: _Payment
    rounding: _Roundings
    bounds: _Bounds


@dataclass(frozen=True)
class Books:
    """Everything that a bill is made from, apart from the work itself."""

    rater: Rater
    terms: Terms
    calendar: BusinessCalendar


def parse_tariff(text: str) -> Tariff:
    """Return the tariff of a TOML text.

    :raises pydantic.ValidationError: a row has not the shape; BadBook: the book contradicts itself.
    """
    rows = _TariffFile.model_validate(tomllib.loads(text))
    return Tariff.of(
        (row.id, row.effective_from, [charge.charge() for charge in row.charge]) for row in rows.version
    )


def parse_taxes(text: str) -> TaxTable:
    """Return the tax table of a TOML text.

    :raises pydantic.ValidationError: a row has not the shape; BadBook: the book contradicts itself.
    """
    rows = _TaxFile.model_validate(tomllib.loads(text, parse_float=Decimal))
    return TaxTable.of(TaxRate(row.code, row.percent, row.effective_from, row.source) for row in rows.rate)


def parse_terms(text: str) -> Terms:
    """Return the operator's rules of a TOML text.

    :raises pydantic.ValidationError: a row has not the shape; BadBook: the book contradicts itself.
    """
    rows = _OperatorFile.model_validate(tomllib.loads(text))
    return Terms(
        closes_at=rows.close.at,
        asks_again_at=rows.close.again_at,
        due_months=rows.payment.months_after_issue,
        due_days_at_least=rows.payment.days_at_least,
        invoices_per_account_and_day=rows.bounds.invoices_per_account_and_day,
        fee_rounding=rows.rounding.monthly_fee,
        tax_rounding=rows.rounding.tax,
        closed_on=tuple((int(day[:2]), int(day[3:])) for day in rows.payment.closed_on),
    )


def calendar_of(
    closed_on: Iterable[tuple[int, int]], *, years: Iterable[int] = CALENDAR_YEARS
) -> BusinessCalendar:
    """Return the calendar of banking days in Japan: weekdays without public holidays and the yearly closed days."""
    covered = tuple(years)
    public: Iterable[date] = holidays.country_holidays("JP", years=covered)
    closures = [date(year, month, day) for year in covered for month, day in closed_on]
    return BusinessCalendar.of(public, years=covered, closures=closures)


@cache
def load_books() -> Books:
    """Return the books of this installation; a bad figure stops the start, not a bill run."""
    terms = parse_terms(_text("operator.toml"))
    rater = Rater(
        parse_tariff(_text("tariff.toml")), parse_taxes(_text("consumption_tax.toml")), terms.fee_rounding
    )
    return Books(rater, terms, calendar_of(terms.closed_on))


def _text(name: str) -> str:
    return (resources.files("services.billing") / "data" / name).read_text(encoding="utf-8")
