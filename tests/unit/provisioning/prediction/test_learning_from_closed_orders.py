"""Kaplan-Meier by hand and by force, censoring, landmarks, evidence, back-off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.cases import Episode, Prediction, Turn
from services.provisioning.prediction.estimate import estimate
from services.provisioning.prediction.fit import fit
from services.provisioning.prediction.model import Model, look_up
from services.provisioning.prediction.spells import Floats, Spells, prepare
from services.provisioning.prediction.table import REACH, kaplan_meier
from services.provisioning.prediction_book import load_rule_table
from tests.unit.provisioning.prediction.samples import DAY, PLAIN, case, later, order

RULES = load_rule_table()


def mass_of(value: list[int], lit: list[bool], weight: list[float]) -> Floats:
    """Return the share per day of one cell."""
    cell = np.zeros(len(value), dtype=np.int64)
    return kaplan_meier(cell, np.array(value), np.array(lit), np.array(weight), 1)[0][0]


def both(episodes: list[Episode], days: int = 0) -> tuple[Prediction, Prediction]:
    """Return what look-up and full estimate say of the sample case after so many days."""
    as_of = max(each.as_of for each in episodes)
    model, asked = fit(episodes, PLAIN, as_of), case(asked_on=later(days))
    return look_up(asked, model, RULES), estimate(asked, prepare(episodes), model, RULES, PLAIN)


def test_kaplan_meier_is_what_one_works_out_by_hand() -> None:
    # 5 wait; 1 of 5 lit on day 2; censored on day 3; 1 of 3 lit on day 4; censored on day 5; the last lit on day 7.
    mass = mass_of([2, 3, 4, 5, 7], [True, False, True, False, True], [1.0] * 5)

    assert mass[2] == pytest.approx(1 / 5)
    assert mass[4] == pytest.approx(4 / 5 * 1 / 3)
    assert mass[7] == pytest.approx(4 / 5 * 2 / 3)
    assert mass.sum() == pytest.approx(1)


def test_who_is_censored_on_a_day_still_counts_as_waiting_on_it() -> None:
    mass = mass_of([4, 4], [True, False], [1.0, 1.0])

    assert mass[4] == pytest.approx(1 / 2)


def test_weighted_kaplan_meier_is_what_one_finds_by_force() -> None:
    rng = np.random.default_rng(7)
    value, lit, weight = rng.integers(0, 40, 300), rng.random(300) < 0.6, rng.random(300)

    mass = mass_of(value.tolist(), lit.tolist(), weight.tolist())

    alive = 1.0
    for day in range(REACH):
        waiting = weight[value >= day].sum()
        lit_now = weight[(value == day) & lit].sum()
        hazard = lit_now / waiting if waiting else 0.0
        assert mass[day] == pytest.approx(alive * hazard)
        alive *= 1 - hazard


def test_orders_that_are_open_or_called_off_are_not_ignored() -> None:
    rng = np.random.default_rng(3)
    leads = rng.integers(1, 61, 3000)  # so that half are lit by day 30
    opened = [later(int(day)) for day in rng.integers(-60, 0, 3000)]
    off = rng.integers(1, 200, 3000)
    episodes = [
        order(int(lead), opened_on=day, as_of=DAY, cancelled_after=int(gone) if gone < lead else None)
        for lead, day, gone in zip(leads, opened, off, strict=True)
    ]
    closed = [episode for episode in episodes if episode.closed]

    truth, short = both(episodes), both(closed)

    for said in truth:
        assert abs((said.p50_on - DAY).days - 30) <= 2
        assert abs((said.p90_on - DAY).days - 54) <= 3
    for said in short:
        assert (said.p50_on - DAY).days <= 24  # what one would say who looks at lit lines only


def test_days_already_waited_count() -> None:
    episodes = [order(lead, opened_on=later(-200)) for lead in [10] * 100 + [50] * 100]

    at_once, waited = both(episodes), both(episodes, days=20)

    assert {said.p10_on for said in at_once} == {later(10)}
    assert {said.p10_on for said in waited} == {later(50)}


def test_later_evidence_never_makes_a_date_earlier() -> None:
    rng = np.random.default_rng(11)
    leads = rng.integers(5, 60, 200).tolist()
    for _ in range(20):
        slower = [lead + int(rng.integers(0, 8)) for lead in leads]
        for before, after in zip(
            both([order(lead) for lead in leads]), both([order(lead) for lead in slower]), strict=True
        ):
            assert before.p10_on <= after.p10_on
            assert before.p50_on <= after.p50_on
            assert before.p90_on <= after.p90_on
        leads = slower


@pytest.mark.parametrize(("closed", "basis"), [(29, "rule"), (30, "history")])
def test_fewer_than_thirty_comparable_closed_orders_say_the_rule(closed: int, basis: str) -> None:
    still_open = [order(50, as_of=later(40)) for _ in range(100)]

    for said in both([order(lead) for lead in range(5, 5 + closed)] + still_open):
        assert said.basis == basis
        assert said.comparable == (closed if basis == "history" else 0)


def test_nothing_seen_is_the_rule() -> None:
    said = look_up(case(), Model.empty(), RULES)

    assert (said.basis, said.p10_on) == ("rule", later(30))
    assert look_up(case(), fit([], PLAIN, DAY), RULES).basis == "rule"
    assert estimate(case(), prepare([]), Model.empty(), RULES, PLAIN).basis == "rule"


def test_another_place_is_asked_where_the_own_one_has_too_few() -> None:
    west = [order(20) for _ in range(40)]
    east = [replace(order(8), area="east") for _ in range(10)]

    model = fit(west + east, PLAIN, later(60))

    assert look_up(case(), model, RULES).p50_on == later(20)
    assert look_up(replace(case(), area="east"), model, RULES).comparable == 50
    assert look_up(replace(case(), area="north"), model, RULES).basis == "history"


def test_what_is_learned_about_one_pattern_is_not_said_of_another() -> None:
    model = fit([order(20) for _ in range(40)], PLAIN, later(60))

    assert look_up(case(pattern=Pattern.EQUIPMENT_RETURN), model, RULES).basis == "rule"


def test_when_a_date_is_fixed_the_slip_from_it_is_predicted() -> None:
    def fixed(slip: int) -> Episode:
        turns = (Turn(DAY, Pattern.IMMEDIATE, DAY), Turn(DAY, Pattern.IMMEDIATE, DAY, None, later(10)))
        if slip:
            turns += (Turn(later(5), Pattern.EQUIPMENT_RETURN, DAY),)
        return Episode(DAY, "west", "detached", turns, later(10 + slip), activated_on=later(10 + slip))

    episodes = [fixed(0)] * 80 + [fixed(30)] * 20
    model, history = fit(episodes, PLAIN, later(50)), prepare(episodes)
    asked = replace(
        case(pattern=Pattern.IMMEDIATE), asked_on=later(100), fixed_on=later(107), started_on=later(98)
    )

    for said in (look_up(asked, model, RULES), estimate(asked, history, model, RULES, PLAIN)):
        assert (said.p10_on, said.p50_on, said.p90_on) == (later(107), later(107), later(137))


def test_old_orders_count_less() -> None:
    forgetful = replace(PLAIN, half_life_days=20)
    episodes = [order(10, opened_on=later(-300))] * 300 + [order(40, opened_on=later(-60))] * 100

    assert look_up(case(), fit(episodes, PLAIN, DAY), RULES).p50_on == later(10)
    assert look_up(case(), fit(episodes, forgetful, DAY), RULES).p50_on == later(40)


def test_what_was_known_on_an_earlier_day_is_what_would_have_been_prepared_then() -> None:
    everything = [order(lead, opened_on=later(lead % 7)) for lead in range(1, 60)]
    then = [
        replace(each, as_of=later(20), activated_on=each.activated_on if _by(each, 20) else None)
        for each in everything
    ]

    known, prepared = prepare(everything).as_known(later(20).toordinal()), prepare(then)

    for name in ("pattern", "stage", "anchor", "low", "high", "lit", "known"):
        assert (getattr(known, name) == getattr(prepared, name)).all(), name
    assert isinstance(known, Spells)


def _by(episode: Episode, days: int) -> bool:
    return episode.activated_on is not None and episode.activated_on <= later(days)
