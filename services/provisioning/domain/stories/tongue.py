"""What a language must bring so that an order can be explained in it, and how its templates are filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter
from typing import Final

from kernel.times import local_date
from services.provisioning.domain.deadlines import DeadlineKind
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.order import Jeopardy, Party, State
from services.provisioning.domain.patterns import Pattern

# The first part is always said; each other one only if all that it names is known and true.
Parts = tuple[str, ...]
_FORMATTER: Final = Formatter()


@dataclass(frozen=True)
class Frame:
    """The sentences of an explanation that belong to no single fact or state.

    pattern: {number} {name} {since}; no_delay: {number} {name}; earlier: {number} {name}; date_way: {day} {way};
    wished: {day}; predicted: {earliest} {p10} {p50} {p90}; basis_rule: none; basis_orders: {count}.
    """

    pattern: str
    no_delay: str
    earlier: str
    date_way: str
    wished: str
    nothing_late: str
    predicted: str
    basis_rule: str
    basis_orders: str


@dataclass(frozen=True, kw_only=True)
class Tongue:
    """One language. fates: what a fact does to a date that stands or begins to; losses: to one that it ends.

    codes: the words of contracts (causes, reasons, parties). way: joins the stations of a date to one phrase;
    gap: stands before a citation, between: behind it.
    """

    day: Callable[[date], str]
    facts: Mapping[FactKind, Parts]
    states: Mapping[State, Parts]
    balls: Mapping[Party | None, str]
    patterns: Mapping[Pattern, str]
    late: Mapping[Jeopardy, Parts]
    deadlines: Mapping[DeadlineKind, Parts]
    fates: Mapping[FactKind, str]
    losses: Mapping[FactKind, str]
    codes: Mapping[str, str]
    frame: Frame
    way: Callable[[list[str]], str]
    comma: str
    between: str
    gap: str

    def say(self, parts: Parts, source: object) -> str:
        """Return the sentence, filled with what the source knows.

        :raises AttributeError: a template names what the source does not have.
        """
        said = [parts[0], *(part for part in parts[1:] if all(_known(source, name) for name in _names(part)))]
        named = {name: self.word(getattr(source, name)) for part in said for name in _names(part)}
        return "".join(said).format_map(named)

    def word(self, value: object) -> str:
        """Return a value as it is said: days and instants as days in Tokyo, codes as words."""
        if isinstance(value, datetime):
            return self.day(local_date(value))
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, (tuple, AbstractSet)):
            words = [self.word(each) for each in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return self.comma.join(words if isinstance(value, tuple) else sorted(words))
        return self.codes.get(str(value), str(value))


def _names(part: str) -> list[str]:
    return [name for _, name, _, _ in _FORMATTER.parse(part) if name]


def _known(source: object, name: str) -> bool:
    value = getattr(source, name)
    return value is not None and value is not False and value not in ((), frozenset())
