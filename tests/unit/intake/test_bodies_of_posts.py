"""The strict reader of bodies: whatever comes is read whole or refused with a place and a rule, never an error."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.google_forms import BadBody, Fault, Post, read_post
from tests.support.webhooks import body_of, document, webhook_id

BODY = body_of(document())
MANY: list[dict[str, str]] = [{}] * 201


def test_a_clean_body_is_read_whole() -> None:
    post = read_post(BODY)

    assert post.webhook_id == webhook_id(document())
    assert post.submitted_at == datetime(2026, 4, 20, 1, tzinfo=UTC)
    assert (post.form, post.response_id, post.edited) == ("fiber-east-2026", "r-1", False)
    assert [(each.item_id, each.response) for each in post.answers][:2] == [
        (1001, "株式会社みなと商事"),
        (1002, "ミナトショウジ"),
    ]


def test_several_answers_to_one_question_and_unknown_keys_are_read() -> None:
    more: dict[str, Any] = {**document(), "quiz_score": 3.5}
    more["answers"][0]["response"] = ["a", "b"]

    assert read_post(body_of(more)).answers[0].response == ("a", "b")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("2026-04-20T01:00:00Z", True),
        ("2026-04-20T01:00:00.123456Z", True),
        ("2026-04-20T10:00:00+09:00", True),
        ("2026-04-20T01:00:00", False),
        ("2026-04-20 01:00:00Z", False),
        ("2026-04-20", False),
        ("2026-W17-1T01:00:00Z", False),
        ("20260420T010000Z", False),
        ("2026-04-20T24:00:00Z", False),
        ("2026-04-20T01:00:00+99:00", False),
        ("1926-04-20T01:00:00Z", False),
        ("９０２６-04-20T01:00:00Z", False),
    ],
)
def test_instants_have_a_zone_and_one_shape(text: str, right: bool) -> None:
    body = body_of(document(submitted_at=text))

    if right:
        assert read_post(body).webhook_id.endswith(text)
    else:
        with pytest.raises(BadBody) as caught:
            read_post(body)
        assert [(each.pointer, each.rule) for each in caught.value.faults] == [
            ("/submitted_at", "not_an_instant")
        ]


def read_or_refused(body: bytes) -> Post | tuple[Fault, ...]:
    """Return what was read, or why not; any other error fails the test."""
    try:
        return read_post(body)
    except BadBody as error:
        return error.faults


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary())
@settings(max_examples=500)
def test_no_bytes_are_an_error(body: bytes) -> None:
    with pytest.raises(BadBody):
        read_post(body)


@given(JSON)
@settings(max_examples=300)
def test_no_json_is_an_error(value: Any) -> None:
    with pytest.raises(BadBody):
        read_post(json.dumps(value).encode())


@given(st.sampled_from([key for key in document() if key != "answers"]), JSON)
@settings(max_examples=300)
def test_no_value_anywhere_is_an_error(key: str, value: Any) -> None:
    assert read_or_refused(json.dumps({**document(), key: value}).encode())


@given(st.sampled_from(["item_id", "title", "type", "response"]), JSON)
@settings(max_examples=300)
def test_no_value_in_an_answer_is_an_error(key: str, value: Any) -> None:
    submission = document()
    submission["answers"][5][key] = value
    assert read_or_refused(json.dumps(submission).encode())


def test_no_damaged_body_is_an_error() -> None:
    rng = random.Random(1)
    for _ in range(5000):
        damaged = bytearray(BODY)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        assert read_or_refused(bytes(damaged))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"form_id": ""}, "/form_id"),
        ({"form_id": "a:b"}, "/form_id"),
        ({"form_id": "フォーム"}, "/form_id"),
        ({"form_id": "x" * 201}, "/form_id"),
        ({"response_id": "a\n"}, "/response_id"),
        ({"respondent_email": 1}, "/respondent_email"),
        ({"edited": 0}, "/edited"),
        ({"answers": MANY}, "/answers"),
        ({"form_title": "x" * 501}, "/form_title"),
    ],
)
def test_bounds(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadBody) as caught:
        read_post(body_of({**document(), **change}))

    assert {each.pointer for each in caught.value.faults} == {pointer}
