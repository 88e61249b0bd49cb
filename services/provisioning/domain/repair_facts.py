"""What people do to many orders at once, by a plan: ask the carrier once more, take a plan's cancellation back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from services.provisioning.domain.facts import Fact, FactKind


@dataclass(frozen=True)
class ServiceOrderAskedAgain(Fact):
    """The carrier was asked once more for what it had been asked already."""

    kind: ClassVar[FactKind] = FactKind.SERVICE_ORDER_ASKED_AGAIN
    asked_on: date


@dataclass(frozen=True)
class OrderReopened(Fact):
    """The cancellation that a plan had made was taken back."""

    kind: ClassVar[FactKind] = FactKind.ORDER_REOPENED
    plan_id: UUID
