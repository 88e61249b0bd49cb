"""What states and patterns are called on the pages of docs/machine; facts are named by the docstrings of their classes.

A state or pattern without its row is found by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.provisioning.domain.facts import FACTS, FactKind
from services.provisioning.domain.order import State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code

STATES: Final[Mapping[State, str]] = {
    State.AWAITING_CONSULT: "The desk is to call the customer (コンサル).",
    State.AWAITING_SERVICE_ORDER: "The carrier is asked for a service order.",
    State.AWAITING_ADDRESS_REGISTRATION: "The site is not in the carrier's system and is being registered (住所登録).",
    State.AWAITING_CONSTRUCTION_DATE: "The service order exists; the carrier is to offer or fix a date.",
    State.DATE_HELD: "The carrier holds a date until the customer has answered.",
    State.DATE_CONFIRMED: "The customer took the date; the carrier is to fix it.",
    State.AWAITING_CUSTOMER: "The date is lost; the customer is to say when.",
    State.CONSTRUCTION_SCHEDULED: "The day of the construction is fixed.",
    State.ACTIVE: "The line is lit (開通).",
    State.CANCELLED: "The order is called off.",
}


@dataclass(frozen=True)
class About:
    """A pattern in words. Source: fiber-orders.md, "The seven patterns"."""

    title: str
    happens: str


PATTERNS: Final[Mapping[Pattern, About]] = {
    Pattern.IMMEDIATE: About(
        "Immediate",
        "The application has no defect and the site is registered: the order is created and processed, and the dates "
        "of survey and construction are obtained at once.",
    ),
    Pattern.ADDRESS_REGISTRATION: About(
        "Address registration (住所登録)",
        "The site is not in the carrier's system. It is registered first, which takes 4 to 6 days; the order's "
        "creation starts only then, and goes on as in pattern 1.",
    ),
    Pattern.WORKS_FOUND_AFTER_SURVEY: About(
        "Works found after the survey",
        "The building was surveyed; then the outside survey of the drop's route finds that general works (サ総) or "
        "permits (申請) are needed. There is no construction date until they are done.",
    ),
    Pattern.NO_NEAR_DATE: About(
        "No near date",
        "The carrier's system offers no near construction date; works or permits are expected beforehand.",
    ),
    Pattern.EQUIPMENT_RETURN: About(
        "Equipment return (設備戻り)",
        "The carrier's equipment situation (general works, road-use permits) postpones or drops a date that had been "
        "obtained.",
    ),
    Pattern.NOT_IMMEDIATE: About(
        "Not immediate",
        "The order can be created, but no date fixed on the spot: the carrier's plant side is asked first. It answers "
        "that a survey, general works or permits are needed, or that construction is possible.",
    ),
    Pattern.CUSTOMER_DELAY: About(
        "Customer delay",
        "Sales or customer did not answer by the day on which construction could still be arranged, and the "
        "provisional date is dropped.",
    ),
}

CODES: Final[Mapping[Code, str]] = {
    Code.UNKNOWN_ORDER: "no such order came within the time that a claim waits",
    Code.WRONG_STATE: "it is not its turn",
    Code.TOO_LATE: "it could have been said before",
    Code.WRONG_DATE: "it contradicts the days that the order knows",
    Code.ALREADY_DONE: "it was said before",
    Code.ORDER_ENDED: "the line is lit, or the order called off",
    Code.DATE_IN_PAST: "the day that it names is over",
}


def fact_about(kind: FactKind) -> str:
    """Return the first sentence of what a fact says."""
    return (FACTS[kind].__doc__ or "").partition("\n")[0]
