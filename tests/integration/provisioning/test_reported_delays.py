"""Reported delays: mapped at once, or waiting for a person whose answer becomes a rule, tried on the past first."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from chassis import metrics, outbox
from contracts.partners import CarrierDelayReportedV1, DeskConsultDoneV1
from tests.integration.provisioning.house import OPS, House, april, claim, on, order_no, submission

WORDS = "電柱建替待ち"
MEANT = {
    "phrase": "電柱建替",
    "pattern": 3,
    "reason": "general_works",
    "responsible": "carrier",
    "action": "delay",
}
FIGURES = ("kaitsu_crosswalk_queue", "kaitsu_crosswalk_oldest_seconds")
AUTH = {"Authorization": f"Bearer {OPS}"}


def request_id(name: str) -> str:
    """Return the id of a request by its name."""
    return str(uuid5(UUID(int=4), name))


def answered(name: str = "first", **changed: Any) -> dict[str, Any]:
    """Return the body of an answer."""
    return {**MEANT, "request_id": request_id(name), "by": "tanaka", "note": "asked the carrier", **changed}


REPORTED = ("delay.reported",)


async def facts(house: House) -> list[dict[str, Any]]:
    """Return the delays that were accepted of the first order; what is in danger by them stands beside."""
    return [event for event in await house.announced(1) if event["type"] == "delay.reported.v1"]


async def post(house: House, report: object, what: str, body: dict[str, Any]) -> httpx.Response:
    """Try or answer as an operator."""
    return await house.http.post(f"/ops/crosswalk/{report}/{what}", json=body, headers=AUTH)


async def queue(house: House) -> list[dict[str, Any]]:
    """Return what waits for a person."""
    return (await house.get("/ops/crosswalk")).json()["reports"]


async def opened(house: House, *serials: int) -> None:
    """Open orders on the first and consult them on the second of April."""
    for serial in serials:
        await house.deliver(submission(serial))
    house.advance(april(2))
    for serial in serials:
        await house.say(DeskConsultDoneV1, serial, consulted_on=on(2))


async def test_a_report_that_maps_becomes_a_fact_with_the_rule_in_it(house: House) -> None:
    await opened(house, 1)
    await house.say(CarrierDelayReportedV1, text="道路使用 許可の取得待ち 担当 田中")

    event = (await facts(house))[-1]
    assert event["type"] == "delay.reported.v1"
    assert {name: event["body"][name] for name in ("code", "reason", "pattern", "action", "rule")} == {
        "code": None, "reason": "road_use_permit", "pattern": 3, "action": "delay", "rule": "road-use-permit@1",
    }  # fmt: skip
    order = await house.order()
    assert (order.state, order.met) == ("awaiting_service_order", (3,))
    assert await queue(house) == []
    everything = json.dumps([event["body"] for event in await house.announced(None)], ensure_ascii=False)
    assert "田中" not in everything
    assert "田中" not in str(await house.rows("SELECT * FROM order_history"))


async def test_what_does_not_map_waits_and_the_answer_is_a_rule(house: House) -> None:
    await opened(house, 1, 2)
    await house.say(CarrierDelayReportedV1, 2, text=f"{WORDS}です")
    await house.say(CarrierDelayReportedV1, 1, text=WORDS)
    before = await house.types(None)

    waiting = await queue(house)
    assert [one["order_no"] for one in waiting] == [order_no(2), order_no(1)]
    assert WORDS not in json.dumps(waiting, ensure_ascii=False)
    assert await house.refusals() == []
    report = waiting[1]["report_id"]
    assert (await house.get(f"/ops/crosswalk/{report}")).json()["text"] == WORDS
    trial = (await post(house, report, "try", MEANT)).json()
    assert ([one["order_no"] for one in trial["changes"]], trial["breaks"]) == ([order_no(2), order_no(1)], 0)
    assert await house.types(None) == before

    done = (await post(house, report, "answer", answered())).json()

    assert [one["order_no"] for one in done["settled"]] == [order_no(2), order_no(1)]
    assert [type_ for type_ in (await house.types(None))[len(before) :] if type_ in REPORTED] == [
        "delay.reported"
    ] * 2
    assert (await facts(house))[-1]["body"]["rule"] == done["rule"]
    assert (await house.order(2)).met == (3,)
    assert await queue(house) == []
    await house.say(CarrierDelayReportedV1, 1, take=2, code="D501", text="電柱建替")
    assert (await facts(house))[-1]["body"]["code"] == "D501"
    rules = (await house.get("/ops/crosswalk/rules")).json()["rules"]
    assert [(one["by"], one["note"]) for one in rules if one["by"]] == [("tanaka", "asked the carrier")]


async def test_a_second_delivery_changes_nothing(house: House) -> None:
    await opened(house, 1)
    both = [
        claim(CarrierDelayReportedV1, at=april(2), text=WORDS),
        claim(CarrierDelayReportedV1, at=april(2), take=2, code="D501"),
    ]
    await house.deliver(*both)
    before = await house.types(None), await queue(house), await house.order()

    await house.deliver(*both, *both)

    assert (await house.types(None), await queue(house), await house.order()) == before
    await house.say(CarrierDelayReportedV1, take=3, code="D501")
    assert await house.refusals() == [("carrier.delay_reported", "already_done")]


async def test_the_same_request_twice_is_one_answer_and_the_second_operator_is_told(house: House) -> None:
    await opened(house, 1)
    await house.say(CarrierDelayReportedV1, text=WORDS)
    report = (await queue(house))[0]["report_id"]

    first, second = await asyncio.gather(
        post(house, report, "answer", answered("first")), post(house, report, "answer", answered("second"))
    )

    assert sorted((first.status_code, second.status_code)) == [200, 409]
    won, lost = (first, second) if first.is_success else (second, first)
    assert lost.json()["type"] == "urn:kaitsu:problem:already_answered"
    name = "first" if won is first else "second"
    assert (await post(house, report, "answer", answered(name))).json() == won.json()
    reused = await post(house, report, "answer", answered(name, action="cancel"))
    assert (reused.status_code, reused.json()["type"]) == (409, "urn:kaitsu:problem:request_id_reused")
    assert len(await house.rows("SELECT FROM crosswalk_rules")) == 1
    assert (await house.types()).count("delay.reported") == 1


async def test_rules_that_disagree_wait_with_their_candidates_until_a_longer_phrase_decides(
    house: House,
) -> None:
    await opened(house, 1)
    await house.say(CarrierDelayReportedV1, text="お客様不在・道路使用許可")
    (one,) = await queue(house)
    assert set(one["candidates"]) == {"absent@1", "road-use-permit@1"}

    short = await post(house, one["report_id"], "answer", answered(phrase="使用"))
    long = await post(house, one["report_id"], "answer", answered("long", phrase="不在・道路使用許可"))

    assert (short.status_code, short.json()["errors"][0]["rule"]) == (422, "still_ambiguous")
    assert long.status_code == 200
    assert (await house.order()).met == (3,)


async def test_a_rule_that_would_change_the_past_is_refused_or_applies_from_a_day_on(house: House) -> None:
    await opened(house, 1, 2)
    await house.say(CarrierDelayReportedV1, 1, text="サ総、ケーブル手配中")
    house.advance(april(6))
    await house.say(CarrierDelayReportedV1, 2, text="ケーブル手配中")
    (one,) = await queue(house)
    new = {"phrase": "ケーブル手配", "reason": "other", "pattern": None}

    trial = (await post(house, one["report_id"], "try", {**MEANT, **new})).json()
    refused = await post(house, one["report_id"], "answer", answered(**new))
    too_early = await post(house, one["report_id"], "answer", answered(**new, force_from="2026-04-02"))

    assert trial["breaks"] == 1
    for problem in (refused, too_early):
        assert (problem.status_code, problem.json()["type"]) == (409, "urn:kaitsu:problem:past_would_change")
        assert order_no(1) in problem.json()["errors"][0]["detail"]
    assert await house.rows("SELECT FROM crosswalk_rules") == []
    forced = await post(house, one["report_id"], "answer", answered(**new, force_from="2026-04-10"))
    assert [each["order_no"] for each in forced.json()["settled"]] == [order_no(2)]
    house.advance(april(11))
    await house.say(CarrierDelayReportedV1, 1, take=2, text="サ総、ケーブル手配中")
    assert [each["order_no"] for each in await queue(house)] == [order_no(1)]


async def test_a_crash_between_leaves_nothing_half_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(house, 1)
    await house.say(CarrierDelayReportedV1, text=WORDS)
    (one,) = await queue(house)
    before = await house.order()

    async def crash(*_args: object, **_more: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", crash)
        assert (await post(house, one["report_id"], "answer", answered())).status_code == 500
        with pytest.raises(MemoryError):
            await house.say(CarrierDelayReportedV1, take=2, text="またか")

    assert await queue(house) == [one]
    assert await house.order() == before
    assert await house.rows("SELECT FROM crosswalk_rules") == []
    assert (await post(house, one["report_id"], "answer", answered())).status_code == 200


async def test_a_report_before_its_order_is_mapped_when_the_order_opens(house: House) -> None:
    await house.say(CarrierDelayReportedV1, code="D501")
    await house.say(CarrierDelayReportedV1, take=2, text=WORDS)
    assert await queue(house) == []

    await house.deliver(submission())

    assert [type_ for type_ in await house.types() if type_ in REPORTED][-1:] == ["delay.reported"]
    assert len(await queue(house)) == 1


async def test_the_machine_may_refuse_what_was_answered_and_says_so(house: House) -> None:
    await opened(house, 1)
    await house.say(CarrierDelayReportedV1, text=WORDS)
    await house.say(CarrierDelayReportedV1, take=2, text=WORDS)
    (one, _) = await queue(house)

    done = await post(house, one["report_id"], "answer", answered())

    assert len(done.json()["settled"]) == 2
    assert await house.refusals() == [("carrier.delay_reported", "already_done")]


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"phrase": "別の話"}, "/match", "not_in_report"),
        ({"phrase": "電"}, "/match", "too_short"),
        ({"phrase": "田中様"}, "/match", "personal_data"),
        ({"pattern": 2}, "/pattern", "not_a_reported_pattern"),
        ({"reason": "mood"}, "/reason", "enum"),
        ({"note": ""}, "/note", "string_too_short"),
    ],
)
async def test_an_answer_that_cannot_be_a_rule_names_field_and_rule(
    house: House, changed: dict[str, Any], field: str, rule: str
) -> None:
    await opened(house, 1)
    await house.say(CarrierDelayReportedV1, text=WORDS)
    (one,) = await queue(house)

    problem = await post(house, one["report_id"], "answer", answered(**changed))

    assert problem.status_code == 422
    assert [(error["pointer"], error["rule"]) for error in problem.json()["errors"]] == [(field, rule)]


async def test_strangers_see_nothing_and_the_queue_is_measured(house: House) -> None:
    await opened(house, 1)
    await house.say(CarrierDelayReportedV1, text=WORDS)
    house.advance(april(3))
    await queue(house)

    assert [metrics.REGISTRY.get_sample_value(name) for name in FIGURES] == [1, 86_400]
    assert (await house.http.get("/ops/crosswalk")).status_code == 401
    missing = await post(house, request_id("none"), "answer", answered())
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:kaitsu:problem:unknown_report")
