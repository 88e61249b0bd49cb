"""Whatever is asked: quantiles in order, never before today, the same answer twice, whole through JSON."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.prediction.law import LAWS, read_law
from benchmarks.prediction.world import FIRST_DAY, seen, simulate
from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.cases import Case, Episode
from services.provisioning.prediction.estimate import estimate
from services.provisioning.prediction.fit import fit, fit_spells
from services.provisioning.prediction.model import Model, look_up
from services.provisioning.prediction.spells import Spells, prepare
from services.provisioning.prediction_book import load_learning, load_rule_table

RULES, LEARNING = load_rule_table(), load_learning()
AS_OF = FIRST_DAY + timedelta(days=100)
DAYS = st.integers(-30, 150).map(lambda days: AS_OF + timedelta(days=days))


@cache
def known() -> tuple[Episode, ...]:
    """Return a world as it was known on a day in its middle."""
    return tuple(
        there for each in simulate(read_law(LAWS[0]), 900, 1002) if (there := seen(each, AS_OF)) is not None
    )


@cache
def learned() -> tuple[Model, Spells]:
    """Return what was learned of it."""
    history = prepare(known())
    return fit_spells(history, LEARNING, AS_OF), history


CASES = st.builds(
    Case,
    pattern=st.sampled_from(Pattern),
    area=st.sampled_from(["east", "west", "north"]),
    building_kind=st.sampled_from(["detached", "collective"]),
    started_on=st.none() | DAYS,
    asked_on=DAYS,
    opened_on=DAYS,
    fixed_on=st.none() | DAYS,
    held_on=st.none() | DAYS,
)


@given(case=CASES)
@settings(max_examples=400, deadline=None)
def test_quantiles_are_in_order_and_never_before_today(case: Case) -> None:
    model, history = learned()

    for said in (look_up(case, model, RULES), estimate(case, history, model, RULES, LEARNING)):
        assert case.asked_on <= said.earliest_on <= said.p10_on <= said.p50_on <= said.p90_on
        assert (said.basis == "history") == (said.comparable >= LEARNING.least_comparable)
        assert 0 <= said.low_part <= 1
        assert 0 <= said.high_part <= 1
        assert said.model_version == model.version


@given(case=CASES)
@settings(max_examples=200, deadline=None)
def test_a_model_that_was_stored_says_the_same(case: Case) -> None:
    model, _ = learned()

    assert look_up(case, stored(), RULES) == look_up(case, model, RULES)


@cache
def stored() -> Model:
    """Return the model after a way through JSON."""
    return Model.from_json(learned()[0].to_json())


def test_the_same_history_gives_the_same_model() -> None:
    again = fit(known(), LEARNING, AS_OF)

    assert learned()[0].cells
    assert again.version == learned()[0].version == stored().version
    assert again.to_json() == learned()[0].to_json()


def test_tables_kept_from_earlier_fits_change_nothing() -> None:
    history = learned()[1]
    tables: dict[int, object] = {}
    earlier = AS_OF - timedelta(days=LEARNING.calibration_days)

    fit_spells(history.as_known(earlier.toordinal()), LEARNING, earlier, tables)  # pyright: ignore[reportArgumentType]
    kept = fit_spells(history, LEARNING, AS_OF, tables)  # pyright: ignore[reportArgumentType]

    assert kept.version == learned()[0].version


@pytest.mark.parametrize("spoil", ["closed", "format"])
def test_a_model_that_was_changed_by_hand_is_refused(spoil: str) -> None:
    whole = json.loads(learned()[0].to_json())
    if spoil == "closed":
        whole["model"]["cells"][0][6] += 1
    else:
        whole["model"]["format"] = 99

    with pytest.raises(ValueError, match="a model"):
        Model.from_json(json.dumps(whole))


def test_a_model_that_has_seen_nothing_goes_through_json() -> None:
    assert Model.from_json(Model.empty().to_json()) == Model.empty()


@pytest.mark.parametrize("law", LAWS)
def test_a_world_is_the_same_for_the_same_seed(law: str) -> None:
    one, again, other = (simulate(read_law(law), 60, seed) for seed in (1001, 1001, 1002))

    assert one == again != other
    assert all(isinstance(each.opened_on, date) and each.turns for each in one)
    assert all(a.on <= b.on for each in one for a, b in zip(each.turns, each.turns[1:], strict=False))
