"""An order explained in Japanese and English: every statement names the fact that says so, and no word is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from typing import get_args

import pytest

from contracts import partners, site, works
from services.provisioning.books import load_rules
from services.provisioning.domain import facts, site_facts
from services.provisioning.domain.deadlines import DeadlineKind
from services.provisioning.domain.fact_details import FACTS
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import apply, fold
from services.provisioning.domain.order import BALL, Jeopardy, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Refused
from services.provisioning.domain.repair_facts import OrderReopened
from services.provisioning.domain.stories.story import TONGUES, Lang, Prediction, explain
from tests.unit.provisioning.samples import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    CONSULTED,
    CREATED,
    FRESH,
    HELD,
    MISSED,
    OPENED,
    ORDER_ID,
    ORDER_NO,
    PATHS,
    REGISTRATION,
    SCHEDULED,
    Happened,
    april,
    on,
)
from tests.unit.provisioning.test_time_travel import rows

RULES = load_rules()
POSTPONED = (facts.ConstructionPostponed(on(15), "equipment_return"), april(14))
AGAIN = (facts.ConstructionScheduled(on(30), None), april(16))


def told(lang: Lang, *path: Happened) -> str:
    return explain(rows(*path), lang, rules=RULES).text


def possible() -> list[Sequence[Happened]]:
    """Return every sample's path with every fact behind it that the machine accepts there."""
    found = list[Sequence[Happened]]()
    for path, (fact, at) in product(PATHS.values(), FRESH.values()):
        if fact.kind is not FactKind.ORDER_OPENED:
            try:
                apply(fold(path), fact, max(at, path[-1][1]))
            except Refused:
                continue
            found.append((*path, (fact, max(at, path[-1][1]))))
    return found


@pytest.mark.parametrize("lang", Lang)
def test_no_word_is_missing(lang: Lang) -> None:
    tongue = TONGUES[lang]

    assert set(tongue.facts) == set(FactKind)
    assert set(tongue.states) == set(State)
    assert set(tongue.balls) == set(BALL.values()) | {"sales"}
    assert set(tongue.patterns) == set(Pattern)
    assert set(tongue.late) == set(Jeopardy)
    assert set(tongue.deadlines) == set(DeadlineKind)


@pytest.mark.parametrize("lang", Lang)
def test_every_code_of_the_contracts_has_words(lang: Lang) -> None:
    codes = {
        code
        for literal in (
            works.PostponeReason,
            works.CancelledBy,
            works.CancelReason,
            site.SurveyKind,
            site.SurveyDelayReason,
            site.Obstacle,
            site.PlantAnswer,
            site.Permit,
            site.CalledOffCause,
            site.WishedBy,
        )
        for code in get_args(literal)
    }

    assert codes <= set(TONGUES[lang].codes)
    assert partners.DeskOrderCancelledV1.model_fields["by"].annotation == works.CancelledBy


@pytest.mark.parametrize("lang", Lang)
def test_every_sentence_names_only_what_its_fact_has(lang: Lang) -> None:
    assert set(FACTS) == set(FRESH)
    for kind, (fact, _) in FRESH.items():
        said = TONGUES[lang].say(TONGUES[lang].facts[kind], fact)

        assert "{" not in said
        assert "None" not in said


@pytest.mark.parametrize("lang", Lang)
def test_every_order_can_be_explained_and_every_statement_cites_its_fact(lang: Lang) -> None:
    paths = [*PATHS.values(), *possible()]
    assert len(paths) > 60
    for path in paths:
        history = rows(*path)
        story = explain(history, lang, rules=RULES)

        days = {row.sequence: f"[{row.sequence}, {on(row.occurred_at.day):%Y-%m}-" for row in history}
        for statement in story.statements:
            assert statement.cites
            for cited in statement.cites:
                assert str(cited) in statement.text
                assert str(cited).startswith(days[cited.sequence])
        for word in ("None", "{", "registration center", "登録センター", "_", "  "):
            assert word not in story.text.replace(ORDER_NO, "")


def test_the_story_of_a_date_that_was_told_and_withdrawn_in_japanese() -> None:
    text = told(Lang.JAPANESE, OPENED, CONSULTED, CREATED, HELD, CONFIRMED, SCHEDULED, POSTPONED, AGAIN)

    assert text == (
        "工事日は4月30日(木)に確定しています(4月16日(木)から)。[8, 2026-04-16] "
        "次に対応するのはキャリアです。[5, 2026-04-07] "
        "4月14日(火)から、遅延パターン5(設備戻り)に該当しています。[7, 2026-04-14] "
        "設備戻りにより、キャリアが4月15日(水)の工事日を取り下げました。[7, 2026-04-14] "
        "4月15日(水)の工事日の経過は、仮押さえ[4, 2026-04-06]、お客様の了承[5, 2026-04-07]、"
        "キャリアによる確定[6, 2026-04-07]、キャリアによる取り下げ[7, 2026-04-14]です。 "
        "4月30日(木)の工事日の経過は、キャリアによる確定[8, 2026-04-16]です。 "
        "お客様のご希望日は4月20日(月)です。[1, 2026-04-01] "
        "工事の事前確認は4月28日(火)です。[8, 2026-04-16] "
        "遅れているものはありません。[8, 2026-04-16]"
    )


def test_the_story_of_a_date_that_was_told_and_withdrawn_in_english() -> None:
    text = told(Lang.ENGLISH, OPENED, CONSULTED, CREATED, HELD, CONFIRMED, SCHEDULED, POSTPONED, AGAIN)

    assert text == (
        "The construction is fixed for April 30 (Thu), known since April 16 (Thu). [8, 2026-04-16] "
        "The carrier must act next. [5, 2026-04-07] "
        "Since April 14 (Tue) delay pattern 5 (equipment return) is in force. [7, 2026-04-14] "
        "The carrier withdrew the construction date of April 15 (Wed): equipment return. [7, 2026-04-14] "
        "The date of April 15 (Wed) was held [4, 2026-04-06], taken by the customer [5, 2026-04-07], "
        "fixed by the carrier [6, 2026-04-07], then withdrawn by the carrier [7, 2026-04-14]. "
        "The date of April 30 (Thu) was fixed by the carrier [8, 2026-04-16]. "
        "The customer wishes for April 20 (Mon). [1, 2026-04-01] "
        "The construction is called to mind on April 28 (Tue). [8, 2026-04-16] "
        "Nothing is late. [8, 2026-04-16]"
    )


def test_what_is_late_cites_the_fact_that_made_it_late() -> None:
    overdue = (facts.ConsultOverdue(on(3)), april(4, 0))

    assert "Late is the consult: it was due by April 3 (Fri). [2, 2026-04-04]" in told(
        Lang.ENGLISH, OPENED, overdue
    )
    assert "コンサルが遅れています。期限は4月3日(金)でした。[2, 2026-04-04]" in told(
        Lang.JAPANESE, OPENED, overdue
    )
    assert "Nothing is late" not in told(Lang.ENGLISH, OPENED, overdue)
    assert "Late" not in told(Lang.ENGLISH, OPENED, overdue, CONSULTED)


def test_a_deadline_that_runs_is_told_with_the_fact_that_began_it() -> None:
    assert ("An answer is needed by April 8 (Wed), or the held date is lost. [4, 2026-04-06]") in told(
        Lang.ENGLISH, OPENED, CONSULTED, CREATED, HELD
    )


def test_patterns_are_told_latest_first_each_with_its_fact() -> None:
    registered = (facts.AddressRegistrationCompleted(on(4)), april(4))

    text = told(Lang.ENGLISH, OPENED, CONSULTED, REGISTRATION, registered, CREATED, HELD, MISSED)

    assert "delay pattern 7 (answer of customer or sales is late) is in force. [7, 2026-04-09]" in text
    assert "Before it met pattern 2 (address registration). [3, 2026-04-03]" in text


def test_an_end_asks_nobody_and_names_no_wish() -> None:
    text = told(Lang.ENGLISH, OPENED, CONSULTED, CREATED, SCHEDULED, COMPLETED)

    assert text.startswith("The line has been lit since April 15 (Wed). [5, 2026-04-15] Nobody has anything")
    assert "wishes" not in text
    assert "then kept [5, 2026-04-15]" in text


def test_a_reopened_order_tells_both() -> None:
    plan = ORDER_ID
    by_plan = (replace(CANCELLED[0], plan_id=plan), april(10))
    reopened = (OrderReopened(plan), april(11))

    text = told(Lang.ENGLISH, OPENED, CONSULTED, CREATED, SCHEDULED, by_plan, reopened)

    assert (
        "called off with the order [5, 2026-04-10], then in force again with the order [6, 2026-04-11]"
        in text
    )


def test_a_day_is_the_day_in_tokyo() -> None:
    # 23:30 on the 2nd in UTC is the morning of the 3rd in Tokyo.
    consulted = (facts.ConsultDone(on(2)), april(3, 8))

    assert re.search(r"since April 3 \(Fri\)\. \[2, 2026-04-03\]", told(Lang.ENGLISH, OPENED, consulted))


@pytest.mark.parametrize(
    ("comparable", "basis"), [(None, "rule of the delay pattern"), (42, "42 comparable orders")]
)
def test_a_prediction_names_its_basis(comparable: int | None, basis: str) -> None:
    days = (date(2026, 4, 10), date(2026, 4, 11), date(2026, 4, 14), date(2026, 4, 20))
    story = explain(
        rows(OPENED, CONSULTED),
        Lang.ENGLISH,
        rules=RULES,
        prediction=Prediction(*days, comparable=comparable),
    )

    last = story.statements[-1]
    assert "lit on April 14 (Tue) (in 8 of 10 cases April 11 (Sat) to April 20 (Mon)" in last.text
    assert basis in last.text
    assert last.cites == ()


def test_an_optional_part_is_left_out_where_nothing_is_known() -> None:
    tongue = TONGUES[Lang.ENGLISH]
    kind = FactKind.SURVEY_DONE

    more = tongue.say(tongue.facts[kind], site_facts.SurveyDone("building", on(10), outside_needed=True))
    done = tongue.say(tongue.facts[kind], site_facts.SurveyDone("building", on(10), outside_needed=False))

    assert more == f"{done} The route outside is looked at next."
