"""What carriers' words mean: exact codes first, then normalized phrases; who disagrees waits for a person."""

from __future__ import annotations

from itertools import permutations
from typing import get_args

import pytest
from pydantic import ValidationError

from contracts import site
from contracts.partners import CarrierDelayReportedV1
from services.provisioning.books import BadBook
from services.provisioning.crosswalk_book import load_crosswalk, parse_crosswalk
from services.provisioning.domain.crosswalk import (
    Action,
    Crosswalk,
    DoubledRule,
    Kind,
    Meaning,
    Reason,
    Responsible,
    Rule,
    normal_code,
    normal_text,
)
from services.provisioning.domain.lifecycle import apply
from services.provisioning.domain.order import State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.translate import delay
from tests.unit.provisioning.samples import ORDER_NO, ORDERS, april

PERMIT = Meaning(Pattern.WORKS_FOUND_AFTER_SURVEY, Reason.ROAD_USE_PERMIT, Responsible.CARRIER, Action.DELAY)
AWAY = Meaning(None, Reason.ABSENT, Responsible.CUSTOMER, Action.REAPPOINT)
WET = Meaning(None, Reason.WEATHER, Responsible.CARRIER, Action.REAPPOINT)
RULES = (
    Rule("permit", 1, Kind.PHRASE, "道路使用許可", PERMIT),
    Rule("away", 1, Kind.PHRASE, "不在", AWAY),
    Rule("both", 1, Kind.PHRASE, "不在のため道路使用許可", WET),
    Rule("code", 1, Kind.CODE, "A1", WET),
)
SEEDS = load_crosswalk()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("設備戻りのため延期", "equipment-return@1"),
        ("サ総あり", "general-works-short@1"),
        ("ｻ総 あり", "general-works-short@1"),
        ("ｻｰﾋﾞｽ総合工事", "general-works@1"),
        ("道路 使用\u3000許可 待ち", "road-use-permit@1"),
        ("管理会社許可待ち", "owner-permit@1"),
        ("住所未登録", "address-not-registered@1"),
        ("お客様 不在", "absent@1"),
        ("工事ＢＯ", "not-carried-out@1"),
        ("工事bo", "not-carried-out@1"),
    ],
)
def test_words_of_the_field_are_found_in_any_width(text: str, rule: str) -> None:
    found = SEEDS.match(None, text, at=april(1))

    assert found.rule is not None
    assert found.rule.name == rule


def test_a_code_decides_before_any_text() -> None:
    found = Crosswalk(RULES).match("ａ 1", "不在", at=april(1))

    assert found.meaning == WET
    assert Crosswalk(RULES).match("A12", None, at=april(1)).rule is None


def test_rules_that_disagree_leave_it_to_a_person() -> None:
    found = Crosswalk(RULES).match(None, "道路使用許可なし、不在", at=april(1))

    assert found.rule is None
    assert {rule.id for rule in found.candidates} == {"permit", "away"}


def test_a_longer_phrase_speaks_for_those_within_it() -> None:
    assert Crosswalk(RULES).match(None, "不在のため道路使用許可へ", at=april(1)).meaning == WET


def test_the_order_of_rules_never_matters() -> None:
    texts = ("不在", "道路使用許可、不在", "不在のため道路使用許可", "何もなし")
    answers = {
        tuple(Crosswalk(order).match("A1" if text == "不在" else None, text, at=april(1)) for text in texts)
        for order in permutations(RULES)
    }

    assert len(answers) == 1


def test_a_newer_version_holds_from_its_day_on() -> None:
    later = Rule("away", 2, Kind.PHRASE, "不在", WET, since=april(5, 0))
    book = Crosswalk(RULES).with_rule(later)

    assert book.match(None, "不在", at=april(4, 23)).meaning == AWAY
    assert book.match(None, "不在", at=april(5, 0)).meaning == WET


@pytest.mark.parametrize(
    "rule",
    [Rule("away", 1, Kind.PHRASE, "留守", AWAY), Rule("another", 1, Kind.PHRASE, "不在", AWAY)],
)
def test_two_rules_never_share_a_name_or_a_phrase(rule: Rule) -> None:
    with pytest.raises(DoubledRule):
        Crosswalk(RULES).with_rule(rule)


def test_normal_forms() -> None:
    assert normal_code(" d-５０１ ") == "D-501"
    assert normal_text("ﾊﾞ\u3000Ｂ o\n") == "バbo"
    assert normal_text(None) == ""


ROW = 'id = "x1"\nreason = "other"\nresponsible = "carrier"\naction = "inform"\n'


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (ROW + 'source = "s"', BadBook),
        (ROW + 'code = "A"\nphrase = "b"\nsource = "s"', BadBook),
        (ROW + 'code = "A"', BadBook),
        (ROW + 'phrase = " "\nsource = "s"', BadBook),
        (ROW + 'code = "A"\nsource = "s"\npattern = 2', ValidationError),
        (ROW + 'code = "A"\nsource = "s"\nwhatever = 2', ValidationError),
    ],
)
def test_a_bad_row_stops_the_start(row: str, error: type[Exception]) -> None:
    parse_crosswalk("[[rule]]\n" + ROW + 'code = "A"\nsource = "s"')

    with pytest.raises(error):
        parse_crosswalk("[[rule]]\n" + row)


def test_the_words_are_those_of_the_contract() -> None:
    assert {word.value for word in Reason} | {"unknown"} == set(get_args(site.DelayReason))
    assert {word.value for word in Responsible} | {"unknown"} == set(get_args(site.DelayResponsible))
    assert {word.value for word in Action} | {"unknown"} == set(get_args(site.DelayAction))


@pytest.mark.parametrize("said", [{}, {"text": " \u3000"}, {"text": "x" * 401}, {"code": "090 1234"}])
def test_a_report_that_says_nothing_or_too_much_is_malformed(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CarrierDelayReportedV1.model_validate({"order_no": ORDER_NO, **said})


def test_the_pattern_is_met_the_state_stays_and_a_repeat_is_refused() -> None:
    before = ORDERS[State.AWAITING_CONSTRUCTION_DATE]
    fact = delay(Rule("permit", 3, Kind.PHRASE, "道路使用許可", PERMIT))
    after = apply(before, fact, april(8)).after

    assert (after.state, after.since, after.met) == (before.state, before.since, (3,))
    assert (fact.rule, fact.code) == ("permit@3", None)
    with pytest.raises(Refused) as refusal:
        apply(after, fact, april(9))
    assert refusal.value.code is Code.ALREADY_DONE
    assert apply(after, delay(Rule("away", 1, Kind.PHRASE, "不在", AWAY)), april(9)).after.met == (3,)
