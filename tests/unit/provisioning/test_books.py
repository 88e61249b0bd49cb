"""The figures: those of the source, and what is refused when the service starts."""

from __future__ import annotations

from importlib import resources

import pytest
from pydantic import ValidationError

from services.provisioning.books import BadBook, load_rules, parse_lead_times, parse_rules
from services.provisioning.domain.order import Jeopardy
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.rules import DeadlineKind
from tests.unit.provisioning.samples import april, on

FOLDER = resources.files("services.provisioning") / "data"
LEAD_TIMES = (FOLDER / "lead_times.toml").read_text(encoding="utf-8")
OPERATOR = (FOLDER / "operator.toml").read_text(encoding="utf-8")


def test_the_shortest_lead_times_are_those_of_the_source() -> None:
    given = {1: (6, 7), 2: (10, 13), 3: (20, 30), 4: (30, 30), 5: (30, 30)}
    rules = load_rules()

    found = {no: rules.lead_times[Pattern(no)] for no in given}
    assert {no: (each.shortest, each.longest) for no, each in found.items()} == given
    assert {no for no, each in rules.lead_times.items() if each.from_survey} == {3}
    assert {no: rules.shortest_days[Pattern(no)] for no in given} == {
        no: days for no, (days, _) in given.items()
    }
    assert rules.counts[DeadlineKind.CONSULT_DUE][0].days == 2
    assert rules.counts[DeadlineKind.REGISTRATION_USUAL][0].days == 6
    assert set(rules.alarms) == set(Jeopardy)


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
        ("days = 30", "days = 4000"),
        ('day_count = "calendar"', 'day_count = "moon"'),
        ('calendar = "company"', 'calendar = "harbor"'),
        ("at_hour = 9", "at_hour = 24"),
        ('kind = "consult_due"', 'kind = "lunch_due"'),
        ('level = "watch"', 'level = "doom"'),
        ("day_ends_after_hours = 24", "day_ends_after_hours = 0"),
        ("waiting_days = 7", 'waiting_days = "7"'),
        ("waiting_days = 7", "waiting_days = 7\nsurprise = 1"),
    ],
)
def test_a_figure_out_of_bounds_stops_the_start(old: str, new: str) -> None:
    assert old in OPERATOR

    with pytest.raises(ValidationError):
        parse_rules(OPERATOR.replace(old, new), load_rules().lead_times, load_rules().calendars)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('kind = "next_try"', 'kind = "consult_due"'),
        ('kind = "next_try"', 'kind = "answer_by"'),
        ('calendar = "company"\n', ""),
        ("days = 30\n", ""),
        ('cause = "late_date"', 'cause = "no_date"'),
    ],
)
def test_rules_that_contradict_themselves_stop_the_start(old: str, new: str) -> None:
    assert old in OPERATOR

    with pytest.raises(BadBook):
        parse_rules(OPERATOR.replace(old, new, 1), load_rules().lead_times, load_rules().calendars)


def test_a_new_rule_holds_for_counts_that_begin_on_its_day_or_later() -> None:
    later = OPERATOR.replace(
        '[[jeopardy]]\ncause = "consult_overdue"',
        """[[deadline]]
kind = "consult_due"
effective_from = 2026-04-06
days = 1
day_count = "business"
calendar = "company"
clause = "a test"

[[jeopardy]]
cause = "consult_overdue\"""",
    )
    rules = parse_rules(later, load_rules().lead_times, load_rules().calendars)

    assert rules.consult_due_on(april(3)) == on(7)
    assert rules.consult_due_on(april(6)) == on(7)
    assert rules.consult_due_on(april(8)) == on(9)
