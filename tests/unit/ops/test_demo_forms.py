"""The invented month of forms: counts, shape, and that nothing in it can be real."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from kernel.times import TOKYO, local_date
from ops.demo.forms import DEFECTS, HOURS, Batch, Post, by_instant, make_batch
from ops.demo.questions import FORMS, QUESTIONS
from ops.demo.signing import sign
from ops.sandbox.calendar import japanese_calendar

FIRST_DAY = date(2026, 4, 2)
BATCH = make_batch(1, 300, first_day=FIRST_DAY)


def body(post: Post) -> dict[str, Any]:
    return json.loads(post.body)


def values(post: Post) -> dict[str, str]:
    return {name: answer["response"] for name, answer in zip(QUESTIONS, body(post)["answers"], strict=True)}


def with_outcome(*outcomes: str) -> list[Post]:
    return [post for post in BATCH.posts if post.outcome in outcomes]


def test_three_hundred_posts_hold_the_promised_shares() -> None:
    assert Counter(post.outcome for post in BATCH.posts) == {
        "order": 258,
        "duplicate": 15,
        "edit": 9,
        "defect": 12,
        "refused": 6,
    }
    assert Counter(post.signature for post in BATCH.posts) == {
        "good": 294,
        "forged": 2,
        "stale": 2,
        "tampered": 2,
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert make_batch(1, 300, first_day=FIRST_DAY) == BATCH
    assert make_batch(2, 300, first_day=FIRST_DAY) != BATCH


def test_posts_lie_on_the_grid_within_thirty_days() -> None:
    for post in BATCH.posts:
        assert post.at.astimezone(TOKYO).hour in HOURS
        assert FIRST_DAY <= local_date(post.at) < FIRST_DAY + timedelta(days=30)
        assert f"{post.form_id}:{body(post)['response_id']}:{body(post)['submitted_at']}" == post.webhook_id


def test_the_shape_is_that_of_a_form_bound_script() -> None:
    for post in BATCH.posts:
        document = body(post)
        first = {form_id: item for form_id, _, item in FORMS.values()}[post.form_id]
        assert set(document) == {
            "form_id",
            "form_title",
            "response_id",
            "submitted_at",
            "edited",
            "respondent_email",
            "answers",
        }
        assert [answer["item_id"] for answer in document["answers"]] == list(
            range(first, first + len(QUESTIONS))
        )


def test_a_duplicate_is_the_same_bytes_and_some_come_at_once() -> None:
    firsts = {post.webhook_id: post for post in with_outcome("order")}
    doubles = with_outcome("duplicate")

    assert all(firsts[double.webhook_id].body == double.body for double in doubles)
    assert sum(bool(double.burst) for double in doubles) == 8
    assert all(firsts[one.webhook_id].burst == one.burst for one in doubles)
    assert all(one.at > firsts[one.webhook_id].at for one in doubles if not one.burst)


def test_an_edit_is_the_same_response_at_a_later_time_with_something_changed() -> None:
    firsts = {body(post)["response_id"]: post for post in with_outcome("order")}

    for edit in with_outcome("edit"):
        first = firsts[body(edit)["response_id"]]
        assert edit.at > first.at
        assert body(edit)["submitted_at"] > body(first)["submitted_at"]
        assert body(edit)["edited"]
        assert values(edit) != values(first)


def test_clean_forms_wish_a_business_day_from_the_seventh_after_the_application() -> None:
    calendar = japanese_calendar()

    for post in with_outcome("order", "edit"):
        if wished := values(post)["wished_on"]:
            earliest = calendar.add_business_days(date.fromisoformat(values(post)["applied_on"]), 7)
            assert earliest <= date.fromisoformat(wished)
            assert calendar.is_business_day(date.fromisoformat(wished))


def test_the_oracle_names_every_field_that_was_broken() -> None:
    for post in with_outcome("defect"):
        assert post.defects
        assert post.defects <= set(DEFECTS)
    assert any(len(post.defects) > 1 for post in with_outcome("defect"))
    assert not any(post.defects for post in with_outcome("order", "edit", "duplicate", "refused"))


def test_phones_and_mails_cannot_exist_and_nobody_shares_them() -> None:
    firsts = with_outcome("order", "refused")

    for post in firsts:
        assert re.fullmatch(r"0[789]0-0000-\d{4}", values(post)["phone"])
        assert values(post)["email"].endswith(".example.jp")
    assert len({values(post)["phone"] for post in firsts}) == len(firsts)


def test_every_name_phone_and_mail_of_the_run_is_among_the_secrets() -> None:
    for post in BATCH.posts:
        found = values(post)
        for name in ("customer_name", "customer_kana", "contact_person", "phone", "email", "sales_name"):
            if found[name] and name not in post.defects:
                assert found[name] in BATCH.secrets


def test_small_runs_work_too() -> None:
    batch: Batch = make_batch(3, 10, first_day=FIRST_DAY)

    assert len(batch.posts) == 10
    assert sum(map(len, by_instant(batch.posts).values())) == 10


@pytest.mark.parametrize("seed", range(20))
def test_a_run_of_one_or_two_days_works_too(seed: int) -> None:
    for days in (1, 2):
        assert len(make_batch(seed, 60, first_day=FIRST_DAY, days=days).posts) == 60


def test_a_signature_is_that_of_standard_webhooks() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
