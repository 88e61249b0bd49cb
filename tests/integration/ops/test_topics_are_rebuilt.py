"""`kaitsu rebuild-topics`: the same records again, in order per key, and never beside a running relay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import dead_letters, facts, outbox
from chassis.db import lock_key, open_connection, use_json
from chassis.records import RELAY, Fault, Item, StoredRecord
from contracts.billing import ContractOpenedV1
from contracts.envelope import Cause, announce
from contracts.registry import EVENT_TYPES
from kernel.ids import derived_id
from ops.cli.rebuild import Rebuilt, rebuild
from ops.cli.stream import Seen, Stream
from ops.runtime.databases import ServiceDsns
from ops.runtime.trouble import Trouble
from tests.integration.ops.test_tail_shows_what_passes import example

START = datetime(2026, 4, 20, tzinfo=UTC)
MakeDatabase = Callable[[str], Awaitable[ServiceDsns]]


async def publish(dsns: ServiceDsns, subjects: int, each: int) -> None:
    """Write events as billing would: the same subjects again and again, over two months."""
    conn = await open_connection(dsns.owner, name="test")
    await use_json(conn)
    for number in range(each):
        now = START + timedelta(days=20 * number)
        events = [
            announce(
                example("contract.opened.v1", account_id=derived_id(UUID(int=1), str(subject))),
                cause=Cause(derived_id(UUID(int=2), str(number)), UUID(int=3)),
                occurred_at=now,
            )
            for subject in range(subjects)
        ]
        async with conn.transaction():
            await outbox.put(conn, events, now=now)
    await conn.close()


def read(servers: list[str], topic: str) -> list[Seen]:
    stream = Stream(",".join(servers), [topic])
    try:
        return [seen for seen in stream.read() if seen]
    finally:
        stream.close()


async def rows(dsns: ServiceDsns) -> dict[str, Any]:
    conn = await asyncpg.connect(dsns.owner)
    try:
        return {str(row["event_id"]): row for row in await conn.fetch("SELECT * FROM published_events")}
    finally:
        await conn.close()


async def test_topics_hold_exactly_what_was_published_however_often_they_are_rebuilt(
    fresh_topics: list[str], service_db: MakeDatabase
) -> None:
    dsns = await service_db("billing")
    await publish(dsns, subjects=40, each=4)

    assert await rebuild({"billing": dsns.owner}, ",".join(fresh_topics)) == Rebuilt(160)
    first = read(fresh_topics, ContractOpenedV1.topic)
    assert await rebuild({"billing": dsns.owner}, ",".join(fresh_topics)) == Rebuilt(160)
    second = read(fresh_topics, ContractOpenedV1.topic)

    wanted = await rows(dsns)
    for found in (first, second):
        assert {seen.headers["ce_id"] for seen in found} == set(wanted)
        assert len(found) == 160
        by_key: defaultdict[str, list[int]] = defaultdict(list)
        for seen in found:
            row = wanted[seen.headers["ce_id"]]
            assert seen.key == row["subject"] == seen.headers["ce_subject"]
            assert seen.headers["ce_sequence"] == str(row["sequence"])
            assert seen.data == EVENT_TYPES[row["type"]].model_validate_json(row["body"]).model_dump(
                mode="json"
            )
            by_key[seen.key].append(row["sequence"])
        assert all(numbers == [1, 2, 3, 4] for numbers in by_key.values())
    assert {seen.headers["ce_id"]: seen.headers for seen in first} == {
        seen.headers["ce_id"]: seen.headers for seen in second
    }


@pytest.mark.parametrize("discarded", [False, True])
async def test_what_the_broker_refused_and_what_waits_behind_it_are_left_out_and_named(
    fresh_topics: list[str], service_db: MakeDatabase, *, discarded: bool
) -> None:
    dsns = await service_db("billing")
    await publish(dsns, subjects=2, each=3)
    conn = await open_connection(dsns.owner, name="test")
    await use_json(conn)
    _, _, parked, *_, last = await outbox.first_rows(conn, 6)
    assert parked["sequence"] == 2
    await conn.execute("DELETE FROM outbox WHERE position < $1", parked["position"])  # sent before
    await conn.execute(
        "UPDATE published_events SET body = repeat('x', 1100000) WHERE event_id = $1", parked["event_id"]
    )
    record = StoredRecord(parked["topic"], -1, parked["position"], b"k", b"v", [])
    item = Item(record, outbox.envelope_of(parked))
    await dead_letters.bury(conn, RELAY, [(item, Fault("refused", "MessageSizeTooLargeError"))], now=START)
    if discarded:
        await conn.execute("UPDATE dead_letters SET status = 'discarded'")
        await conn.execute("DELETE FROM outbox WHERE position = $1", parked["position"])
    await conn.close()

    done = await rebuild({"billing": dsns.owner}, ",".join(fresh_topics))

    numbers = (2,) if discarded else (2, 3)
    named = f"billing contract.opened.v1 of {parked['subject']}, number"
    assert done == Rebuilt(6 - len(numbers), tuple(f"{named} {number}" for number in numbers))
    found = [(seen.key, seen.headers["ce_sequence"]) for seen in read(fresh_topics, ContractOpenedV1.topic)]
    assert [number for key, number in found if key == parked["subject"]] == (
        ["1", "3"] if discarded else ["1"]
    )
    assert [number for key, number in found if key == last["subject"]] == ["1", "2", "3"]


async def test_a_rebuild_that_stops_half_way_keeps_the_services_down_and_the_next_one_repairs_it(
    fresh_topics: list[str], service_db: MakeDatabase
) -> None:
    dsns = await service_db("billing")
    await publish(dsns, subjects=2, each=2)
    conn = await open_connection(dsns.owner, name="test")
    await conn.execute("CREATE TABLE kept AS SELECT event_id, body FROM published_events")
    await conn.execute("UPDATE published_events SET body = repeat('x', 1100000) WHERE sequence = 2")

    with pytest.raises(Trouble, match=r"half-way .* run the command again"):
        await rebuild({"billing": dsns.owner}, ",".join(fresh_topics))
    with pytest.raises(facts.HalfFilled, match="rebuild-topics"):
        await facts.refuse_half_filled(conn)

    await conn.execute(
        "UPDATE published_events AS e SET body = k.body FROM kept AS k WHERE k.event_id = e.event_id"
    )
    assert await rebuild({"billing": dsns.owner}, ",".join(fresh_topics)) == Rebuilt(4, repaired=True)
    assert len(read(fresh_topics, ContractOpenedV1.topic)) == 4
    await facts.refuse_half_filled(conn)
    await conn.close()


async def test_partner_topics_stay_as_they_are(fresh_topics: list[str], service_db: MakeDatabase) -> None:
    dsns = await service_db("billing")
    from tests.integration.ops.test_tail_shows_what_passes import send

    send(",".join(fresh_topics), example("desk.consult_done.v1"), at=START)

    await rebuild({"billing": dsns.owner}, ",".join(fresh_topics))

    assert len(read(fresh_topics, "kaitsu.partners.desk")) == 1


async def test_beside_a_running_relay_it_refuses_and_touches_nothing(
    fresh_topics: list[str], service_db: MakeDatabase
) -> None:
    dsns = await service_db("billing")
    await publish(dsns, subjects=1, each=1)
    await rebuild({"billing": dsns.owner}, ",".join(fresh_topics))
    relay = await open_connection(dsns.app, name="relay")
    await relay.execute("SELECT pg_advisory_lock($1)", lock_key(RELAY))

    with pytest.raises(Trouble, match="relay of billing"):
        await rebuild({"billing": dsns.owner}, ",".join(fresh_topics))

    await relay.close()
    assert len(read(fresh_topics, ContractOpenedV1.topic)) == 1
