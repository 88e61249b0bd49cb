"""`kaitsu rebuild-topics`: refill our topics from what the services have published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import typer
from aiokafka import AIOKafkaProducer  # pyright: ignore[reportMissingTypeStubs]
from rich.progress import Progress

from chassis.db import lock_key
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
# In the order in which each subject's events were numbered, subjects mixed by time as far as that allows.
_EVENTS: Final = """
        SELECT *, max(recorded_at) OVER (PARTITION BY subject ORDER BY sequence) AS place
          FROM published_events
         WHERE topic = ANY($1::text[])
         ORDER BY place, subject, sequence
"""


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
    KAITSU_KAFKA). Topics of partners stay as they are.
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
        sent = asyncio.run(rebuild(dsns, system.bootstrap))
    finally:
        system.stop()
    console.print(f"{sent} events stand on their topics again.")


async def rebuild(dsns: Mapping[str, str], servers: str) -> int:
    """Empty the services' topics, publish again what stands in their databases, and return how many events that is.

    dsns: by service, of a role that may read published_events.
    :raises Trouble: a service's relay runs; new events would stand before old ones.
    """
    ensure_topics(servers)
    async with _relays_held_off(dsns) as connections:
        owned = [topic.name for topic in TOPICS.values() if topic.owner in dsns]
        empty_topics(servers, owned, forget=False)
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=servers, acks="all", enable_idempotence=True, client_id="kaitsu-rebuild"
        )
        await producer.start()
        try:
            with Progress(console=console) as progress:
                return sum(
                    [await _refill(name, conn, producer, progress) for name, conn in connections.items()]
                )
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
) -> int:
    topics = [topic.name for topic in TOPICS.values() if topic.owner == name]
    total = await conn.fetchval("SELECT count(*) FROM published_events WHERE topic = ANY($1::text[])", topics)
    bar = progress.add_task(f"{name:13s}", total=total)
    sent = 0
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        cursor = await conn.cursor(_EVENTS, topics)
        while rows := await cursor.fetch(_CHUNK):
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
            progress.update(bar, completed=sent)
    return sent


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
