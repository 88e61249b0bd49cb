"""Rating: the work that was done becomes lines, each of which says which clause its yen come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kernel.periods import Period
from kernel.yen import Rounding, Yen
from services.billing.domain.proration import first_month, prorate
from services.billing.domain.tariff import Charge, Tariff
from services.billing.domain.tax import TaxDecision, TaxTable

Inputs = Mapping[str, int | str]


@dataclass(frozen=True)
class Line:
    """One charge of an invoice, net of tax. inputs: every figure that the amount was computed from."""

    charge: Charge
    tariff_version: str
    service: Period
    inputs: Inputs
    rounding: Rounding | None
    net_yen: Yen
    explanation: str
    tax: TaxDecision


@dataclass(frozen=True)
class Rater:
    """The books in force: it rates work under the tariff and the tax of the day of the work."""

    tariff: Tariff
    taxes: TaxTable
    fee_rounding: Rounding

    def activation(self, plan: str, activated_on: date) -> tuple[Line, ...]:
        """Return the lines of the month of activation: the monthly fee by days, then the one-off fees of the work.

        :raises NotRatable: no tariff, no price of the plan, or no tax rate for the day.
        Source: line-application.md, "Products" and "Rules".
        """
        version = self.tariff.in_force(activated_on)
        monthly = version.monthly_fee(plan, day=activated_on)
        lines = [self._monthly(monthly, version.id, first_month(activated_on))]
        lines.extend(self._one_off(charge, version.id, activated_on) for charge in version.activation_fees())
        return tuple(lines)

    def _monthly(self, charge: Charge, version_id: str, used: Period) -> Line:
        share = prorate(charge.net_yen, used, rounding=self.fee_rounding)
        whole = share.days_used == share.month_days
        explanation = (
            f"{charge.label_en}: {share.unit_yen:,} yen for the full month from {used.start} to {used.last}."
            if whole
            else f"{charge.label_en}: {share.unit_yen:,} yen a month x {share.days_used} days used"
            f" ({used.start} to {used.last}) / {share.month_days} days of the month,"
            f" rounded {share.rounding.value.replace('_', ' ')} to {share.net_yen:,} yen."
        )
        return Line(
            charge=charge,
            tariff_version=version_id,
            service=used,
            inputs={
                "unit_yen": share.unit_yen,
                "days_used": share.days_used,
                "month_days": share.month_days,
                "from": used.start.isoformat(),
                "to": used.last.isoformat(),
            },
            rounding=share.rounding,
            net_yen=share.net_yen,
            explanation=explanation,
            tax=self.taxes.for_service(used),
        )

    def _one_off(self, charge: Charge, version_id: str, done_on: date) -> Line:
        day = Period(done_on, date.fromordinal(done_on.toordinal() + 1))
        return Line(
            charge=charge,
            tariff_version=version_id,
            service=day,
            inputs={
                "unit_yen": charge.net_yen,
                "quantity": 1,
                "unit": charge.unit,
                "done_on": done_on.isoformat(),
            },
            rounding=None,
            net_yen=charge.net_yen,
            explanation=f"{charge.label_en}: 1 {charge.unit} of {done_on} at {charge.net_yen:,} yen.",
            tax=self.taxes.for_work(done_on),
        )
