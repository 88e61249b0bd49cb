"""Drift: answers that are no longer those of the form that we know, found by item id and by title."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.forms import Answer, Drift, Drifted, read_answers
from tests.support.webhooks import CLEAN
from tests.unit.intake.samples import form, given

NAME = 1001  # item id of customer_name in the form of the east
CONTACT = 1004  # of contact_person, which is optional
STRANGER = Answer(5555, "好きな色", "TEXT", "青")


def changed(which: int, **changes: Any) -> tuple[Answer, ...]:
    return tuple(replace(each, **changes) if each.item_id == which else each for each in given())


def without(*item_ids: int) -> tuple[Answer, ...]:
    return tuple(each for each in given() if each.item_id not in item_ids)


def test_the_form_that_we_know_has_no_drift_in_any_order_of_its_answers() -> None:
    read = read_answers(form(), tuple(reversed(given())))

    assert read.drifts == ()
    assert read.values == CLEAN


def test_an_absent_optional_question_is_an_unanswered_one() -> None:
    read = read_answers(form(), without(CONTACT))

    assert read.drifts == ()
    assert read.values["contact_person"] == ""


@pytest.mark.parametrize(
    ("answers", "drift"),
    [
        (changed(NAME, title="お客様の氏名"), Drift(Drifted.RENAMED, NAME, "customer_name")),
        (changed(NAME, title="フリガナ"), Drift(Drifted.RENAMED, NAME, "customer_name")),
        (changed(NAME, item_id=5555), Drift(Drifted.RECREATED, 5555, "customer_name")),
        (changed(CONTACT, item_id=5555), Drift(Drifted.RECREATED, 5555, "contact_person")),
        (changed(NAME, type="PARAGRAPH_TEXT"), Drift(Drifted.RETYPED, NAME, "customer_name")),
        (changed(NAME, response=("a",)), Drift(Drifted.RETYPED, NAME, "customer_name")),
        ((*given(), STRANGER), Drift(Drifted.UNKNOWN, 5555)),
        (without(NAME), Drift(Drifted.MISSING, NAME, "customer_name")),
        ((*given(), given()[0]), Drift(Drifted.DOUBLED, NAME, "customer_name")),
    ],
)
def test_each_change_is_named_once(answers: tuple[Answer, ...], drift: Drift) -> None:
    assert read_answers(form(), answers).drifts == (drift,)


def test_a_question_that_was_made_anew_under_another_title_is_unknown_and_the_old_one_missing() -> None:
    answers = changed(NAME, item_id=5555, title="氏名")

    assert read_answers(form(), answers).drifts == (
        Drift(Drifted.UNKNOWN, 5555),
        Drift(Drifted.MISSING, NAME, "customer_name"),
    )


def test_all_changes_are_named() -> None:
    answers = (*changed(NAME, title="x")[:-1], STRANGER)

    assert {drift.reason for drift in read_answers(form(), answers).drifts} == {
        Drifted.RENAMED,
        Drifted.UNKNOWN,
        Drifted.MISSING,
    }


def test_the_answers_of_another_form_are_all_unknown_or_made_anew() -> None:
    read = read_answers(form(), given("fiber-west-2026"))

    assert len(read.drifts) == len(CLEAN)
    assert {drift.reason for drift in read.drifts} == {Drifted.RECREATED}
