"""Every field and every rule that intake can name has Japanese words here; the two services share codes, not code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from services.notify.data import load_phrases

INTAKE = Path(__file__).parents[3] / "services" / "intake"
PHRASES = load_phrases(signature="")
# Where a rule's code stands in the calls that name it: Defect(field, rule, ...), Unfit(rule).
PLACES = {"Defect": 1, "Unfit": 0}


def rule_codes() -> set[str]:
    """Return the codes that intake's domain gives to Defect and Unfit as plain words."""
    return {
        code
        for file in sorted((INTAKE / "domain").glob("*.py"))
        for code in _codes(ast.parse(file.read_text(encoding="utf-8")))
    }


def _codes(tree: ast.Module) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in PLACES:
            given = call.args[PLACES[call.func.id] :][:1]
            if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str):
                yield given[0].value


def form_titles() -> dict[str, str]:
    data = tomllib.loads((INTAKE / "data" / "forms.toml").read_text(encoding="utf-8"))
    return {question["field"]: question["title"] for question in data["question"]}


def test_the_rules_of_intake_are_found_at_all() -> None:
    assert {"required", "too_long", "too_early", "in_the_future", "unknown_choice"} <= rule_codes()
    assert len(rule_codes()) >= 15


def test_every_rule_of_intake_has_words_of_its_own() -> None:
    assert rule_codes() - set(PHRASES.rules) == set()


def test_no_words_are_left_over_for_rules_that_intake_does_not_have() -> None:
    assert set(PHRASES.rules) - rule_codes() == {"unknown"}


def test_every_field_of_the_forms_is_called_by_the_title_that_people_saw() -> None:
    assert dict(PHRASES.fields) == form_titles()
