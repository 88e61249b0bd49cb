"""What the rule table says about a case, and what we assume where the table leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.cases import Case, Prediction


@dataclass(frozen=True, slots=True)
class Span:
    """Days from a clock's start: the shortest, and the end of the range."""

    shortest: int
    to: int

    @property
    def middle(self) -> int:
        """The middle of the range, half a day rounded up."""
        return (self.shortest + self.to + 1) // 2

    def __add__(self, other: Span) -> Span:
        """Return the span of two steps, one after the other."""
        return Span(self.shortest + other.shortest, self.to + other.to)


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The lead times of the seven patterns, and of the consult before them, in calendar days."""

    spans: Mapping[Pattern, Span]
    consult: Span


def by_rule(case: Case, rules: RuleTable, model_version: str) -> Prediction:
    """Return what the table says: P10 the shortest time, P50 the middle, P90 the end of the range.

    A date that is fixed, or held, is taken at its word. Where the range has been waited for in vain the table is
    silent; we assume that it takes up to the width of the range once more.
    Source: fiber-orders.md, "The seven patterns"; assumptions in data/prediction.toml.
    """
    today = case.asked_on
    named_on = case.fixed_on or case.held_on
    if named_on is not None:
        day = max(named_on, today)
        return Prediction(day, day, day, day, "rule", 0, model_version)
    span = rules.spans[case.pattern]
    since = case.started_on
    if since is None:
        span, since = span + rules.consult, case.opened_on
    width = span.to - span.shortest
    if today <= since + timedelta(days=span.shortest):
        first, middle, last = (since + timedelta(days=days) for days in (span.shortest, span.middle, span.to))
    else:
        first = today
        middle = max(since + timedelta(days=span.middle), today + timedelta(days=(width + 1) // 2))
        last = max(since + timedelta(days=span.to), today + timedelta(days=width))
    return Prediction(first, first, middle, last, "rule", 0, model_version)
