"""The figures of the prediction: validated when loaded."""

from __future__ import annotations

from importlib import resources

import pytest
from pydantic import ValidationError

from services.provisioning.prediction_book import load_learning, parse_learning, parse_rule_table, parse_watch

FOLDER = resources.files("services.provisioning") / "data"
PREDICTION = (FOLDER / "prediction.toml").read_text(encoding="utf-8")
LEAD_TIMES = (FOLDER / "lead_times.toml").read_text(encoding="utf-8")


def test_thirty_comparable_orders_are_asked_for() -> None:
    assert load_learning().least_comparable == 30


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("least_comparable = 30", "least_comparable = 0"),
        ("open_end_percent = 150", "open_end_percent = 90"),
        ("band_percent = 99", "band_percent = 100"),
        ("pull = 3", "pull = 3\nsurprise = 1"),
        ("consult_to = 4", 'consult_to = "4"'),
    ],
)
def test_a_figure_out_of_bounds_stops_the_start(old: str, new: str) -> None:
    assert old in PREDICTION
    spoiled = PREDICTION.replace(old, new)

    with pytest.raises(ValidationError):
        parse_learning(spoiled)
    with pytest.raises(ValidationError):
        parse_rule_table(LEAD_TIMES, spoiled)
    with pytest.raises(ValidationError):
        parse_watch(spoiled)
