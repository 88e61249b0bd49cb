"""Bugs, crashes and trouble of the world between the kept post and its outcome."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from chassis import outbox
from chassis.db import open_pool
from services.intake import handlers, store
from services.intake.domain.outcome import Outcome, Submission, decide
from tests.integration.intake.house import House, open_house
from tests.support.webhooks import document

BROKEN = "r-3"


def break_on(monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> list[str]:
    """Let the decision about one response fail, with each error in turn; return the responses that were tried."""
    tried: list[str] = []

    def broken(form: Any, submission: Submission, *more: Any) -> Outcome:
        tried.append(submission.response_id)
        if submission.response_id == BROKEN:
            raise errors[(tried.count(BROKEN) - 1) % len(errors)]
        return decide(form, submission, *more)

    monkeypatch.setattr(handlers, "decide", broken)
    return tried


async def test_a_bug_on_one_submission_blocks_no_other_and_ends_as_stuck(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        await house.post(document(f"r-{number}"))
    tried = break_on(monkeypatch, ZeroDivisionError("090-0000-0001"))
    (worker,) = house.parts.workers

    assert await worker.run_once() == 4
    assert await house.pending() == 1
    for _ in range(3):
        assert await worker.run_once() == 0
    assert await worker.run_once() == 1, "the fifth try is the last"

    assert await house.pending() == 0
    assert tried.count(BROKEN) == 10, "each try: once with the batch, once alone"
    (stuck,) = (await house.ops("/ops/submissions", status="stuck")).json()["submissions"]
    assert (stuck["reason"], stuck["attempts"]) == ("ZeroDivisionError", 5)
    assert len(await house.announced("order.submitted.v1")) == 4


async def test_what_was_stuck_is_judged_after_the_bug_is_mended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission_id = (await house.post(document(BROKEN))).json()["submission_id"]
    with monkeypatch.context() as patch:
        break_on(patch, KeyError("x"))
        for _ in range(5):
            await house.check()
    assert (await house.shown(submission_id))["status"] == "stuck"

    answer = await house.http.post(
        f"/ops/submissions/{submission_id}/recheck", headers={"Authorization": "Bearer token-of-ops"}
    )
    assert answer.status_code == 200
    assert await house.check() == 1

    shown = await house.shown(submission_id)
    assert (shown["status"], shown["attempts"], shown["reason"]) == ("order", 0, None)


async def test_a_row_that_the_database_refuses_is_one_submission_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole batch is undone by the database, and then done again without the bad one."""
    real = store.save_contacts

    async def refusing(conn: Any, people: Any) -> None:
        if any(each.customer_name == "だめ" for each in people.values()):
            await conn.execute("SELECT 1 / 0")
        await real(conn, people)

    monkeypatch.setattr(store, "save_contacts", refusing)
    await house.post(document("r-1"))
    await house.post(document("r-2", customer_name="だめ"))
    await house.post(document("r-4"))

    (worker,) = house.parts.workers
    assert await worker.run_once() == 2

    numbers = [each["body"]["order_no"] for each in await house.announced()]
    assert [number[8:14] for number in numbers] == ["000001", "000002"], "what was undone left no gap"
    assert (
        await house.value("SELECT reason FROM submissions WHERE status = 'received'") == "DivisionByZeroError"
    )


async def test_trouble_of_the_world_counts_against_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.post(document(BROKEN))
    (worker,) = house.parts.workers
    with monkeypatch.context() as patch:
        tried = break_on(patch, asyncpg.CannotConnectNowError("starting up"))
        for _ in range(7):
            with pytest.raises(asyncpg.CannotConnectNowError):
                await worker.run_once()
        assert len(tried) == 7, "what the world did to a batch it would do to each of it"
    with monkeypatch.context() as patch:
        break_on(patch, ZeroDivisionError("x"), asyncpg.CannotConnectNowError("starting up"))
        for _ in range(7):
            with pytest.raises(asyncpg.CannotConnectNowError):
                await worker.run_once()

    assert await house.value("SELECT attempts FROM submissions") == 0
    assert await house.check() == 1


async def test_a_crash_between_keeping_and_judging_is_made_good_after_a_restart(intake_db: Any) -> None:
    async with open_house(intake_db.app) as house:
        answer = await house.post(document())
        assert answer.status_code == 202

    async with open_house(intake_db.app) as house:
        assert await house.pending() == 1
        assert await house.check() == 1
        assert [each["type"] for each in await house.announced()] == ["order.submitted.v1"]
        assert (await house.post(document())).content == answer.content


async def test_a_crash_in_the_middle_of_judging_leaves_nothing_half(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the last statement and before the commit: here its connection is killed."""
    await house.post(document("r-1"))
    await house.post(document("r-2", phone="1"))
    real = outbox.put

    async def killed(conn: Any, outgoing: Any, *, now: Any) -> None:
        await real(conn, outgoing, now=now)
        await conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", killed)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await house.check()

    for table in ("orders", "contacts", "order_versions", "submission_defects", "order_counters"):
        assert await house.value(f"SELECT count(*) FROM {table}") == 0, table
    assert await house.announced() == []
    assert await house.check() == 2
    assert [each["type"] for each in await house.announced()] == [
        "order.submitted.v1",
        "order.defect_found.v1",
    ]
    assert await house.value("SELECT last FROM order_counters") == 1


async def test_two_workers_at_once_judge_everything_once(house: House, intake_db: Any) -> None:
    async with open_house(intake_db.app) as other:
        for number in range(120):
            await house.post(document(f"r-{number % 60}", submitted_at=f"2026-04-20T01:00:{number // 60:02d}Z",
                                      plan=("IP8", "IP16")[number // 60]))  # fmt: skip

        counts = await asyncio.gather(house.check(), other.check())

    assert sum(counts) == 120
    told = await house.announced()
    assert len([each for each in told if each["type"] == "order.submitted.v1"]) == 60
    assert len([each for each in told if each["type"] == "order.amended.v1"]) == 60
    assert await house.value("SELECT last FROM order_counters") == 60


async def test_what_another_worker_is_judging_is_waited_for_and_left_alone(
    house: House, intake_db: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.post(document())
    async with open_house(intake_db.app) as other:
        async with house.base.transaction() as conn:
            assert await house.checking.check(conn=conn, now=house.clock.now()) == 1
            second = asyncio.create_task(other.check())
            done, _ = await asyncio.wait({second}, timeout=0.3)
            assert not done

        assert await second == 0
    assert len(await house.announced()) == 1
    assert "batch_failed" not in capsys.readouterr().out


async def test_the_app_role_cannot_rewrite_what_is_evidence(intake_db: Any) -> None:
    pool = await open_pool(intake_db.app, name="intake-test")
    async with pool.acquire() as conn:
        for statement in (
            "UPDATE raw_bodies SET body = ''",
            "DELETE FROM raw_bodies",
            "DELETE FROM submissions",
            "UPDATE deliveries SET kind = 'first'",
            "UPDATE submission_defects SET rule = ''",
            "UPDATE order_versions SET version = 1",
            "DELETE FROM contact_lookups",
            "TRUNCATE orders CASCADE",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
    await pool.close()
