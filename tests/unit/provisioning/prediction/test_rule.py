"""What the rule table says, and that it never promises the past."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.rule import Span, by_rule
from services.provisioning.prediction_book import load_rule_table
from tests.unit.provisioning.prediction.samples import case, later

RULES = load_rule_table()


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        (Pattern.IMMEDIATE, (6, 7, 7)),
        (Pattern.ADDRESS_REGISTRATION, (10, 12, 13)),
        (Pattern.WORKS_FOUND_AFTER_SURVEY, (20, 25, 30)),
        (Pattern.NO_NEAR_DATE, (30, 38, 45)),
        (Pattern.NOT_IMMEDIATE, (14, 18, 21)),
    ],
)
def test_the_range_of_the_table_is_the_interval_and_its_middle_the_median(
    pattern: Pattern, days: tuple[int, int, int]
) -> None:
    said = by_rule(case(pattern=pattern), RULES, "v")

    assert (said.p10_on, said.p50_on, said.p90_on) == tuple(map(later, days))
    assert (said.earliest_on, said.basis, said.comparable) == (said.p10_on, "rule", 0)


def test_every_pattern_has_a_span() -> None:
    assert set(RULES.spans) == set(Pattern)


def test_before_the_consult_the_days_until_it_are_added() -> None:
    said = by_rule(case(started_on=None, pattern=Pattern.IMMEDIATE), RULES, "v")

    assert (said.p10_on, said.p90_on) == (later(1 + 6), later(4 + 7))


def test_a_date_that_is_known_is_taken_at_its_word_and_a_fixed_one_before_a_held_one() -> None:
    held = replace(case(), held_on=later(12))
    fixed = replace(held, fixed_on=later(20))

    assert by_rule(held, RULES, "v").p50_on == later(12)
    assert by_rule(fixed, RULES, "v").p50_on == later(20)
    assert by_rule(replace(fixed, asked_on=later(25)), RULES, "v").p10_on == later(25)


def test_who_has_waited_the_range_in_vain_is_told_up_to_its_width_once_more() -> None:
    said = by_rule(case(asked_on=later(100)), RULES, "v")

    assert (said.p10_on, said.p50_on, said.p90_on) == (later(100), later(108), later(115))


@pytest.mark.parametrize("pattern", list(Pattern))
def test_the_longer_one_waits_the_later_is_what_the_table_says(pattern: Pattern) -> None:
    said = [by_rule(case(pattern=pattern, asked_on=later(days)), RULES, "v") for days in range(80)]

    for before, after in pairwise(said):
        assert before.p10_on <= after.p10_on
        assert before.p50_on <= after.p50_on
        assert before.p90_on <= after.p90_on


def test_the_middle_of_a_range_is_rounded_up() -> None:
    assert Span(6, 7).middle == 7
    assert Span(20, 30).middle == 25
