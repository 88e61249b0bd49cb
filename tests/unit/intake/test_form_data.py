"""The data file of the forms: the one that is served, and that a wrong one stops the start."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from pydantic import ValidationError

from ops.demo.questions import FORMS, QUESTIONS
from services.intake.books import BadBook, parse_books
from services.intake.settings import Settings
from tests.unit.intake.samples import BOOKS

TEXT = (resources.files("services.intake") / "data" / "forms.toml").read_text(encoding="utf-8")


def test_the_forms_are_those_that_the_demonstration_fills_in() -> None:
    assert set(BOOKS.forms) == {key for key, _, _ in FORMS.values()}
    for area, (key, _, first) in FORMS.items():
        known = BOOKS.forms[key]
        assert known.area == area
        assert {item_id: (each.field, each.title, each.type) for item_id, each in known.items.items()} == {
            first + place: (name, title, kind)
            for place, (name, (title, kind)) in enumerate(QUESTIONS.items())
        }


def test_every_rule_of_the_file_has_its_clause() -> None:
    rules = TEXT.partition("[rules]")[2].partition("[areas]")[0]
    names = re.findall(r"^(\w+) = ", rules, re.MULTILINE)

    assert len([name for name in names if name.endswith("_clause")]) * 2 == len(names)


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ('field = "phone"', 'field = "telephone"', BadBook),
        ('field = "phone"', 'field = "email"', BadBook),
        ('title = "フリガナ"', 'title = "区分"', BadBook),
        ('"IP16" = "ip16"', '"IP16" = "ip32"', BadBook),
        ('"未確認" = "unconfirmed"', '"未確認" = "no"', BadBook),
        ("customer_kana = 1002", "customer_kana = 1001", BadBook),
        ("customer_kana = 1002", "kana = 1002", BadBook),
        ('key = "fiber-west-2026"', 'key = "fiber-east-2026"', BadBook),
        ('"北海道", ', "", BadBook),
        ('"富山県"', '"北海道"', BadBook),
        ('city = "熱海市" }', 'city = "熱海市", x = 1 }', ValidationError),
        ('area = "west"', 'area = "north"', ValidationError),
        ('unconfirmed = "defect"', 'unconfirmed = "maybe"', ValidationError),
        ("oldest_days = 90", "oldest_days = -1", ValidationError),
        ("oldest_days = 90", 'oldest_days = "90"', ValidationError),
        ("[rules]", "[rules]\nnewest_days = 3", ValidationError),
        ('"12-29", ', '"12-32", ', ValueError),
        ("[[form]]", "[[form]", ValueError),
    ],
)
def test_a_wrong_line_stops_the_start(before: str, after: str, error: type[Exception]) -> None:
    assert before in TEXT
    with pytest.raises(error):
        parse_books(TEXT.replace(before, after, 1))


@pytest.mark.parametrize(
    "secrets", [{}, {"f": []}, {"f": ["whsec_short"]}, {"f": ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}, "x"]
)
def test_settings_refuse_secrets_that_sign_nothing_and_do_not_repeat_them(secrets: object) -> None:
    given: dict[str, object] = {
        "database": "postgresql://a:b@c/d", "kafka": "k:1", "http_port": 0, "ops_token": "t",
        "service_tokens": {}, "form_secrets": secrets,
    }  # fmt: skip

    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(given)
    assert "MfKQ9r8" not in str(caught.value)
    assert "short" not in str(caught.value).replace("too_short", "").replace("at least", "")
