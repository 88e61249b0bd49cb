"""Consumption tax (消費税): the rate of the day, and the tax of one invoice, rounded once per rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.periods import Period
from kernel.yen import Rounding, Yen, round_yen
from services.billing.domain.tariff import BadBook, NotRatable

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class TaxRate:
    """One rate from a date on; the code tells apart rates of equal height (old 8 % and reduced 8 %)."""

    code: str
    percent: Decimal
    effective_from: date
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.percent < _HUNDRED:
            raise BadBook("consumption tax", f"{self.code}: percent must be within 0 to 100")
        if not self.source:
            raise BadBook("consumption tax", f"{self.code} needs a source")


@dataclass(frozen=True)
class TaxDecision:
    """Which rate a line bears, by which day, and why."""

    rate_code: str
    percent: Decimal
    decided_by: date
    reason: str


@dataclass(frozen=True)
class TaxTable:
    """The standard rates, the oldest first."""

    rates: tuple[TaxRate, ...]

    @classmethod
    def of(cls, rates: Iterable[TaxRate]) -> TaxTable:
        """Return the table.

        :raises BadBook: no rate, or a code or a date twice.
        """
        ordered = tuple(sorted(rates, key=lambda rate: rate.effective_from))
        if not ordered:
            raise BadBook("consumption tax", "no rate")
        if len({rate.code for rate in ordered}) != len(ordered):
            raise BadBook("consumption tax", "a code stands twice")
        if len({rate.effective_from for rate in ordered}) != len(ordered):
            raise BadBook("consumption tax", "a date stands twice")
        return cls(ordered)

    def in_force(self, day: date) -> TaxRate:
        """Return the rate in force on the day.

        :raises NotRatable: the day lies before the first rate.
        """
        for rate in reversed(self.rates):
            if rate.effective_from <= day:
                return rate
        raise NotRatable("no_tax_rate_in_force", day)

    def for_work(self, done_on: date) -> TaxDecision:
        """Return the decision for one-off work: the rate in force on the day when it was done.

        Source: japanese-standards.md, section 3 (rates by date).
        """
        rate = self.in_force(done_on)
        return TaxDecision(rate.code, rate.percent, done_on, "rate in force on the day of the work")

    def for_service(self, period: Period) -> TaxDecision:
        """Return the decision for a fixed monthly fee: the rate in force on the last day of its service period.

        The rule for supply that straddles a change (経過措置) is for metered fees and is not applied to a fixed one.
        Source: japanese-standards.md, section 3 (transitional rule; its exclusion of fixed fees is marked unverified).
        """
        rate = self.in_force(period.last)
        return TaxDecision(
            rate.code, rate.percent, period.last, "rate in force on the last day of the service period"
        )


@dataclass(frozen=True)
class TaxSum:
    """What one invoice bears under one rate. base_yen: the sum of its lines, without tax."""

    rate_code: str
    percent: Decimal
    base_yen: Yen
    tax_yen: Yen
    rounding: Rounding


def tax_sums(lines: Iterable[tuple[TaxDecision, Yen]], *, rounding: Rounding) -> tuple[TaxSum, ...]:
    """Return base and tax per rate, in order of the rate's code.

    Rounds once per rate over all its lines, never per line: 3 lines of 105 yen at 10 % bear 31 yen, not 30.
    Source: japanese-standards.md, section 3 (qualified invoice, 適格請求書); the method is ADR-0007.
    """
    bases: dict[tuple[str, Decimal], int] = {}
    for decision, net_yen in lines:
        key = (decision.rate_code, decision.percent)
        bases[key] = bases.get(key, 0) + net_yen
    return tuple(
        TaxSum(code, percent, Yen(base), round_yen(base * percent / _HUNDRED, rounding), rounding)
        for (code, percent), base in sorted(bases.items())
    )
