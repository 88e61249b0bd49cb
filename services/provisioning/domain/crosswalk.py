"""What a carrier's code or free text means: pattern, reason, responsible, action; no order of rules matters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.provisioning.domain.patterns import Pattern

# Pattern 1 is no delay; pattern 2 starts the clock of a registration, which only the carrier's own claim for it can do.
PATTERNS: Final = frozenset(Pattern) - {Pattern.IMMEDIATE, Pattern.ADDRESS_REGISTRATION}


class Reason(StrEnum):
    """Why it takes longer."""

    EQUIPMENT_RETURN = "equipment_return"
    GENERAL_WORKS = "general_works"
    ROAD_USE_PERMIT = "road_use_permit"
    OWNER_PERMIT = "owner_permit"
    ADDRESS_REGISTRATION = "address_registration"
    NO_NEAR_DATE = "no_near_date"
    PLANT_INQUIRY = "plant_inquiry"
    ABSENT = "absent"
    NOT_CARRIED_OUT = "not_carried_out"
    CUSTOMER_WISH = "customer_wish"
    SITE_NOT_READY = "site_not_ready"
    NOT_FEASIBLE = "not_feasible"
    WEATHER = "weather"
    OTHER = "other"


class Responsible(StrEnum):
    """On whose side the reason lies."""

    CARRIER = "carrier"
    CUSTOMER = "customer"
    SALES = "sales"
    DESK = "desk"
    OWNER = "owner"


class Action(StrEnum):
    """What has to be done."""

    CANCEL = "cancel"
    DELAY = "delay"
    INFORM = "inform"
    REAPPOINT = "reappoint"


class Kind(StrEnum):
    """What a rule looks at."""

    CODE = "code"
    PHRASE = "phrase"


@dataclass(frozen=True)
class Meaning:
    """What a report means; pattern: the delay pattern that the order meets, or none."""

    pattern: Pattern | None
    reason: Reason
    responsible: Responsible
    action: Action


@dataclass(frozen=True)
class Rule:
    """A code or a phrase with its meaning; key: normalized. since: for reports said from then on; None: for all."""

    id: str
    version: int
    kind: Kind
    key: str
    meaning: Meaning
    since: datetime | None = None

    @property
    def name(self) -> str:
        """The rule with its version, as facts cite it."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True)
class Match:
    """What the rules say. rule: the one that maps, None if a person must answer; candidates: all that speak."""

    rule: Rule | None
    candidates: tuple[Rule, ...] = ()

    @property
    def meaning(self) -> Meaning | None:
        """What the report means, if the rules agree."""
        return self.rule and self.rule.meaning


class DoubledRule(ValueError):
    """Two rules claim one name and version, or one code or phrase belongs to two rules."""

    def __init__(self, name: str) -> None:
        super().__init__("a rule exists twice")
        self.name = name


class Crosswalk:
    """All rules, in all versions.

    :raises DoubledRule: two rules share a name, or two rules of different ids a key.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: Final = tuple(sorted(rules, key=lambda rule: (rule.id, rule.version)))
        names: set[str] = set()
        ids: dict[tuple[Kind, str], str] = {}
        for rule in self.rules:
            if rule.name in names or ids.setdefault((rule.kind, rule.key), rule.id) != rule.id:
                raise DoubledRule(rule.name)
            names.add(rule.name)

    def match(self, code: str | None, text: str | None, *, at: datetime) -> Match:
        """Return what a report means that was said at an instant.

        An exact code decides alone. Else all phrases within the text speak, but one that lies within another that
        speaks gives way to it; if they still differ, nobody decides.
        """
        code_key, text_key = normal_code(code), normal_text(text)
        running = self._running(at)
        by_code = [rule for rule in running if rule.kind is Kind.CODE and rule.key == code_key]
        found = by_code or [rule for rule in running if rule.kind is Kind.PHRASE and rule.key in text_key]
        left = [
            rule for rule in found if not any(rule.key in other.key for other in found if other is not rule)
        ]
        agreed = len({rule.meaning for rule in left}) == 1
        chosen = max(left, key=lambda rule: (len(rule.key), rule.id)) if agreed else None
        return Match(chosen, tuple(left))

    def versions(self, kind: Kind, key: str) -> Sequence[Rule]:
        """Return the versions of the rule that has this key, the oldest first."""
        return [rule for rule in self.rules if (rule.kind, rule.key) == (kind, key)]

    def with_rule(self, rule: Rule) -> Crosswalk:
        """Return these rules and one more.  :raises DoubledRule: as the class."""
        return Crosswalk((*self.rules, rule))

    def _running(self, at: datetime) -> list[Rule]:
        """Return the newest version of every rule that holds at the instant."""
        newest = {rule.id: rule for rule in self.rules if rule.since is None or rule.since <= at}
        return list(newest.values())


def normal_code(code: str | None) -> str:
    """Return a code for comparison: full width as half width, capitals, no spaces."""
    return _squeezed(code).upper()


def normal_text(text: str | None) -> str:
    """Return free text for comparison: one width for letters and kana, small letters, no spaces."""
    return _squeezed(_squeezed(text).casefold())


def key_of(kind: Kind, words: str) -> str:
    """Return the key of a rule; empty when the words hold nothing that could match."""
    return normal_code(words) if kind is Kind.CODE else normal_text(words)


def _squeezed(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())
