"""`kaitsu rebuild-topics`: refill our topics from what the services have published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import typer
from aiokafka import AIOKafkaProducer  # pyright: ignore[reportMissingTypeStubs]
from rich.progress import Progress

from chassis.db import lock_key
from chassis.facts import REBUILDING
from chassis.records import RELAY
from contracts.envelope import Envelope, to_headers
from contracts.topics import TOPICS
from ops.cli.show import console
from ops.cli.target import STATE, NoSystem, Target, find
from ops.runtime.databases import SERVICES, with_user
from ops.runtime.system import System
from ops.runtime.topics import empty_topics, ensure_topics
from ops.runtime.trouble import Trouble

_CHUNK: Final = 500
_MARKED: Final = "SELECT EXISTS (SELECT FROM service_facts WHERE key = $1)"
_MARK: Final = "INSERT INTO service_facts (key, value) VALUES ($1, 'yes') ON CONFLICT DO NOTHING"
# Left out: what the broker refused and a person has discarded or not decided yet, and what waits behind that in the
# outbox; the relay sends it when it is replayed.
_LEFT_OUT: Final = """
        EXISTS (SELECT FROM dead_letters AS d
                 WHERE d.consumer = 'relay' AND d.event_id = e.event_id AND d.status IN ('open', 'discarded'))
        OR EXISTS (SELECT FROM outbox AS o
                     JOIN dead_letters AS d ON d.consumer = 'relay' AND d.status = 'open' AND d.subject = e.subject
                    WHERE o.recorded_at = e.recorded_at AND o.event_id = e.event_id)
"""
# In the order in which each subject's events were numbered, subjects mixed by time as far as that allows.
_EVENTS: Final = f"""
        SELECT *, max(recorded_at) OVER (PARTITION BY subject ORDER BY sequence) AS place, {_LEFT_OUT} AS left_out
          FROM published_events AS e
         WHERE topic = ANY($1::text[])
         ORDER BY place, subject, sequence
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did. left_out: service, type, subject and sequence of each event that was not published."""

    sent: int
    left_out: tuple[str, ...] = ()
    repaired: bool = False


def rebuild_topics(
    *,
    state: Annotated[
        Path, typer.Option(help="Folder of the stopped system whose topics are rebuilt.")
    ] = Path(".kaitsu/up"),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Empty the services' topics and publish again all that the services have ever published.

    The events are the same to the last header, so whoever consumed them passes over them: nothing happens twice. The
    services must be stopped; PostgreSQL and Kafka of the folder are started for it, or yours are used (KAITSU_POSTGRES,
    KAITSU_KAFKA). Topics of partners stay as they are. Events that the broker refused, and what waits behind them,
    are left out and named. If it stops half-way the services refuse to start: run it again, that repairs the topics.
    """
    if not yes:
        typer.confirm(f"Empty the topics of the system on {state} and fill them again?", abort=True)
    try:
        running: Target | None = find(state)
    except NoSystem:
        running = None
    if running:
        raise Trouble(f"The system on {state} runs: stop it first (Ctrl-C in `kaitsu up`), then rebuild.")
    system = System(state, cache=STATE / "cache", say=console.print)
    if not system.has_data:
        raise Trouble(f"There is no system in {state}: name its folder with --state.")
    system.start_engines()
    try:
        dsns = {name: with_user(system.admin_dsn, None, None, f"kaitsu_{name}") for name in SERVICES}
        done = asyncio.run(rebuild(dsns, system.bootstrap))
    finally:
        system.stop()
    console.print("\n".join(told(done)), markup=False)


def told(done: Rebuilt) -> list[str]:
    """Return what the command says about a finished rebuild, in lines."""
    lines = ["An earlier rebuild had stopped half-way; this one has repaired it."] if done.repaired else []
    lines.append(f"{done.sent} events stand on their topics again.")
    if done.left_out:
        which = "which the broker had refused or which wait behind such a one (kaitsu dlq list):"
        lines += [f"{len(done.left_out)} were left out, {which}", *(f"  {line}" for line in done.left_out)]
    return lines


async def rebuild(dsns: Mapping[str, str], servers: str) -> Rebuilt:
    """Empty the services' topics, publish again what stands in their databases, and return what was done.

    Meanwhile, and after a rebuild that did not end, no service starts; another one begins anew and repairs it.
    dsns: by service, of the owner.
    :raises Trouble: a service's relay runs, new events would stand before old ones; or it stopped half-way.
    """
    ensure_topics(servers)
    async with _relays_held_off(dsns) as connections:
        repaired = False
        for conn in connections.values():
            repaired |= await conn.fetchval(_MARKED, REBUILDING)
            await conn.execute(_MARK, REBUILDING)
        try:
            owned = [topic.name for topic in TOPICS.values() if topic.owner in dsns]
            empty_topics(servers, owned, forget=False)
            done = await _refill_all(connections, servers)
        except Exception as error:
            raise Trouble(
                f"The rebuild stopped half-way ({type(error).__name__}); no service starts on half-filled topics. "
                "Mend the cause and run the command again: it begins anew and repairs them."
            ) from error
        for conn in connections.values():
            await conn.execute("DELETE FROM service_facts WHERE key = $1", REBUILDING)
        sent, left_out = sum(count for count, _ in done), tuple(line for _, lines in done for line in lines)
        return Rebuilt(sent, left_out, repaired)


async def _refill_all(
    connections: Mapping[str, asyncpg.Connection[asyncpg.Record]], servers: str
) -> list[tuple[int, list[str]]]:
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", enable_idempotence=True, client_id="kaitsu-rebuild"
    )
    await producer.start()
    try:
        with Progress(console=console) as progress:
            return [await _refill(name, conn, producer, progress) for name, conn in connections.items()]
    finally:
        await producer.stop()


@asynccontextmanager
async def _relays_held_off(
    dsns: Mapping[str, str],
) -> AsyncGenerator[dict[str, asyncpg.Connection[asyncpg.Record]]]:
    """Give a connection to each service's database that keeps its relay from running meanwhile."""
    found: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
    try:
        for name, dsn in dsns.items():
            found[name] = await asyncpg.connect(dsn, timeout=10)
            if not await found[name].fetchval("SELECT pg_try_advisory_lock($1)", lock_key(RELAY)):
                raise Trouble(f"The relay of {name} runs: stop the services first, then rebuild.")
        yield found
    finally:
        for conn in found.values():
            await conn.close()


async def _refill(
    name: str, conn: asyncpg.Connection[asyncpg.Record], producer: Any, progress: Progress
) -> tuple[int, list[str]]:
    topics = [topic.name for topic in TOPICS.values() if topic.owner == name]
    total = await conn.fetchval("SELECT count(*) FROM published_events WHERE topic = ANY($1::text[])", topics)
    bar = progress.add_task(f"{name:13s}", total=total)
    sent, left_out = 0, list[str]()
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        cursor = await conn.cursor(_EVENTS, topics)
        while found := await cursor.fetch(_CHUNK):
            rows = [row for row in found if not row["left_out"]]
            left_out += [
                f"{name} {row['type']} of {row['subject']}, number {row['sequence']}"
                for row in found
                if row["left_out"]
            ]
            waiting = [
                await producer.send(
                    row["topic"],
                    value=row["body"].encode(),
                    key=row["subject"].encode(),
                    headers=to_headers(_envelope(row)),
                )
                for row in rows
            ]
            await asyncio.gather(*waiting)
            sent += len(rows)
            progress.update(bar, completed=sent + len(left_out))
    return sent, left_out


def _envelope(row: asyncpg.Record) -> Envelope:
    return Envelope(
        id=row["event_id"],
        source=row["source"],
        type=row["type"],
        subject=row["subject"],
        sequence=row["sequence"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        correlation_id=row["correlation_id"],
        causation_id=row["causation_id"],
        traceparent=row["traceparent"],
    )
