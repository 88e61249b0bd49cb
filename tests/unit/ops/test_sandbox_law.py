"""The law of the sandbox: the source's figures, what chance makes of them, and that it repeats itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from kernel.ids import format_order_no
from ops.sandbox.law import DEFAULT_LAW, Law, read_law

LAW = read_law()
NUMBERS = [format_order_no(2026, 4, serial) for serial in range(1, 4001)]


def test_the_shares_of_the_source_add_up_to_a_hundred_without_pattern_7() -> None:
    assert sum(LAW.patterns.share_of_source.values()) == 100


def test_what_is_not_played_is_spread_over_what_is_in_proportion() -> None:
    shares = LAW.patterns.model_copy(update={"played": (1, 2, 5)}).shares()

    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {1, 2, 5, 7}
    assert shares[1] / shares[2] == pytest.approx(3)
    assert shares[2] / shares[5] == pytest.approx(4)


def test_all_seven_are_played_as_the_source_shares_them_out() -> None:
    shares = LAW.patterns.shares()

    assert set(shares) == set(range(1, 8))
    assert [round(shares[number] * 100 / 0.96) for number in range(1, 7)] == [60, 20, 5, 5, 5, 5]


def test_patterns_come_as_often_as_the_law_says() -> None:
    drawn = Counter(LAW.destiny(number).pattern for number in NUMBERS)

    for pattern, share in LAW.patterns.shares().items():
        assert drawn[pattern] / len(NUMBERS) == pytest.approx(share, abs=0.025)


def test_no_lead_time_lies_below_the_shortest_of_the_source_and_some_reach_it() -> None:
    destinies = [LAW.destiny(number) for number in NUMBERS]

    assert min(one.lead_days for one in destinies) == 6
    assert min(one.registration_days for one in destinies) == 4
    assert min(one.return_days for one in destinies) == 30
    assert min(one.after_survey_days for one in destinies) == 20
    assert min(one.no_near_days for one in destinies) == 30
    assert max(one.lead_days for one in destinies) > 14


def test_the_same_order_has_the_same_destiny_in_every_life_of_the_sandbox() -> None:
    assert [read_law().destiny(number) for number in NUMBERS[:50]] == [LAW.destiny(n) for n in NUMBERS[:50]]


def test_another_seed_is_another_world() -> None:
    other = LAW.model_copy(update={"seed": LAW.seed + 1})

    assert [other.destiny(n) for n in NUMBERS[:50]] != [LAW.destiny(n) for n in NUMBERS[:50]]


def test_about_three_percent_are_called_off() -> None:
    called_off = sum(LAW.destiny(number).cancel_days is not None for number in NUMBERS)

    assert called_off / len(NUMBERS) == pytest.approx(0.03, abs=0.01)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("played = [1, 2, 3, 4, 5, 6]", "played = [1, 2, 8]"),
        ("weather = 1", "hail = 1"),
        ("outside_7 = 4", "outside_7 = 104"),
        ("cancelled = 3 ", "canceled = 3 "),
        ("hours = [9, 12, 15, 18]", "hours = []"),
    ],
)
def test_a_law_that_cannot_be_played_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = DEFAULT_LAW.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "law.toml"
    broken.write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(ValidationError):
        read_law(broken)


def test_shares_of_one_pattern_only_make_every_order_that_pattern() -> None:
    patterns = LAW.patterns.model_copy(update={"played": (1,), "outside_7": 0.0})
    law = Law.model_validate(LAW.model_dump() | {"patterns": patterns.model_dump()})

    assert {law.destiny(number).pattern for number in NUMBERS[:300]} == {1}
