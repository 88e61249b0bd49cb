"""Consuming: every record is handled once, or kept, or passed over; nothing is skipped and order per key holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from faststream.kafka.subscriber.usecase import BatchSubscriber

from chassis import inbox, metrics
from chassis.testing import SteppedClock, until
from contracts.orders import OrderDefectFoundV1
from tests.integration.chassis.toy import (
    GOOD,
    NOW,
    REFUSED,
    Ground,
    Toy,
    letters,
    order,
    raw,
    ready,
    saw,
)
from tests.support.http import http_client

A, B, C = order("a"), order("b"), order("c")


def _outcome(topic: str, outcome: str) -> float:
    return (
        metrics.REGISTRY.get_sample_value("kaitsu_records_total", {"topic": topic, "outcome": outcome}) or 0.0
    )


async def test_a_duplicate_is_absorbed_within_a_batch_and_after_it(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    await ground.send(topic, raw(A, 1), raw(A, 1), raw(A, 2), raw(A, 1), raw(B, 1))
    toy = Toy(topic)

    async with ground.running(toy):
        await saw(conn, 3)
        await ground.send(topic, raw(A, 2), raw(A, 3))
        found = await saw(conn, 4)

    assert found == [(A.key, 1), (A.key, 2), (B.key, 1), (A.key, 3)]
    assert _outcome(topic, "duplicate") == 3


async def test_a_gap_is_counted_and_the_event_is_handled(ground: Ground, conn: asyncpg.Connection) -> None:
    topic = await ground.new_topic(1)
    await ground.send(topic, raw(A, 1), raw(A, 4))

    async with ground.running(Toy(topic)):
        await saw(conn, 2)

    gaps = metrics.REGISTRY.get_sample_value("kaitsu_sequence_gaps_total", {"topic": f"toy.{topic}"})
    assert gaps == 2


async def test_malformed_records_in_mid_batch_are_kept_and_the_rest_is_delivered(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    key, value, headers = raw(A, 2)
    not_utf8 = (key, value, [*headers, ("x-note", b"\xff\xfe")])
    not_json = (key, b'{"order_id": ', headers)
    no_id = (key, value, [header for header in headers if header[0] != "ce_id"])
    nul = (key, value, [(name, b"a\0b" if name == "ce_subject" else text) for name, text in headers])
    far = (key, value, [(n, b"0001-01-01T00:00:00+14:00" if n == "ce_time" else text) for n, text in headers])
    tombstone = (key, None, headers)
    bad = [not_utf8, not_json, no_id, nul, far, tombstone]
    await ground.send(topic, raw(A, 1), raw(B, 1), *bad, raw(C, 1), raw(B, 2))
    toy = Toy(topic)

    async with ground.running(toy):
        found = await saw(conn, 4)
        rows = await letters(conn)

    assert found == [(A.key, 1), (B.key, 1), (C.key, 1), (B.key, 2)]
    assert len(toy.batches) == 1  # they came as one batch, and the bad ones did not split it
    # The second record with a readable envelope repeats the first one's sequence: a duplicate, kept once.
    assert [(row["record_offset"], row["reason"]) for row in rows] == [
        (offset, "malformed") for offset in (2, 3, 4, 5, 6)
    ]
    assert rows[0]["record_value"] == value
    assert rows[0]["record_headers"][-1] == ["x-note", "//4="]


async def test_a_poll_that_fails_half_way_loses_nothing_and_is_seen(
    ground: Ground, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As when one partition holds a record that the client cannot read: what other partitions gave is thrown away.
    topic = await ground.new_topic(2)
    await ground.send(topic, raw(A, 1), raw(A, 2), partition=0)
    await ground.send(topic, raw(B, 1), partition=1)
    poll, thrown, broken = BatchSubscriber.get_msg, [0], [True]

    async def half_way(self: Any, consumer: Any) -> Any:
        batch = await poll(self, consumer)
        if batch and broken[0]:
            thrown[0] += 1
            raise UnicodeDecodeError("utf-8", b"", 0, 1, "made up")
        return batch

    monkeypatch.setattr(BatchSubscriber, "get_msg", half_way)
    async with ground.running(Toy(topic)) as service, http_client(base_url=service.address) as client:

        async def unready() -> bool:
            return (await client.get("/ready")).status_code == 503 and thrown[0] >= 2

        await until(unready, 20)
        broken[0] = False
        found = await saw(conn, 3)

    assert sorted(found) == sorted([(A.key, 1), (A.key, 2), (B.key, 1)])


async def test_unknown_types_are_passed_over_and_unknown_versions_are_kept(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    other = raw(A, 2, type=OrderDefectFoundV1.type)
    newer = raw(A, 3, type="order.submitted.v9")
    await ground.send(topic, raw(A, 1), other, newer, raw(A, 4))

    async with ground.running(Toy(topic)):
        found = await saw(conn, 2)
        (letter,) = await letters(conn)

    assert found == [(A.key, 1), (A.key, 4)]
    assert (letter["reason"], letter["detail"]) == ("unsupported", "order.submitted.v9")
    assert _outcome(topic, "passed_over") == 1
    assert await conn.fetchval("SELECT sequence FROM inbox_high_water") == 4
    assert metrics.REGISTRY.get_sample_value("kaitsu_sequence_gaps_total", {"topic": f"toy.{topic}"}) == 0


async def test_a_broken_rule_of_the_database_isolates_one_record(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    await ground.send(topic, raw(A, 1), raw(order("x", REFUSED), 1), raw(B, 1), raw(order("x", GOOD), 2))

    async with ground.running(Toy(topic)):
        found = await saw(conn, 3)
        (letter,) = await letters(conn)

    assert found == [(A.key, 1), (B.key, 1), (order("x").key, 2)]
    assert (letter["reason"], letter["detail"]) == ("rejected", "23514 seen_office_check")


@pytest.mark.parametrize("how", ["terminated", "deadlock", "read_only"])
async def test_a_transient_error_of_the_database_loses_nothing_and_keeps_the_order(
    ground: Ground, conn: asyncpg.Connection, how: str
) -> None:
    topic = await ground.new_topic(4)
    tries = 0

    async def trouble(_batch: Any, handling: Any) -> None:
        nonlocal tries
        tries += 1
        if tries <= 3 and how == "terminated":
            await handling.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        elif tries <= 3 and how == "deadlock":
            await handling.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
        elif tries <= 3:
            await handling.execute("SET TRANSACTION READ ONLY")

    toy = Toy(topic, before=trouble)
    events = [order(f"{how}-{number}") for number in range(12)]
    await ground.send(topic, *(raw(event, number) for number in (1, 2) for event in events))

    async with ground.running(toy):
        found = await saw(conn, 24)

    assert sorted(found) == sorted((event.key, number) for event in events for number in (1, 2))
    assert all(found.index((event.key, 1)) < found.index((event.key, 2)) for event in events)
    assert await letters(conn) == []
    assert tries >= 4


async def test_claims_are_known_by_their_id(ground: Ground, conn: asyncpg.Connection) -> None:
    topic = await ground.new_topic(1)
    # Claims have no sequence of ours: all of these carry 1, and two of them the same id.
    twice = raw(A, 1, correlation_id=order("z").submission_id)
    another = raw(A, 1, id=order("other").submission_id)
    await ground.send(topic, twice, twice, another)

    async with ground.running(Toy(topic, claims=True)):
        await saw(conn, 2)
        await ground.send(topic, twice, raw(B, 1))
        found = await saw(conn, 3)

    assert found == [(A.key, 1), (A.key, 1), (B.key, 1)]
    assert await conn.fetchval("SELECT count(*) FROM inbox_claims") == 3


async def test_claims_are_forgotten_after_ninety_days(ground: Ground, conn: asyncpg.Connection) -> None:
    await conn.executemany(
        "INSERT INTO inbox_claims (consumer, event_id, seen_at) VALUES ('toy', $1, $2)",
        [(A.order_id, NOW - timedelta(days=91)), (B.order_id, NOW - timedelta(days=89))],
    )

    async def pruned() -> bool:
        return await conn.fetchval("SELECT array_agg(event_id) FROM inbox_claims") == [B.order_id]

    async with ground.running(Toy(""), SteppedClock(NOW)):
        await until(pruned)


async def test_more_old_claims_than_one_portion_are_all_forgotten_without_one_long_statement(
    ground: Ground, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_PORTION", 4)
    await conn.execute(
        "INSERT INTO inbox_claims SELECT 'toy', gen_random_uuid(), $1 FROM generate_series(1, 10)",
        NOW - timedelta(days=91),
    )
    await conn.execute(  # a statement that deletes more than a portion is a long one
        """
        CREATE FUNCTION bound() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT count(*) FROM gone) > 4 THEN RAISE 'too long'; END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER bound AFTER DELETE ON inbox_claims REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION bound();
        """
    )

    async with ground.running(Toy(""), SteppedClock(NOW)):

        async def pruned() -> bool:
            return await conn.fetchval("SELECT count(*) FROM inbox_claims") == 0

        await until(pruned)


async def test_a_stopped_and_started_service_goes_on_where_it_was(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(2)
    await ground.send(topic, raw(A, 1), raw(B, 1))
    async with ground.running(Toy(topic)):
        await saw(conn, 2)
    await ground.send(topic, raw(A, 2))
    toy = Toy(topic)

    async with ground.running(toy):
        await saw(conn, 3)

    assert toy.batches == [[2]]
    assert _outcome(topic, "duplicate") == 0  # the offsets were committed, not only the inbox


async def test_a_member_that_joins_waits_for_the_batch_at_hand_and_nothing_is_handled_twice(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(4)
    events = [order(f"shared-{number}") for number in range(8)]
    working = asyncio.Event()

    async def slowly(_batch: Any, _handling: Any) -> None:
        working.set()
        await asyncio.sleep(0.7)  # longer than the heartbeat that tells of the new member

    first, second = Toy(topic, before=slowly), Toy(topic)
    async with ground.running(first) as one:
        await ready(one)
        await ground.send(topic, *(raw(event, 1) for event in events))
        await working.wait()
        async with ground.running(second) as other:
            await ready(other)
            for number in range(2, 5):
                await ground.send(topic, *(raw(event, number) for event in events))
            await until(lambda: second.batches)
            await saw(conn, 32)
        await ground.send(topic, *(raw(event, 5) for event in events))
        found = await saw(conn, 40)

    assert len(found) == len(set(found)) == 40
    for event in events:
        assert [number for key, number in found if key == event.key] == list(range(1, 6))
    assert _outcome(topic, "duplicate") == 0


async def test_readiness_and_liveness_notice_a_stuck_handler(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    release = asyncio.Event()

    async def stuck(_batch: Any, _handling: Any) -> None:
        await release.wait()

    await ground.send(topic, raw(A, 1))
    async with (
        ground.running(Toy(topic, before=stuck), stuck_s=0.3) as service,
        http_client() as client,
    ):

        async def status(path: str) -> tuple[int, list[str]]:
            answer = await client.get(f"{service.address}{path}")
            return answer.status_code, answer.json()["wrong"]

        async def is_stuck() -> bool:
            return await status("/live") == (503, [f"toy.{topic}"])

        await until(is_stuck)
        assert await status("/ready") == (503, [f"toy.{topic}"])
        release.set()
        await saw(conn, 1)

        async def is_well() -> bool:
            return (await status("/ready"))[0] == 200

        await until(is_well)
        assert (await status("/live"))[0] == 200
