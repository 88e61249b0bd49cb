"""Dead letters: a poisonous record holds its key and nothing else; a person replays the key in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import dead_letters, deliver, metrics, outbox
from chassis.records import RELAY, Fault, Item, StoredRecord
from chassis.testing import until
from contracts.envelope import from_headers
from tests.integration.chassis.toy import (
    BROKEN,
    NOW,
    REFUSED,
    TOKEN,
    Ground,
    Toy,
    letters,
    order,
    outgoing,
    raw,
    saw,
    seen,
)
from tests.support.http import http_client

A, B, POISON = order("a"), order("b"), order("a", BROKEN)


@asynccontextmanager
async def _ops(address: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with http_client(base_url=address, headers={"authorization": f"Bearer {TOKEN}"}) as client:
        yield client


async def _dead(conn: asyncpg.Connection, count: int) -> list[Any]:
    async def enough() -> list[Any]:
        found = await letters(conn)
        return found if len(found) >= count else []

    return await until(enough, 20)


async def test_a_poisonous_record_holds_its_key_others_go_on_and_a_replay_runs_in_order(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    await ground.send(topic, raw(A, 1), raw(POISON, 2), raw(B, 1), raw(A, 3), raw(B, 2))
    toy = Toy(topic)

    async with ground.running(toy) as service, _ops(service.address) as client:
        assert await saw(conn, 3) == [(A.key, 1), (B.key, 1), (B.key, 2)]
        await ground.send(topic, raw(A, 4), raw(B, 3))
        await saw(conn, 4)
        first, *behind = await _dead(conn, 3)
        assert (first["reason"], first["status"], first["tries"]) == ("unexpected", "open", 5)
        assert [(row["reason"], row["status"], row["sequence"]) for row in behind] == [
            ("behind", "queued", 3),
            ("behind", "queued", 4),
        ]

        refused = await client.post(f"/ops/dlq/{first['id']}/replay")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:kaitsu:problem:replay_failed")
        assert len(await seen(conn)) == 4

        toy.broken.clear()
        answers = await asyncio.gather(
            *(
                client.post(f"/ops/dlq/{first['id']}/replay", json={"by": who})
                for who in ("ana", "ben", "cho")
            )
        )
        ids = [row["id"] for row in (first, *behind)]
        assert sorted(answer.json()["replayed"] for answer in answers) == [[], [], ids]

        await ground.send(topic, raw(A, 5))
        found = await saw(conn, 8)

    assert found[4:] == [(A.key, 2), (A.key, 3), (A.key, 4), (A.key, 5)]
    assert {row["status"] for row in await letters(conn)} == {"replayed"}


async def test_an_event_that_comes_during_a_replay_is_neither_lost_nor_early(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    await ground.send(topic, raw(POISON, 1))
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(_batch: Any, _handling: Any) -> None:
        if not toy.broken:
            entered.set()
            await release.wait()

    toy = Toy(topic, before=slow)
    async with ground.running(toy) as service, _ops(service.address) as client:
        (letter,) = await _dead(conn, 1)
        toy.broken.clear()
        replaying = asyncio.create_task(client.post(f"/ops/dlq/{letter['id']}/replay"))
        await entered.wait()
        await ground.send(topic, raw(A, 2))

        async def consumer_waits() -> bool:
            return await conn.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0

        await until(consumer_waits)
        release.set()
        assert (await replaying).json() == {"replayed": [letter["id"]]}
        found = await saw(conn, 2)

    assert found == [(A.key, 1), (A.key, 2)]


async def test_listings_show_sizes_and_reasons_but_never_what_was_sent(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    secret = "山田太郎"
    bad = (secret.encode(), f'{{"name": "{secret}"}}'.encode(), [*raw(A, 1)[2], ("x-name", secret.encode())])
    await ground.send(topic, bad, raw(order("r", REFUSED, form=secret), 1))

    async with ground.running(Toy(topic)) as service, _ops(service.address) as client:
        first, _ = await _dead(conn, 2)
        listing = await client.get("/ops/dlq", params={"status": "open", "limit": 1})
        rest = await client.get("/ops/dlq", params={"after": listing.json()["next"]})
        shown = await client.get(f"/ops/dlq/{first['id']}")
        without = await client.get("/ops/dlq", headers={"authorization": "Bearer wrong"})
        unknown = await client.get("/ops/dlq/999999")

    assert [letter["reason"] for letter in listing.json()["letters"]] == ["malformed"]
    assert [letter["reason"] for letter in rest.json()["letters"]] == ["rejected"]
    assert shown.json()["value_bytes"] == len(bad[1])
    for answer in (listing, rest, shown):
        assert secret not in answer.text
        assert "\\u5c71" not in answer.text
    assert (without.status_code, unknown.status_code) == (401, 404)


async def test_a_discard_needs_a_reason_and_leaves_the_key_to_a_replay(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    await ground.send(topic, raw(POISON, 1), raw(A, 2))

    async with ground.running(Toy(topic)) as service, _ops(service.address) as client:
        poison, behind = await _dead(conn, 2)
        silent = await client.post(f"/ops/dlq/{poison['id']}/discard")
        said = await client.post(
            f"/ops/dlq/{poison['id']}/discard", json={"by": "ana", "note": "a test order"}
        )
        await ground.send(topic, raw(A, 3))
        await _dead(conn, 3)
        again = await client.post(f"/ops/dlq/{behind['id']}/replay")

    assert silent.status_code == 422
    assert said.json() == {"discarded": [poison["id"]], "waiting": [behind["id"]]}
    assert len(again.json()["replayed"]) == 2
    assert await seen(conn) == [(A.key, 2), (A.key, 3)]
    closed = (await letters(conn, status="discarded"))[0]
    assert (closed["closed_by"], closed["note"]) == ("ana", "a test order")


async def test_a_row_of_failures_stops_the_consumer_instead_of_burying_everything(
    ground: Ground, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "RETRIES_S", (0.01, 0.01, 0.01, 0.01))  # the real ones take 6 s per record
    topic = await ground.new_topic(1)
    await ground.send(topic, *(raw(order(f"bug-{number}", BROKEN), 1) for number in range(25)), raw(A, 1))

    async with ground.running(Toy(topic)) as service, http_client(base_url=service.address) as client:
        await _dead(conn, 20)

        async def unready() -> bool:
            return (await client.get("/ready")).json()["wrong"] == [f"toy.{topic}"]

        await until(unready)
        alive = await client.get("/live")
        figure = metrics.REGISTRY.get_sample_value("kaitsu_consumer_stopped", {"consumer": f"toy.{topic}"})

    assert (alive.status_code, figure) == (200, 1.0)  # a restart would only bury twenty more
    assert len(await letters(conn)) == 20

    fixed = Toy(topic, broken=set())
    async with ground.running(fixed):
        assert len(await saw(conn, 6)) == 6


async def test_dead_letters_wait_for_a_database_that_refuses_to_write(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1)
    await conn.execute(f"REVOKE INSERT ON dead_letters FROM {ground.role}")
    await ground.send(topic, (b"k", b"not json", raw(A, 1)[2]), raw(B, 1))
    toy = Toy(topic)

    async with ground.running(toy):
        waits = metrics.WAITS.labels(f"toy.{topic}")

        def waited() -> bool:
            return waits._value.get() >= 2

        await until(waited, 20)
        assert await seen(conn) == []
        await conn.execute(f"GRANT INSERT ON dead_letters TO {ground.role}")
        await saw(conn, 1)

    assert [row["reason"] for row in await letters(conn)] == ["malformed"]


async def test_a_parked_event_is_sent_before_its_followers_when_the_limit_is_raised(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    topic = await ground.new_topic(1, **{"max.message.bytes": "3000"})
    async with conn.transaction():
        events = [order("big"), order("big", form="x" * 5000), order("big")]
        await outbox.put(conn, [outgoing(event, n) for n, event in enumerate(events)], now=NOW)
        await conn.execute("UPDATE published_events SET topic = $1", topic)

    async with (
        ground.reading(topic) as found,
        ground.running(Toy("")) as service,
        _ops(service.address) as client,
    ):
        (letter,) = await _dead(conn, 1)
        quiet = (await client.get("/ops/quiet")).json()
        assert (quiet["outbox"], quiet["held"]) == (0, 2)
        await ground.configure(topic, "max.message.bytes", "100000")
        await client.post(f"/ops/dlq/{letter['id']}/replay")
        await until(lambda: len(found) == 3)

        numbers = [from_headers(record.headers, topic=topic).sequence for record in found]
    assert numbers == [1, 2, 3]


async def test_of_two_parked_events_of_a_key_a_discard_takes_the_one_that_was_asked_for(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    async with conn.transaction():
        await outbox.put(conn, [outgoing(order("big"), number) for number in range(2)], now=NOW)
    rows = await outbox.first_rows(conn, 2)
    parked = [
        (
            Item(
                StoredRecord(row["topic"], -1, row["position"], b"k", b"v", []),
                outbox.envelope_of(row),
            ),
            Fault("refused", "MessageSizeTooLargeError"),
        )
        for row in rows
    ]
    await dead_letters.bury(conn, RELAY, parked, now=NOW)
    first, second = await letters(conn)

    async with ground.running(Toy("")) as service, _ops(service.address) as client:
        path = f"/ops/dlq/{second['id']}/discard"
        said = await client.post(path, json={"note": "nobody needs it"})

    assert said.json() == {"discarded": [second["id"]], "waiting": [first["id"]]}
    left = await conn.fetch("SELECT position FROM outbox")
    assert [row["position"] for row in left] == [first["record_offset"]]
