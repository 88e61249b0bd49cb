"""Small books that the unit tests of billing share."""

from __future__ import annotations

from datetime import date, time

from kernel.yen import Rounding, Yen
from services.billing.domain.cycle import Terms
from services.billing.domain.tariff import Charge, Due

TERMS = Terms(
    closes_at=time(9),
    asks_again_at=time(9),
    due_months=0,
    due_days_at_least=14,
    invoices_per_account_and_day=3,
    fee_rounding=Rounding.DOWN,
    tax_rounding=Rounding.DOWN,
)
OLD, NEW = date(2020, 1, 1), date(2020, 10, 29)


def charge(code: str, yen: int, *, due: Due = Due.ACTIVATION, plan: str | None = None) -> Charge:
    """Return a charge of a made-up price list."""
    return Charge(
        code=code,
        due=due,
        unit="contract",
        net_yen=Yen(yen),
        clause=f"clause of {code}",
        source="made up",
        label_en=code,
        label_ja=code,
        plan=plan,
    )
