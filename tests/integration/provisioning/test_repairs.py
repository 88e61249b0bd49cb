"""Repairs of many orders: what the plan shows is what happens, once, and what can be taken back is taken back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contracts import partners as p
from kernel.ids import derived_id
from services.provisioning import repairs
from services.provisioning.domain.order import State
from tests.integration.provisioning.house import OPS, House, april, on, order_id, order_no, submission

CANCEL = {"kind": "cancel", "by": "desk", "reason": "other"}
ASK_AGAIN = {"kind": "ask_again"}
BY = {"by": "me", "why": "the carrier lost our requests"}


async def post(house: House, path: str, body: dict[str, Any]) -> httpx.Response:
    return await house.http.post(path, json=body, headers={"Authorization": f"Bearer {OPS}"})


async def plan(house: House, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a new plan; filter: all orders of the east unless given."""
    answer = await post(house, "/ops/repairs", {"action": action, "filter": {"area": "east"}, **BY, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def run(house: House, plan_id: str, verb: str = "apply") -> list[tuple[str, str, str | None]]:
    """Apply or undo all portions; return (order number, outcome, code) of all that was done."""
    done: list[dict[str, Any]] = []
    while True:
        answer = await post(house, f"/ops/repairs/{plan_id}/{verb}", BY if verb == "undo" else {"by": "me"})
        assert answer.status_code == 200, answer.text
        done += answer.json()["done"]
        if not answer.json()["left"]:
            return [(row["order_no"], row["outcome"], row["code"]) for row in done]


async def consulted(house: House, *serials: int) -> None:
    await house.deliver(*[submission(serial) for serial in serials])
    for serial in serials:
        await house.say(p.DeskConsultDoneV1, serial, consulted_on=on(1))


async def test_a_plan_shows_the_effect_per_order_and_changes_nothing(house: House) -> None:
    await consulted(house, 1)
    await house.deliver(submission(2))

    made = await plan(house, ASK_AGAIN)

    assert [
        (row["order_no"], row["state_before"], row["state_after"], row["code"]) for row in made["orders"]
    ] == [
        (order_no(1), "awaiting_service_order", "awaiting_service_order", None),
        (order_no(2), "awaiting_consult", None, "wrong_state"),
    ]
    assert (made["matching"], made["outcomes"]) == (2, {"planned": 1, "refused": 1})
    assert (await house.order(1)).sequence == 2
    assert (await house.get(f"/ops/repairs/{made['plan_id']}")).json() == made
    assert [each["plan_id"] for each in (await house.get("/ops/repairs")).json()["plans"]] == [
        made["plan_id"]
    ]


async def test_applying_does_what_the_plan_shows_and_a_second_time_nothing(house: House) -> None:
    await consulted(house, 1, 2)
    made = await plan(house, ASK_AGAIN)
    house.advance(april(2))

    first, second = await run(house, made["plan_id"]), await run(house, made["plan_id"])

    assert first == [(order_no(1), "applied", None), (order_no(2), "applied", None)]
    assert second == []
    requests = [each for each in await house.announced(1) if each["type"] == "service_order.requested.v1"]
    assert [each["body"]["attempt"] for each in requests] == [1, 2]
    entry = (await house.get(f"/ops/orders/{order_no(1)}")).json()["history"][-1]
    assert (entry["fact"], entry["occurred_at"]) == ("service_order_asked_again", "2026-04-02T03:00:00Z")
    assert entry["cause_id"] == str(derived_id(repairs.UUID(made["plan_id"]), str(order_id(1))))
    shown = (await house.get(f"/ops/repairs/{made['plan_id']}")).json()
    assert (shown["planned_by"], shown["why"], shown["applied_by"], shown["outcomes"]) == (
        *BY.values(),
        "me",
        {"applied": 2},
    )


async def test_an_order_that_moved_meanwhile_is_left_alone_and_reported(house: House) -> None:
    await consulted(house, 1, 2)
    made = await plan(house, CANCEL)
    await house.say(p.CarrierServiceOrderCreatedV1, 1, carrier_order_no="SO-1")

    done = await run(house, made["plan_id"])

    assert done == [(order_no(1), "changed_meanwhile", None), (order_no(2), "applied", None)]
    assert (await house.order(1)).state is State.AWAITING_CONSTRUCTION_DATE
    assert (await house.order(2)).state is State.CANCELLED


async def test_a_deadline_that_passed_meanwhile_fires_first(house: House) -> None:
    await house.deliver(submission())
    made = await plan(house, CANCEL)
    house.advance(april(4))

    assert await run(house, made["plan_id"]) == [(order_no(1), "changed_meanwhile", None)]
    assert await house.types() == ["consult.requested", "jeopardy.raised"]


async def test_a_plan_does_not_run_ahead_of_a_deadline_that_has_passed(house: House) -> None:
    await house.deliver(submission())
    house.advance(april(4))

    assert (await plan(house, CANCEL))["orders"][0]["code"] == "deadline_due"
    await house.tick()
    assert (await plan(house, CANCEL))["orders"][0]["code"] is None


async def test_what_has_become_too_late_is_refused_when_it_is_applied(house: House) -> None:
    await consulted(house, 1)
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(3), survey_on=None)
    house.advance(april(2, 12))
    await house.tick()  # the construction is called to mind
    made = await plan(house, CANCEL)
    house.advance(april(3, 9))

    assert await run(house, made["plan_id"]) == [(order_no(1), "refused", "too_late")]
    assert await run(house, made["plan_id"]) == []


async def test_a_limit_takes_the_first_orders_and_says_how_many_there_are(house: House) -> None:
    await consulted(house, 1, 2, 3)

    made = await plan(house, CANCEL, limit=2)
    await run(house, made["plan_id"])

    assert (made["matching"], [row["order_no"] for row in made["orders"]]) == (3, [order_no(1), order_no(2)])
    assert (await house.order(3)).state is State.AWAITING_SERVICE_ORDER


async def test_portions_follow_each_other_until_nothing_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairs, "PORTION", 2)
    await consulted(house, 1, 2, 3)
    made = await plan(house, CANCEL)

    answers = [
        (await post(house, f"/ops/repairs/{made['plan_id']}/apply", {"by": "me"})).json() for _ in range(3)
    ]

    assert [(len(each["done"]), each["left"]) for each in answers] == [(2, 1), (1, 0), (0, 0)]


async def test_a_cancellation_by_a_plan_is_taken_back_by_facts(house: House) -> None:
    await consulted(house, 1)
    await house.deliver(submission(2))
    before = {serial: await house.order(serial) for serial in (1, 2)}
    made = await plan(house, CANCEL)
    await run(house, made["plan_id"])
    assert await house.next_due() is None

    assert await run(house, made["plan_id"], "undo") == [
        (order_no(1), "undone", None),
        (order_no(2), "undone", None),
    ]
    assert await run(house, made["plan_id"], "undo") == []

    for serial in (1, 2):
        order = await house.order(serial)
        assert (order.state, order.sequence) == (before[serial].state, before[serial].sequence + 2)
    assert (await house.types(1))[-2:] == ["order.cancelled", "order.reopened"]
    assert (await house.announced(1))[-1]["body"]["plan_id"] == made["plan_id"]
    assert await house.next_due() == april(4, 0)
    facts = [entry["fact"] for entry in (await house.get(f"/ops/orders/{order_no(1)}")).json()["history"]]
    assert facts[-2:] == ["order_cancelled", "order_reopened"]
    assert (await post(house, f"/ops/repairs/{made['plan_id']}/apply", {"by": "me"})).json()["type"] == (
        "urn:kaitsu:problem:plan_undone"
    )


async def test_taking_back_is_refused_where_the_construction_day_has_come(house: House) -> None:
    await consulted(house, 1)
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(3), survey_on=None)
    made = await plan(house, CANCEL)
    await run(house, made["plan_id"])
    house.advance(april(3))

    assert await run(house, made["plan_id"], "undo") == [(order_no(1), "undo_refused", "too_late")]
    assert (await house.order(1)).state is State.CANCELLED


async def test_what_was_asked_of_the_carrier_cannot_be_taken_back(house: House) -> None:
    await consulted(house, 1)
    made = await plan(house, ASK_AGAIN)
    await run(house, made["plan_id"])

    answer = await post(house, f"/ops/repairs/{made['plan_id']}/undo", BY)

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kaitsu:problem:cannot_be_undone")
    assert (await house.get(f"/ops/repairs/{made['plan_id']}")).json()["undone_by"] is None


async def test_a_wish_is_changed_for_many_at_once(house: House) -> None:
    await consulted(house, 1, 2)
    made = await plan(house, {"kind": "change_wish", "wished_on": "2026-04-25", "by": "sales"})

    await run(house, made["plan_id"])

    assert [(await house.order(serial)).wished_on for serial in (1, 2)] == [on(25), on(25)]
    assert (await house.types(2))[-1] == "wish.changed"
