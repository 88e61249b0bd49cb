"""The past over HTTP: as it was, as it was known, what changed, and the story of an order."""

from __future__ import annotations

import pytest

from contracts import partners as p
from tests.integration.provisioning.house import House, april, claim, on, order_id, order_no, submission

ORDER = f"/ops/orders/{order_no(1)}"


async def late_call(house: House) -> None:
    """Let the desk call on the 3rd and say so on the 5th, after the last day for it had passed."""
    await house.deliver(submission())
    house.advance(april(4))
    await house.tick()
    house.advance(april(5))
    await house.deliver(claim(p.DeskConsultDoneV1, at=april(3, 18), consulted_on=on(3)))


async def test_a_fact_that_came_late_makes_as_it_was_and_as_it_was_known_differ(house: House) -> None:
    await late_call(house)

    was = (await house.get(f"{ORDER}/as-of", at="2026-04-03")).json()
    known = (await house.get(f"{ORDER}/as-of", at="2026-04-03", known_at="2026-04-04T12:00")).json()

    assert (was["order"]["state"], [fact["sequence"] for fact in was["facts"]]) == (
        "awaiting_service_order",
        [1, 3],
    )
    assert (known["order"]["state"], [fact["sequence"] for fact in known["facts"]]) == (
        "awaiting_consult",
        [1],
    )
    assert (was["at"], was["known_at"]) == ("2026-04-03T14:59:59.999999Z", None)
    assert known["known_at"] == "2026-04-04T03:00:00Z"
    assert was["unfounded"] == []


async def test_today_as_of_shows_the_row_and_before_the_opening_nothing(house: House) -> None:
    await late_call(house)

    now = (await house.get(f"/ops/orders/{order_id(1)}/as-of", at="2026-04-05T03:00:00Z")).json()
    never = (await house.get(f"{ORDER}/as-of", at="2026-03-31")).json()

    shown = (await house.get(ORDER)).json()
    assert {name: now["order"][name] for name in ("state", "since", "ball", "pattern", "consulted_on")} == {
        "consulted_on": shown["dates"]["consulted_on"],
        **{name: shown[name] for name in ("state", "since", "ball", "pattern")},
    }
    assert (never["order"], never["facts"]) == (None, [])


async def test_what_changed_is_told_field_by_field_with_its_facts(house: House) -> None:
    await late_call(house)

    change = (await house.get(f"{ORDER}/diff", **{"from": "2026-04-02", "to": "2026-04-05"})).json()

    fields = {each["field"]: each for each in change["changes"]}
    assert fields["state"] == {
        "field": "state",
        "before": "awaiting_consult",
        "after": "awaiting_service_order",
        "facts": [3],
    }
    assert fields["consulted_on"]["after"] == "2026-04-03"
    assert [fact["fact"] for fact in change["facts"]] == ["consult_overdue", "consult_done"]


async def test_the_story_is_told_in_both_languages_japanese_first(house: House) -> None:
    await late_call(house)

    english = (await house.get(f"{ORDER}/story", lang="en")).json()
    japanese = (await house.get(f"{ORDER}/story")).json()

    assert english["text"].startswith(
        "The order has waited for the carrier's service order since April 3 (Fri). [3, 2026-04-03]"
    )
    assert japanese["lang"] == "ja"
    assert japanese["text"].startswith(
        "4月3日(金)から、キャリアでのサービスオーダーの作成待ちです。[3, 2026-04-03]"
    )
    assert english["statements"][0]["cites"] == [{"sequence": 3, "on": "2026-04-03"}]


@pytest.mark.parametrize(
    ("path", "query", "rule"),
    [
        ("as-of", {}, "bad_at"),
        ("as-of", {"at": "yesterday"}, "bad_at"),
        ("as-of", {"at": "9999-12-31"}, "bad_at"),
        ("as-of", {"at": "2026-04-03", "known_at": "2026-13-01"}, "bad_known_at"),
        ("diff", {"to": "2026-04-03"}, "bad_from"),
        ("diff", {"from": "2026-04-03"}, "bad_to"),
        ("diff", {"from": "2026-04-03", "to": "2026-04-02"}, "bad_to"),
        ("story", {"lang": "fr"}, "bad_lang"),
    ],
)
async def test_a_wrong_parameter_is_named(house: House, path: str, query: dict[str, str], rule: str) -> None:
    await house.deliver(submission())

    answer = await house.get(f"{ORDER}/{path}", **query)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:kaitsu:problem:{rule}"


@pytest.mark.parametrize("path", ["as-of", "diff", "story"])
async def test_the_past_is_behind_the_token_and_of_known_orders_only(house: House, path: str) -> None:
    query = {"at": "2026-04-03", "from": "2026-04-02", "to": "2026-04-03"}

    assert (await house.http.get(f"{ORDER}/{path}", params=query)).status_code == 401
    answer = await house.get(f"{ORDER}/{path}", **query)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:kaitsu:problem:unknown_order")
