"""Coverage of what was published: parts of days, the exact band, the alarm, the correction of intervals."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.calibration import calibrate
from services.provisioning.prediction.coverage import (
    Published,
    Watch,
    binomial_band,
    inside,
    rolling_coverage,
)
from services.provisioning.prediction.fit import quantiles
from services.provisioning.prediction.spells import prepare
from services.provisioning.prediction_book import load_watch
from tests.unit.provisioning.prediction.samples import DAY, LEARNING, later, order

WATCH = Watch(orders=200, band=0.99)


def said(lit: int, *, low: int = 10, high: int = 20, parts: tuple[float, float] = (0.5, 0.25)) -> Published:
    """Return an interval of days, and the day of the line."""
    return Published(Pattern.IMMEDIATE, later(low), later(high), later(lit), *parts)


@pytest.mark.parametrize(("lit", "part"), [(9, 0.0), (10, 0.5), (11, 1.0), (19, 1.0), (20, 0.25), (21, 0.0)])
def test_the_first_and_the_last_day_count_in_part(lit: int, part: float) -> None:
    assert inside(said(lit)) == part


def test_an_interval_of_one_day_counts_as_its_first_part() -> None:
    assert inside(said(10, high=10, parts=(0.83, 0.83))) == 0.83


def test_the_parts_of_the_days_leave_eighty_percent() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        mass = rng.dirichlet(np.full(30, 0.2))
        row = quantiles(mass[None, :], np.array([[0.1, 0.5, 0.9]]))[0]
        low, high = int(row[1]), int(row[3])

        held = sum(
            share * inside(said(day, low=low, high=high, parts=(row[4], row[5])))
            for day, share in enumerate(mass)
        )

        assert held == pytest.approx(0.8)


def test_a_day_on_which_nearly_all_are_lit_is_the_interval_and_counts_for_eighty_percent() -> None:
    row = quantiles(np.array([[0.02, 0.95, 0.03]]), np.array([[0.1, 0.5, 0.9]]))[0]

    assert row[:4].tolist() == [0, 1, 1, 1]
    assert row[4:].tolist() == pytest.approx([0.8 / 0.95] * 2)


def test_days_on_which_all_are_lit_need_no_correction() -> None:
    always = [order(20, opened_on=later(-day)) for day in range(40, 330) for _ in range(2)]

    found = calibrate(prepare(always), LEARNING, DAY.toordinal(), {})

    assert found[Pattern.NO_NEAR_DATE.value * 4 + 1] == pytest.approx((0.1, 0.5, 0.9), abs=0.02)


@pytest.mark.parametrize(("orders", "share", "band"), [(20, 0.8, 0.99), (100, 0.8, 0.99), (7, 0.5, 0.9)])
def test_the_band_is_exact(orders: int, share: float, band: float) -> None:
    low, high = binomial_band(orders, share, band)
    chance = [comb(orders, hits) * share**hits * (1 - share) ** (orders - hits) for hits in range(orders + 1)]

    assert sum(chance[low : high + 1]) >= band
    assert sum(chance[:low]) <= (1 - band) / 2 < sum(chance[: low + 1])
    assert sum(chance[high + 1 :]) <= (1 - band) / 2 < sum(chance[high:])


def test_the_band_of_many_orders_can_be_worked_out() -> None:
    low, high = binomial_band(60_000, 0.8, 0.99)

    assert (low, high) == pytest.approx((48_000 - 2.576 * 98, 48_000 + 2.576 * 98), abs=5)


def test_coverage_that_chance_does_not_explain_is_alarming() -> None:
    good = rolling_coverage([said(15 if number % 5 else 40) for number in range(200)], WATCH)
    bad = rolling_coverage([said(15 if number % 2 else 40) for number in range(200)], WATCH)
    idle = rolling_coverage([said(15)] * 200, WATCH)

    assert good[Pattern.IMMEDIATE].share == pytest.approx(0.8)
    assert not good[Pattern.IMMEDIATE].alarming
    assert bad[Pattern.IMMEDIATE].alarming
    assert idle[Pattern.IMMEDIATE].alarming  # far too wide is wrong as well


def test_only_the_last_orders_of_a_pattern_count() -> None:
    found = rolling_coverage([said(40)] * 500 + [said(15)] * 160 + [said(40)] * 40, WATCH)

    assert found[Pattern.IMMEDIATE].orders == 200
    assert found[Pattern.IMMEDIATE].share == pytest.approx(0.8)
    assert rolling_coverage([], WATCH) == {}


def test_a_few_orders_raise_no_alarm() -> None:
    assert not rolling_coverage([said(40)], WATCH)[Pattern.IMMEDIATE].alarming
    assert load_watch() == WATCH


def test_when_orders_become_slower_than_learned_the_upper_rank_moves_up() -> None:
    rng = np.random.default_rng(9)
    quick = [
        order(int(rng.integers(20, 30)), opened_on=later(-day)) for day in range(90, 330) for _ in range(2)
    ]
    slow = [
        order(int(rng.integers(26, 36)), opened_on=later(-day)) for day in range(40, 90) for _ in range(2)
    ]
    steady = [
        order(int(rng.integers(20, 30)), opened_on=later(-day)) for day in range(40, 330) for _ in range(2)
    ]
    key = Pattern.NO_NEAR_DATE.value * 4 + 1

    moved = calibrate(prepare(quick + slow), LEARNING, DAY.toordinal(), {})[key]
    still = calibrate(prepare(steady), LEARNING, DAY.toordinal(), {})[key]

    assert still == pytest.approx((0.1, 0.5, 0.9), abs=0.06)
    assert moved[1] > still[1] + 0.1
    assert moved[2] > 0.95
