"""Rightly signed bodies that are not a submission: 400 that names place and rule; and those that only look strange."""

from __future__ import annotations

import json

import pytest

from tests.integration.intake.house import NEW_EAST, PATH, House, problem, stored
from tests.support.webhooks import body_of, document, headers, webhook_id

RAW = body_of(document())
ID = webhook_id(document())
DEEP = b"[" * 100_000 + b"]" * 100_000
HOSTILE = [
    (b"", "not_json", "", "malformed"),
    (b"{", "not_json", "", "malformed"),
    (b"\xff\xfe{}", "not_json", "", "not_utf8"),
    (b"[]", "not_json", "", "not_an_object"),
    (b"null", "not_json", "", "not_an_object"),
    (b'"x"', "not_json", "", "not_an_object"),
    (DEEP, "not_json", "", "too_deep"),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "not_json", "", "too_deep"),
    (b'{"a": NaN}', "not_json", "", "not_a_number"),
    (b'{"a": -Infinity}', "not_json", "", "not_a_number"),
    (b'{"a": 1e400}', "not_json", "", "not_a_number"),
    (b'{"a": ' + b"9" * 5000 + b"}", "not_json", "", "malformed"),
    (b'{"a": 1, "a": 2}', "not_json", "", "duplicate_key"),
    (b'{"a": "\\ud800"}', "not_json", "", "lone_surrogate"),
    (b'{"\\udc00": 1}', "not_json", "", "lone_surrogate"),
    (b"{}", "wrong_shape", "/form_id", "missing"),
    (RAW.replace(b'"edited":false', b'"edited":"no"'), "wrong_shape", "/edited", "bool_type"),
    (RAW.replace(b'"item_id":1003', b'"item_id":"1003"'), "wrong_shape", "/answers/2/item_id", "int_type"),
    (RAW.replace(b'"item_id":1003', b'"item_id":1e3'), "wrong_shape", "/answers/2/item_id", "int_type"),
    (
        RAW.replace(b'"response":"IP8"', b'"response":{"x":1}'),
        "wrong_shape",
        "/answers/11/response",
        "string_type",
    ),
    (
        RAW.replace(b"2026-04-20T01:00:00.000Z", b"yesterday"),
        "wrong_shape",
        "/submitted_at",
        "not_an_instant",
    ),
    (
        RAW.replace(b"2026-04-20T01:00:00.000Z", b"2026-13-01T00:00:00Z"),
        "wrong_shape",
        "/submitted_at",
        "not_an_instant",
    ),
    (RAW.replace(b'"r-1"', b'"r 1\\u0000"'), "wrong_shape", "/response_id", "string_pattern_mismatch"),
    (
        RAW.replace(b'"answers":[', b'"answers":{"a":[').replace(b"]}", b"]}}"),
        "wrong_shape",
        "/answers",
        "list_type",
    ),
]


@pytest.mark.parametrize(("body", "rule", "pointer", "code"), HOSTILE)
async def test_a_hostile_body_is_400_and_names_place_and_rule(
    house: House, body: bytes, rule: str, pointer: str, code: str
) -> None:
    answer = await house.http.post(PATH, content=body, headers=headers(NEW_EAST, ID, body))

    found = problem(answer, 400, rule)
    assert (pointer, code) in {(error["pointer"], error["rule"]) for error in found["errors"]}
    assert await stored(house) == (0, 0, 0)
    assert (await house.value("SELECT rule FROM refusals"), await house.pending()) == (rule, 0)


async def test_all_that_is_wrong_with_a_shape_is_named(house: House) -> None:
    body = b'{"form_id": 7, "answers": [{"item_id": 1}]}'

    answer = await house.http.post(PATH, content=body, headers=headers(NEW_EAST, ID, body))

    pointers = {error["pointer"] for error in problem(answer, 400, "wrong_shape")["errors"]}
    assert pointers >= {"/form_id", "/form_title", "/response_id", "/answers/0/title", "/answers/0/response"}


async def test_key_order_blanks_escapes_and_a_byte_order_mark_do_not_matter(house: House) -> None:
    reordered = dict(reversed(document("r-2").items()))
    bodies = [
        b"\xef\xbb\xbf" + body_of(document("r-1")),
        json.dumps(reordered, indent=4, ensure_ascii=True).encode(),
    ]

    for name, body in zip(("r-1", "r-2"), bodies, strict=True):
        assert (await house.post(document(name), body=body)).status_code == 202
    assert await house.check() == 2
    assert len(await house.announced("order.submitted.v1")) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("form_id", "fiber-west-2026"), ("response_id", "r-9"), ("submitted_at", "2026-04-20T01:00:00Z")],
)
async def test_a_webhook_id_that_is_not_that_of_the_body_is_refused(
    house: House, field: str, value: str
) -> None:
    answer = await house.post(document(), body=body_of({**document(), field: value}))

    found = problem(answer, 400, "webhook_id_differs")
    assert [error["pointer"] for error in found["errors"]] == [f"/{field}"]
    assert await stored(house) == (0, 0, 0)
