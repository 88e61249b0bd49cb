"""The figures: those of the source, and what is refused when the service starts."""

from __future__ import annotations

from importlib import resources

import pytest
from pydantic import ValidationError

from services.provisioning.books import BadBook, load_rules, parse_lead_times, parse_rules
from services.provisioning.domain.patterns import Pattern

FOLDER = resources.files("services.provisioning") / "data"
LEAD_TIMES = (FOLDER / "lead_times.toml").read_text(encoding="utf-8")
OPERATOR = (FOLDER / "operator.toml").read_text(encoding="utf-8")


def test_the_shortest_lead_times_are_those_of_the_source() -> None:
    given = {1: 6, 2: 10, 3: 20, 4: 30, 5: 30}

    assert {no: load_rules().shortest_days[Pattern(no)] for no in given} == given
    assert load_rules().consult_business_days == 2
    assert load_rules().registration_days == 6


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("no = 7", "no = 6"),
        ('name = "IMMEDIATE"', 'name = "AT_ONCE"'),
        ("to = 13", "to = 9"),
        ("share = 60", "share = 59"),
    ],
)
def test_a_table_that_contradicts_itself_stops_the_start(old: str, new: str) -> None:
    assert old in LEAD_TIMES

    with pytest.raises(BadBook):
        parse_lead_times(LEAD_TIMES.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("business_days = 2", "business_days = -1"),
        ('day_count = "calendar"', 'day_count = "moon"'),
        ("day_ends_after_hours = 24", "day_ends_after_hours = 0"),
        ("waiting_days = 7", 'waiting_days = "7"'),
        ("waiting_days = 7", "waiting_days = 7\nsurprise = 1"),
        ('"12-29"', '"29 Dec"'),
    ],
)
def test_a_figure_out_of_bounds_stops_the_start(old: str, new: str) -> None:
    assert old in OPERATOR

    with pytest.raises(ValidationError):
        parse_rules(OPERATOR.replace(old, new), load_rules().shortest_days)
