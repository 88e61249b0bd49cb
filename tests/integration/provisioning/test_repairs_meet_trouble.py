"""Repairs when writing fails, when two apply at once, and when two plans want one order."""

from __future__ import annotations

import asyncio

import pytest

from chassis.db import Connection
from services.provisioning import repairs
from services.provisioning.domain.order import State
from tests.integration.provisioning.house import House, order_no
from tests.integration.provisioning.test_repairs import ASK_AGAIN, CANCEL, consulted, plan, post, run


async def test_when_writing_fails_nothing_of_a_portion_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await consulted(house, 1)
    made = await plan(house, CANCEL)

    async def broken(*_: object) -> None:
        raise RuntimeError("the power went")

    async def note(conn: Connection, plan_id: object, done: object) -> None:
        await broken(conn, plan_id, done)

    with monkeypatch.context() as patched:
        patched.setattr(repairs.store, "note", note)
        answer = await post(house, f"/ops/repairs/{made['plan_id']}/apply", {"by": "me"})

    assert answer.status_code == 500
    assert (await house.order(1)).state is State.AWAITING_SERVICE_ORDER
    assert await run(house, made["plan_id"]) == [(order_no(1), "applied", None)]


async def test_two_who_apply_at_once_do_it_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairs, "PORTION", 2)
    await consulted(house, *range(1, 7))
    made = await plan(house, ASK_AGAIN)

    both = await asyncio.gather(run(house, made["plan_id"]), run(house, made["plan_id"]))

    assert sorted(row for done in both for row in done) == [
        (order_no(serial), "applied", None) for serial in range(1, 7)
    ]
    assert {(await house.order(serial)).attempt for serial in range(1, 7)} == {2}


async def test_two_plans_for_one_order_do_one_thing(house: House) -> None:
    await consulted(house, 1)
    first, second = await plan(house, ASK_AGAIN), await plan(house, CANCEL)

    await run(house, first["plan_id"])

    assert await run(house, second["plan_id"]) == [(order_no(1), "changed_meanwhile", None)]
    assert await run(house, second["plan_id"], "undo") == []
    assert (await house.order(1)).state is State.AWAITING_SERVICE_ORDER
