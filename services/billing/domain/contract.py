"""The contract of one lit line, and one month of it that is to be billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.billing.domain.cycle import Cycle


@dataclass(frozen=True)
class Contract:
    """One order, one account, one contract. activated_on: first billed day, local; opened_at: when we learned of it."""

    account_id: UUID
    order_id: UUID
    order_no: str
    plan: str
    activated_on: date
    opened_at: datetime
    activation_id: UUID
    correlation_id: UUID

    def agrees_with(self, other: Contract) -> bool:
        """Return whether another activation of the order says the same about what is billed."""
        return (self.plan, self.activated_on) == (other.plan, other.activated_on)


@dataclass(frozen=True)
class DueCycle:
    """A contract with the month that is to be billed; attempts: how often it could not be."""

    contract: Contract
    cycle: Cycle
    attempts: int
