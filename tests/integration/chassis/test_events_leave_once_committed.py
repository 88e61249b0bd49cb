"""The outbox and the relay: what was committed is sent, in order per key, and nothing else is."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import asyncpg
import pytest

from chassis import ops, outbox, relay
from chassis.db import Pool, lock_key
from chassis.records import RELAY
from chassis.testing import until
from contracts.envelope import from_headers
from tests.integration.chassis.toy import NOW, Ground, Toy, order, outgoing, ready
from tests.support.http import http_client


async def _put(pool: Pool, *names: str, number: int = 1, **more: Any) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await outbox.put(conn, [outgoing(order(name, **more), number) for name in names], now=NOW)


async def _put_on(conn: asyncpg.Connection, topic: str, *names: str, number: int = 1, **more: Any) -> None:
    """Announce events on another topic than the catalogue's, by turning them round before they are committed."""
    async with conn.transaction():
        await outbox.put(conn, [outgoing(order(name, **more), number) for name in names], now=NOW)
        await conn.execute("UPDATE published_events SET topic = $1", topic)


async def _empty(conn: asyncpg.Connection) -> bool:
    return await conn.fetchval("SELECT count(*) FROM outbox") == 0


def _mine(found: list[Any], *names: str) -> list[tuple[str, int | None]]:
    keys = {order(name).key: name for name in names}
    return [
        (keys[record.key.decode()], from_headers(record.headers, topic=record.topic).sequence)
        for record in found
        if record.key.decode() in keys
    ]


async def test_a_rolled_back_transaction_announces_nothing_and_leaves_no_gap(
    pool: Pool, conn: asyncpg.Connection
) -> None:
    async def fail_after_announcing() -> None:
        async with pool.acquire() as writer, writer.transaction():
            await outbox.put(writer, [outgoing(order("a"), 1)], now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_announcing()
    await _put(pool, "a", number=2)

    assert await conn.fetchval("SELECT count(*) FROM outbox") == 1
    assert [tuple(row) for row in await conn.fetch("SELECT subject, sequence FROM published_events")] == [
        (order("a").key, 1)
    ]


async def test_sequences_are_gapless_under_rivals_and_positions_follow_them(
    pool: Pool, conn: asyncpg.Connection
) -> None:
    names = [f"rival-{number}" for number in range(5)]

    async def put(number: int) -> None:
        order_of_names = names[::-1] if number % 2 else names
        events = [outgoing(order(name), number) for name in order_of_names]
        async with pool.acquire() as writer, writer.transaction():
            await outbox.put(writer, [*events, outgoing(order(names[0]), number + 1000)], now=NOW)

    await asyncio.gather(*(put(number) for number in range(40)))

    rows = await conn.fetch(
        """
        SELECT e.subject, array_agg(e.sequence ORDER BY o.position) AS numbers
          FROM outbox AS o JOIN published_events AS e USING (recorded_at, event_id)
         GROUP BY e.subject
        """
    )
    assert sorted(len(row["numbers"]) for row in rows) == [40, 40, 40, 40, 80]
    assert all(row["numbers"] == list(range(1, len(row["numbers"]) + 1)) for row in rows)


async def test_each_month_has_its_partition_though_the_app_may_not_create_tables(
    pool: Pool, conn: asyncpg.Connection
) -> None:
    for year in (2026, 2027):
        async with pool.acquire() as writer, writer.transaction():
            await outbox.put(writer, [outgoing(order("a"), year)], now=NOW.replace(year=year))

    rows = await conn.fetch(
        "SELECT tableoid::regclass::text AS part FROM published_events ORDER BY recorded_at"
    )
    assert [row["part"] for row in rows] == ["published_events_2026_04", "published_events_2027_04"]
    async with pool.acquire() as writer:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await writer.execute("CREATE TABLE public.mine (x int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await writer.execute("DELETE FROM published_events")


async def test_the_relay_keeps_the_order_of_each_key(
    ground: Ground, pool: Pool, conn: asyncpg.Connection
) -> None:
    names = [f"{conn.get_server_pid()}-key-{number}" for number in range(7)]
    async with ground.reading("kaitsu.orders") as found, ground.running(Toy("")):
        for number in range(30):
            await _put(pool, *names, number=number)
        await until(lambda: _empty(conn))
        await until(lambda: len(_mine(found, *names)) >= 210)

        order_of: dict[str, list[int | None]] = defaultdict(list)
        for name, sequence in _mine(found, *names):
            order_of[name].append(sequence)
    assert all(order_of[name] == list(range(1, 31)) for name in names)


async def test_a_relay_that_dies_between_send_and_delete_sends_again_and_the_inbox_absorbs_it(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic()
    await _put_on(conn, topic, "a", "b")
    await conn.execute(f"REVOKE DELETE ON outbox FROM {ground.role}")  # every round now ends after the send
    toy = Toy(topic)

    async with ground.reading(topic) as found, ground.running(toy):
        await until(lambda: len(_mine(found, "a", "b")) >= 4)
        await conn.execute(f"GRANT DELETE ON outbox TO {ground.role}")
        await until(lambda: _empty(conn))
        await until(lambda: toy.batches)
        copies = len(_mine(found, "a", "b"))

        async def consumed() -> bool:
            lag = await _committed(ground, topic)
            return lag >= copies

        await until(consumed)
    assert copies >= 4
    assert await conn.fetchval("SELECT count(*) FROM seen") == 2


async def _committed(ground: Ground, topic: str) -> int:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=ground.kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(f"toy.{topic}")
    finally:
        await admin.close()
    return sum(max(0, found.offset) for found in offsets.values())


async def test_a_second_relay_stands_by_and_takes_over(ground: Ground, conn: asyncpg.Connection) -> None:
    topic = await ground.new_topic()
    first = Toy("")
    async with ground.reading(topic) as found, ground.running(Toy("")) as heir:
        async with ground.running(first) as leader:
            await asyncio.gather(ready(heir), ready(leader))
            for number in range(1, 31):
                await _put_on(conn, topic, "a", "b", number=number)
                await conn.execute("NOTIFY kaitsu_outbox")  # whoever listens looks at the same moment
                await until(lambda: _empty(conn))
        await _put_on(conn, topic, "a", "b", number=31)
        await until(lambda: _empty(conn))
        await until(lambda: len(_mine(found, "a", "b")) >= 62)

    assert sorted(_mine(found, "a", "b")) == sorted((name, n) for name in ("a", "b") for n in range(1, 32))


async def test_a_relay_that_stands_by_sees_that_the_leader_hangs(
    ground: Ground, pool: Pool, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops, "_STALLED_S", 0.2)
    await conn.execute("SELECT pg_advisory_lock($1)", lock_key(RELAY))  # a leader that sends nothing

    async with ground.running(Toy("")) as service, http_client(base_url=service.address) as client:

        async def wrong() -> list[str]:
            return (await client.get("/live")).json()["wrong"]

        await ready(service)
        idle = await wrong()
        await _put(pool, "a")
        assert await until(wrong) == [RELAY]
        await conn.execute("SELECT pg_advisory_unlock_all()")
        await until(lambda: _empty(conn))

        async def sound() -> bool:
            return await wrong() == []

        await until(sound)

    assert idle == []


async def test_a_commit_of_a_replica_wakes_the_relay_of_the_other(
    ground: Ground, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "POLL_S", 60.0)  # nobody looks by himself
    async with ground.running(Toy("")) as leader, ground.running(Toy("")) as replica:
        await asyncio.gather(ready(leader), ready(replica))
        for number, service in enumerate((replica, leader, replica)):
            async with service.base.transaction() as writer:
                await outbox.put(writer, [outgoing(order("woken"), number)], now=NOW)
            await until(lambda: _empty(conn))


async def test_the_relay_takes_its_lock_again_after_its_connection_was_cut(
    ground: Ground, pool: Pool, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic()
    cut = "SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database"
    async with ground.reading(topic) as found, ground.running(Toy("")) as service:
        await ready(service)
        for number in range(1, 4):
            await _put_on(conn, topic, "a", number=number)
            await until(lambda: _empty(conn))
            await pool.execute(f"{cut} WHERE l.locktype = 'advisory' AND d.datname = current_database()")
        await _put_on(conn, topic, "a", number=4)
        await until(lambda: len(_mine(found, "a")) >= 4)

    assert _mine(found, "a") == [("a", number) for number in range(1, 5)]


async def test_an_event_that_kafka_refuses_is_parked_its_key_waits_and_the_others_flow(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1, **{"max.message.bytes": "3000"})
    await _put_on(conn, topic, "big", number=1)
    await _put_on(conn, topic, "big", number=2, form="x" * 5000)
    await _put_on(conn, topic, "big", number=3)
    await _put_on(conn, topic, "other", number=1)

    async with ground.reading(topic) as found, ground.running(Toy("")):
        await until(lambda: len(_mine(found, "big", "other")) >= 2)
        row = await until(
            lambda: conn.fetchrow("SELECT * FROM dead_letters WHERE consumer = 'relay' AND status = 'open'")
        )
        await _put_on(conn, topic, "other", number=2)
        await until(lambda: len(_mine(found, "big", "other")) >= 3)

        assert sorted(_mine(found, "big", "other")) == [("big", 1), ("other", 1), ("other", 2)]
    assert row
    assert (row["reason"], row["sequence"], row["subject"]) == ("refused", 2, order("big").key)
    assert await conn.fetchval("SELECT count(*) FROM outbox") == 2


async def test_an_event_above_the_clients_own_limit_is_parked_too(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    await _put_on(conn, topic, "huge", form="x" * 1_100_000)
    await _put_on(conn, topic, "small")

    async with ground.reading(topic) as found, ground.running(Toy("")):
        await until(lambda: _mine(found, "huge", "small") == [("small", 1)])
        await until(lambda: conn.fetchrow("SELECT id FROM dead_letters WHERE reason = 'refused'"))
