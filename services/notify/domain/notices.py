"""Which news makes which notices for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from kernel.ids import derived_id

Fact = str | int | None | Sequence[Sequence[str]]
Facts = Mapping[str, Fact]


class Role(StrEnum):
    """Who is told."""

    CUSTOMER = "customer"
    SALES = "sales"


class Kind(StrEnum):
    """What a notice is about, as the world outside knows it."""

    DEFECT = "defect"
    CONSULT = "consult"
    CONSTRUCTION_DATE = "construction_date"
    DATE_CHANGE = "date_change"
    PROMISE = "promise"
    LIT = "lit"
    INVOICE = "invoice"


class Letter(StrEnum):
    """Which text says it: a change of date has three, because three different things may have happened."""

    DEFECT = "defect"
    CONSULT = "consult"
    CONSTRUCTION_DATE = "construction_date"
    DATE_POSTPONED = "date_postponed"
    DATE_REPLACED = "date_replaced"
    DATE_LOST = "date_lost"
    PROMISE = "promise"
    LIT = "lit"
    INVOICE = "invoice"


BOTH: Final = (Role.CUSTOMER, Role.SALES)
AUDIENCE: Final[Mapping[Letter, tuple[Kind, tuple[Role, ...]]]] = MappingProxyType(
    {
        Letter.DEFECT: (Kind.DEFECT, (Role.SALES,)),
        Letter.CONSULT: (Kind.CONSULT, BOTH),
        Letter.CONSTRUCTION_DATE: (Kind.CONSTRUCTION_DATE, BOTH),
        Letter.DATE_POSTPONED: (Kind.DATE_CHANGE, BOTH),
        Letter.DATE_REPLACED: (Kind.DATE_CHANGE, BOTH),
        Letter.DATE_LOST: (Kind.DATE_CHANGE, (Role.SALES,)),
        Letter.PROMISE: (Kind.PROMISE, (Role.SALES,)),
        Letter.LIT: (Kind.LIT, BOTH),
        Letter.INVOICE: (Kind.INVOICE, (Role.CUSTOMER,)),
    }
)


@dataclass(frozen=True)
class News:
    """Something that somebody must be told, with the facts of its text; no personal data.

    facts: JSON words; a name ending in `_on` is an ISO date, in `_yen` whole yen, None = not known.
    """

    order_id: UUID
    letter: Letter
    facts: Facts


@dataclass(frozen=True)
class Notice:
    """One notice to one recipient; the same cause makes the same notice for ever."""

    notice_id: UUID
    order_id: UUID
    kind: Kind
    letter: Letter
    recipient: Role
    facts: Facts


def notices_of(news: News, *, cause_id: UUID) -> tuple[Notice, ...]:
    """Return the notices that the news makes, customer first. cause_id: id of the event that brought it."""
    kind, roles = AUDIENCE[news.letter]
    return tuple(
        Notice(
            notice_id=derived_id(cause_id, kind.value, role.value),
            order_id=news.order_id,
            kind=kind,
            letter=news.letter,
            recipient=role,
            facts=news.facts,
        )
        for role in roles
    )


def date_letter(previous_on: date | None) -> Letter:
    """Return the letter for a fixed construction date: a first one, or one that replaces `previous_on`.

    The same date again after it was withdrawn is told as a change too: people believe that it is off.
    """
    return Letter.CONSTRUCTION_DATE if previous_on is None else Letter.DATE_REPLACED
