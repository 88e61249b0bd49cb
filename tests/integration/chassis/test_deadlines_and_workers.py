"""Ticks fire once however many replicas look, workers go on after errors, and quiet tells a driver what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from chassis import aside, metrics
from chassis.aside import MANY, each_alone
from chassis.db import Connection
from chassis.testing import SteppedClock, until
from chassis.ticks import RowTick, Tick, Worker
from tests.integration.chassis.toy import NOW, TOKEN, Ground, Toy, ready
from tests.support.http import http_client

LATER = NOW + timedelta(days=3)


async def _fire(conn: Connection, now: datetime) -> int:
    """Fire one due deadline, slowly, without any guard of its own."""
    due = await conn.fetchval("SELECT due_at FROM deadlines WHERE fired = 0 AND due_at <= $1 LIMIT 1", now)
    if due is None:
        return 0
    await asyncio.sleep(0.05)
    await conn.execute("UPDATE deadlines SET fired = fired + 1 WHERE due_at = $1", due)
    await conn.execute("INSERT INTO seen (order_id, sequence, office) VALUES (gen_random_uuid(), 1, 'tick')")
    return 1


async def _next_due(conn: Connection) -> datetime | None:
    return await conn.fetchval("SELECT min(due_at) FROM deadlines WHERE fired = 0")


TICK = Tick("toy.deadlines", _fire, _next_due)


async def _deadlines(conn: asyncpg.Connection, *due: datetime) -> None:
    await conn.executemany("INSERT INTO deadlines (due_at) VALUES ($1)", [(at,) for at in due])


async def _quiet(address: str) -> dict[str, Any]:
    async with http_client(headers={"authorization": f"Bearer {TOKEN}"}) as client:
        return (await client.get(f"{address}/ops/quiet")).json()


async def test_each_deadline_fires_once_under_two_replicas(ground: Ground, conn: asyncpg.Connection) -> None:
    business = SteppedClock(NOW)
    await _deadlines(conn, *(NOW + timedelta(hours=number) for number in range(1, 9)))
    toys = Toy("", ticks=(TICK,)), Toy("", ticks=(TICK,))

    async with ground.running(toys[0], business) as one, ground.running(toys[1], business) as two:
        await asyncio.gather(ready(one), ready(two))
        business.advance(NOW + timedelta(hours=8))

        async def all_fired() -> bool:
            return await conn.fetchval("SELECT count(*) FROM deadlines WHERE fired = 0") == 0

        await until(all_fired)

    assert await conn.fetchval("SELECT max(fired) FROM deadlines") == 1
    assert await conn.fetchval("SELECT count(*) FROM seen") == 8


async def test_a_recurring_deadline_is_not_fired_ahead_by_a_replica_that_looked_earlier(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    async def fire_and_set_the_next(handling: Connection, _now: datetime) -> int:
        await handling.execute("UPDATE deadlines SET fired = fired + 1, due_at = due_at + interval '1 month'")
        return 1

    def looking(slowly_s: float) -> Any:
        async def look(handling: Connection) -> datetime | None:
            due = await handling.fetchval("SELECT min(due_at) FROM deadlines")
            await asyncio.sleep(slowly_s)  # meanwhile the other replica fires
            return due

        return Tick("toy.monthly", fire_and_set_the_next, look)

    business = SteppedClock(NOW)
    await _deadlines(conn, LATER)
    replicas = [ground.running(Toy("", ticks=(looking(slowly_s),)), business) for slowly_s in (0.0, 0.15)]
    async with replicas[0] as one, replicas[1] as two:
        await asyncio.gather(ready(one), ready(two))
        for month in range(4):
            business.advance(LATER + timedelta(days=31 * month))

            async def fired(times: int = month + 1) -> bool:
                return await conn.fetchval("SELECT fired FROM deadlines") >= times

            await until(fired)
            await asyncio.sleep(0.4)  # the slow one has looked before, and comes to the lock now
            assert await conn.fetchval("SELECT fired FROM deadlines") == month + 1


async def test_quiet_tells_what_is_due_and_when_something_will_be(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    business = SteppedClock(NOW)
    await _deadlines(conn, LATER)

    async with ground.running(Toy("", ticks=(TICK,)), business) as service:
        before = await _quiet(service.address)
        business.advance(LATER)

        async def fired() -> bool:
            found = await _quiet(service.address)
            return found["next_due"] is None and found["activity"] > before["activity"]

        await until(fired)
        after = await _quiet(service.address)

    assert (before["service"], before["due"], before["outbox"]) == ("toy", 0, 0)
    assert datetime.fromisoformat(before["next_due"]) == LATER
    assert datetime.fromisoformat(after["now"]) == LATER
    assert (after["due"], after["activity"] - before["activity"]) == (0, 1)


async def test_a_deadline_in_the_past_fires_at_the_start_as_if_it_were_on_time(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    await _deadlines(conn, NOW - timedelta(days=30), NOW - timedelta(days=29))

    async with ground.running(Toy("", ticks=(TICK,)), SteppedClock(NOW)):

        async def fired() -> bool:
            return await conn.fetchval("SELECT sum(fired) FROM deadlines") == 2

        await until(fired)


async def test_a_bad_row_stops_none_of_its_neighbors_and_is_tried_again_later(
    ground: Ground, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "_FIRST_WAIT_S", 0.5)
    days = [NOW - timedelta(days=day) for day in range(4, 0, -1)]
    await _deadlines(conn, *days)
    bad, tries = {days[1]}, 0

    async def due(handling: Connection, now: datetime, without: Sequence[datetime]) -> Sequence[datetime]:
        rows = await handling.fetch(
            """
            SELECT due_at
              FROM deadlines
             WHERE fired = 0 AND due_at <= $1 AND due_at <> ALL ($2)
             ORDER BY due_at
             LIMIT 3
            """,
            now,
            without,
        )
        return [row["due_at"] for row in rows]

    async def fire(handling: Connection, _now: datetime, keys: Sequence[datetime]) -> int:
        nonlocal tries
        await handling.execute("UPDATE deadlines SET fired = fired + 1 WHERE due_at = ANY ($1)", keys)
        if bad & set(keys):
            tries += 1
            raise RuntimeError("the row is bad")
        return len(keys)

    async def earliest(handling: Connection, without: Sequence[datetime]) -> datetime | None:
        return await handling.fetchval(
            "SELECT min(due_at) FROM deadlines WHERE fired = 0 AND due_at <> ALL ($1)", without
        )

    async def fired() -> list[int]:
        return [row["fired"] for row in await conn.fetch("SELECT fired FROM deadlines ORDER BY due_at")]

    async def neighbors_are_done() -> bool:
        return await fired() == [1, 0, 1, 1]

    async def all_are_done() -> bool:
        return await fired() == [1, 1, 1, 1]

    tick = RowTick("toy.rows", due, fire, earliest)
    async with ground.running(Toy("", ticks=(tick,)), SteppedClock(NOW)) as service:
        await until(neighbors_are_done)
        await ready(service)
        told = metrics.REGISTRY.get_sample_value("kaitsu_rows_set_aside", {"part": "toy.rows"})
        await until(lambda: tries >= 4)  # in its portion and alone, and both once more later
        bad.clear()
        await until(all_are_done)

    assert told == 1
    assert metrics.REGISTRY.get_sample_value("kaitsu_rows_set_aside", {"part": "toy.rows"}) == 0


async def test_where_every_row_of_a_large_portion_fails_it_is_a_bug_and_not_a_bad_row() -> None:
    async def fail(key: int) -> None:
        raise KeyError(key)

    assert len(await each_alone(range(MANY - 1), fail)) == MANY - 1
    with pytest.raises(KeyError):
        await each_alone(range(MANY), fail)


async def test_trouble_of_the_world_is_nobodys_fault() -> None:
    async def fail(_key: int) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await each_alone([1], fail)


async def test_a_worker_goes_on_after_errors_and_makes_the_service_unready_meanwhile(ground: Ground) -> None:
    business = SteppedClock(NOW)
    runs = 0
    broken, woken = True, asyncio.Event()

    async def run_once() -> int:
        nonlocal runs
        runs += 1
        if broken:
            raise RuntimeError("the world is bad")
        woken.set()
        return 0

    async def pending(_conn: Connection, _now: datetime) -> int:
        return 2

    async def next_due(_conn: Connection, _now: datetime) -> datetime | None:
        return LATER

    worker = Worker("toy.mail", run_once, pending, next_due)
    async with (
        ground.running(Toy("", workers=(worker,)), business) as service,
        http_client(base_url=service.address) as client,
    ):
        quiet = await _quiet(service.address)
        await until(lambda: runs >= 5, 20)
        answer = await client.get("/ready")
        broken = False
        await asyncio.wait_for(woken.wait(), 20)
        await ready(service)
        woken.clear()
        service.base.wake("toy.mail")
        await asyncio.wait_for(woken.wait(), 0.2)  # sooner than its poll of 250 ms

    assert (quiet["due"], datetime.fromisoformat(quiet["next_due"])) == (2, LATER)
    assert (answer.status_code, answer.json()["wrong"]) == (503, ["toy.mail"])
