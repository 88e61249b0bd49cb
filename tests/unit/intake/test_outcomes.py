"""What becomes of a submission, given how its response stands; and that no order of arrival changes the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from services.intake.domain.application import Application
from services.intake.domain.outcome import Outcome, Standing, Status, Submission, decide
from services.intake.domain.versions import changed_fields
from tests.support.webhooks import CLEAN
from tests.unit.intake.samples import BOOKS, checked, form, submission

OTHERS = {
    "customer_name": "株式会社やまと",
    "customer_kana": "ヤマト",
    "customer_class": "官公庁",
    "contact_person": "",
    "postal_code": "101-0002",
    "prefecture": "千葉県",
    "city": "千葉市1",
    "building": "第一ビル",
    "building_kind": "集合",
    "phone": "080-0000-0002",
    "email": "b@minato.example",
    "plan": "IP16",
    "applied_on": "2026-04-17",
    "wished_on": "2026-05-12",
    "sales_name": "高橋",
    "sales_email": "b@hanbai.example",
    "sales_office": "OS2007",
    "remarks": "午前中",
}


def play(*submissions: Submission, before: Standing | None = None) -> list[Outcome]:
    """Return what becomes of submissions in this order of arrival."""
    outcomes: list[Outcome] = []
    for each in submissions:
        outcomes.append(decide(BOOKS.forms[each.form], each, before, BOOKS.rules))
        before = outcomes[-1].standing
    return outcomes


def ends(outcomes: list[Outcome]) -> list[str]:
    return [(each.effect or each.status).value for each in outcomes]


def test_the_ways_of_a_response() -> None:
    first, second, third = submission(), submission(hours=1, plan="IP16"), submission(hours=2, plan="IP16")
    broken = submission(hours=1, phone="1")

    assert ends(play(first)) == ["order"]
    assert ends(play(first, second, third)) == ["order", "amended", "unchanged"]
    assert ends(play(first, broken, third)) == ["order", "defect", "amended"]
    assert ends(play(submission(phone="1"), second)) == ["defect", "order"]
    assert ends(play(second, first)) == ["order", "superseded"]
    assert ends(play(broken, first, third)) == ["defect", "superseded", "order"]
    assert ends(play(first, replace(first, submission_id=second.submission_id))) == ["order", "superseded"]


def test_versions_count_what_changed_and_defects_leave_them() -> None:
    outcomes = play(
        submission(),
        submission(hours=1, phone="1", plan="IP16"),
        submission(hours=2, plan="IP16"),
        submission(hours=3, plan="IP16"),
        submission(hours=4),
    )

    standings = [each.standing for each in outcomes]
    assert [each and each.version for each in standings] == [1, 1, 2, 2, 3]
    assert [each.changed for each in outcomes] == [(), (), ("plan",), (), ("plan",)]
    assert {each and each.began_with for each in standings} == {submission().submission_id}


def test_the_newest_submission_wins_whatever_the_order_of_arrival() -> None:
    posts = [
        submission(hours=hour, plan=plan)
        for hour, plan in enumerate(("IP8", "IP16", "IP8", "IP1 Enterprise"))
    ]

    for arrival in permutations(posts):
        outcomes = play(*arrival)
        last = outcomes[-1].standing
        assert last is not None
        assert last.application is not None
        assert last.application.plan == "ip1_enterprise"
        assert last.newest_at == posts[-1].submitted_at
        assert ends(outcomes).count("order") == 1


def test_defects_keep_the_people_that_can_be_reached_until_there_is_an_order() -> None:
    (broken,) = play(submission(phone="1"))
    assert broken.standing is not None
    assert broken.standing.people is not None
    assert (broken.standing.people.phone, broken.standing.people.sales_email) == (
        None,
        "ichiro@hanbai.example",
    )

    _, again = play(submission(), submission(hours=1, phone="1", sales_email="new@hanbai.example"))
    assert again.standing is not None
    assert again.standing.people is not None
    assert again.standing.people.sales_email == "ichiro@hanbai.example"


def test_a_case_for_a_person_changes_nothing() -> None:
    (order,) = play(submission())
    lost = decide(None, submission(hours=1), order.standing, BOOKS.rules)
    early = submission(hours=1)
    early = replace(early, received_at=early.submitted_at - timedelta(hours=25))
    ahead = decide(form(), early, order.standing, BOOKS.rules)
    drifted = replace(submission(hours=1), answers=submission().answers[1:])
    changed = decide(form(), drifted, order.standing, BOOKS.rules)

    for outcome, reason in (
        (lost, "unknown_form"),
        (ahead, "submitted_in_the_future"),
        (changed, "form_changed"),
    ):
        assert (outcome.status, outcome.reason) == (Status.TRIAGE, reason)
        assert outcome.standing is order.standing
    assert [drift.field for drift in changed.drifts] == ["customer_name"]


def test_a_senders_clock_may_run_a_day_ahead() -> None:
    early = submission()

    for hours, status in ((24, Status.ORDER), (25, Status.TRIAGE)):
        ahead = replace(early, received_at=early.submitted_at - timedelta(hours=hours))
        assert decide(form(), ahead, None, BOOKS.rules).status is status


@pytest.mark.parametrize(("hour", "status"), [(14, Status.DEFECT), (15, Status.ORDER)])
def test_the_day_of_a_submission_is_that_of_tokyo(hour: int, status: Status) -> None:
    at = datetime(2026, 4, 20, hour, 59, tzinfo=UTC)
    late = replace(submission(applied_on="2026-04-21"), submitted_at=at, received_at=at)

    assert decide(form(), late, None, BOOKS.rules).status is status


def application(**changes: str) -> Application:
    found = checked(**changes).application
    assert found is not None
    return found


@pytest.mark.parametrize("field", sorted(OTHERS))
def test_every_changed_field_is_named(field: str) -> None:
    base = {"building": "中央ビル", "building_kind": "戸建"}
    before, after = application(**base), application(**{**base, field: OTHERS[field]})

    assert changed_fields(before, after) == (field,)
    assert changed_fields(after, before) == (field,)
    assert changed_fields(after, after) == ()


def test_confirmations_that_came_or_went_are_named_by_their_fields() -> None:
    before = replace(application(), confirmed=("fees", "visit"))
    after = replace(application(), confirmed=("fees", "mdf"))

    assert changed_fields(before, after) == ("confirm_visit", "confirm_mdf")


def test_all_changes_are_named_in_the_forms_order() -> None:
    assert set(OTHERS) == {name for name in CLEAN if not name.startswith("confirm_")}
    assert changed_fields(application(), application(**OTHERS)) == tuple(OTHERS)
