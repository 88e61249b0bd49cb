"""A tariff: priced charges with their clauses, in versions that hold from a date on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kernel.yen import Yen


class BadBook(ValueError):
    """A book of figures (tariff, tax rates, operator's rules) contradicts itself; `rule` says how."""

    def __init__(self, book: str, rule: str) -> None:
        super().__init__(f"{book}: {rule}")
        self.book, self.rule = book, rule


class NotRatable(ValueError):
    """A piece of work has no price or no tax rate; `code` is for machines, `day` the day of the work."""

    def __init__(self, code: str, day: date) -> None:
        super().__init__(f"{code} on {day}")
        self.code, self.day = code, day


class Due(StrEnum):
    """What makes a charge due."""

    MONTHLY = "monthly"
    ACTIVATION = "activation"
    ADD_ON = "add_on"


@dataclass(frozen=True)
class Charge:
    """One priced row of a tariff. net_yen: per unit, without tax; plan: set where only that plan pays it."""

    code: str
    due: Due
    unit: str
    net_yen: Yen
    clause: str
    source: str
    label_en: str
    label_ja: str
    plan: str | None = None

    def __post_init__(self) -> None:
        if self.net_yen < 0:
            raise BadBook("tariff", f"{self.code} has a negative price")
        if not (self.clause and self.source and self.label_en and self.label_ja):
            raise BadBook("tariff", f"{self.code} needs a clause, a source and both labels")
        if (self.due is Due.MONTHLY) != (self.plan is not None):
            raise BadBook("tariff", f"{self.code}: exactly the monthly fees belong to a plan")


@dataclass(frozen=True)
class TariffVersion:
    """The charges in force from a date on (local, Asia/Tokyo), those taken over from earlier versions included."""

    id: str
    effective_from: date
    charges: Mapping[str, Charge]

    def monthly_fee(self, plan: str, *, day: date) -> Charge:
        """Return the monthly fee of the plan.

        :raises NotRatable: the version has none; `day` is only told.
        """
        for charge in self.charges.values():
            if charge.due is Due.MONTHLY and charge.plan == plan:
                return charge
        raise NotRatable("plan_without_price", day)

    def activation_fees(self) -> tuple[Charge, ...]:
        """Return the one-off charges of an activation, in the order of the book."""
        return tuple(charge for charge in self.charges.values() if charge.due is Due.ACTIVATION)


@dataclass(frozen=True)
class Tariff:
    """All versions of one price list, the oldest first. A version inherits what it does not replace.

    Source: construction-fees.md (versions, inheritance; the choice by the day of the work is our assumption).
    """

    versions: tuple[TariffVersion, ...]

    @classmethod
    def of(cls, versions: Iterable[tuple[str, date, Iterable[Charge]]]) -> Tariff:
        """Return the tariff made of (id, effective from, own charges), each version on top of the one before.

        :raises BadBook: no version, a date or an id twice, a charge twice in one version, two monthly fees of a plan.
        """
        made: list[TariffVersion] = []
        inherited: dict[str, Charge] = {}
        for version_id, effective_from, charges in sorted(versions, key=lambda version: version[1]):
            if any(version_id == other.id or effective_from == other.effective_from for other in made):
                raise BadBook("tariff", f"version {version_id} stands twice")
            inherited = {**inherited, **_own(version_id, charges)}
            plans = [charge.plan for charge in inherited.values() if charge.due is Due.MONTHLY]
            if len(plans) != len(set(plans)):
                raise BadBook("tariff", f"version {version_id} has two monthly fees for a plan")
            made.append(TariffVersion(version_id, effective_from, inherited))
        if not made:
            raise BadBook("tariff", "no version")
        return cls(tuple(made))

    def in_force(self, day: date) -> TariffVersion:
        """Return the version in force on the day of the work.

        :raises NotRatable: the day lies before the first version.
        """
        for version in reversed(self.versions):
            if version.effective_from <= day:
                return version
        raise NotRatable("no_tariff_in_force", day)


def _own(version_id: str, charges: Iterable[Charge]) -> dict[str, Charge]:
    own: dict[str, Charge] = {}
    for charge in charges:
        if charge.code in own:
            raise BadBook("tariff", f"{charge.code} stands twice in version {version_id}")
        own[charge.code] = charge
    return own
