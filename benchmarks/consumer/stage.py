"""Where runs take place: embedded engines, a database to copy for each run, and processes of the sides."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import asyncpg

from benchmarks.consumer.bare import WRITES_ONLY
from benchmarks.consumer.sampled import OUT
from benchmarks.consumer.workload import NOW, consult, submission
from chassis import clock, db, facts
from chassis.db import Connection
from chassis.migrate import migrate
from chassis.relay import RELAY
from ops.runtime import databases
from ops.runtime.databases import ServiceDsns, provision, run_sync
from ops.runtime.kafka import EmbeddedKafka
from ops.runtime.launch import all_at_once
from ops.runtime.postgres import EmbeddedPostgres
from ops.runtime.processes import ServiceProcess
from ops.runtime.topics import ensure_topics
from services.provisioning.books import load_rules
from services.provisioning.handlers import HearClaims, TakeOrders
from services.provisioning.outlook import Forecaster
from services.provisioning.prediction_book import load_rule_table

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".kaitsu" / "cache"
SERVICE: Final = "provisioning"
_PASSWORD: Final = "benchmark"  # noqa: S105 - of engines that live as long as the run, on loopback
_PORTION: Final = 500
MODULES: Final = {
    "service": ["services.provisioning"],
    "bare": ["benchmarks.consumer.bare"],
    "writes only": ["benchmarks.consumer.bare"],
    "one by one": ["benchmarks.consumer.one_by_one"],
    "sampled": ["benchmarks.consumer.sampled"],
}


class Stage:
    """Both engines with the catalogue's topics and a migrated database of consulted orders; gone after the block."""

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self.folder = Path(tempfile.mkdtemp(prefix="kaitsu-bench-"))
        self.folder.chmod(0o711)  # PostgreSQL runs as another OS user when we are root
        self.postgres = EmbeddedPostgres(self.folder / "postgres")
        self.kafka = EmbeddedKafka(self.folder / "kafka", CACHE)
        self.clock = self.folder / "clock.json"
        self.samples = self.folder / "samples.json"
        self._template: ServiceDsns | None = None
        self._runs = 0

    def __enter__(self) -> Self:
        """Start the engines and prepare the database."""
        try:
            all_at_once((self.postgres.start, self.kafka.start))
            ensure_topics(self.kafka.bootstrap)
            clock.create_record(self.clock, NOW)
            self._template = run_sync(self._prepare())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop the engines and throw everything away."""
        self.kafka.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def fresh_database(self) -> ServiceDsns:
        """Return a copy of the prepared database."""
        assert self._template
        self._runs += 1
        return await databases.copy(
            self.postgres.admin_dsn, SERVICE, password=_PASSWORD, prefix="", database=f"run_{self._runs}",
            template=self._template.database,
        )  # fmt: skip

    async def drop(self, dsns: ServiceDsns) -> None:
        """Drop the database of a run."""
        await databases.drop(self.postgres.admin_dsn, dsns.database)

    async def hold_relay(self, dsns: ServiceDsns) -> asyncpg.Connection[asyncpg.Record]:
        """Return a connection that keeps the relay of the database from sending: only the consumer is measured."""
        conn = await asyncpg.connect(dsns.app, timeout=10)
        await conn.execute("SELECT pg_advisory_lock($1)", db.lock_key(RELAY))
        return conn

    def process(self, side: str, number: int, dsns: ServiceDsns) -> ServiceProcess:
        """Return a process of a side, not started yet."""
        prefix = f"KAITSU_{SERVICE.upper()}_"
        told = {
            f"{prefix}DATABASE": dsns.app,
            f"{prefix}KAFKA": self.kafka.bootstrap,
            f"{prefix}HTTP_PORT": "0",
            f"{prefix}CLOCK": str(self.clock),
            f"{prefix}OPS_TOKEN": _PASSWORD,
            OUT: str(self.samples),
            **({WRITES_ONLY: "1"} if side == "writes only" else {}),
        }
        argv = [sys.executable, "-m", *MODULES[side], str(self.orders)]
        log = self.folder / f"{side.replace(' ', '_')}-{number}.log"
        argv = argv if side in {"bare", "writes only"} else argv[:-1]
        return ServiceProcess(side, argv, {**os.environ, **told}, log, cwd=ROOT)

    async def _prepare(self) -> ServiceDsns:
        """Return a database in which the desk has consulted every order, by the service's own handlers."""
        dsns = await provision(self.postgres.admin_dsn, SERVICE, password=_PASSWORD)
        await migrate(dsns.owner, service=SERVICE, app_role=f"{SERVICE}_app")
        pool = await db.open_pool(dsns.app, name="benchmark")
        rules, forecaster = load_rules(), Forecaster(load_rule_table())
        try:
            async with pool.acquire() as conn:
                await facts.agree_on_clock(conn, clock.open_clock(str(self.clock)))
                for start in range(1, self.orders + 1, _PORTION):
                    serials = range(start, min(start + _PORTION, self.orders + 1))
                    async with conn.transaction():
                        await TakeOrders(rules, forecaster)([*map(submission, serials)], conn=conn, now=NOW)
                        await HearClaims(rules, forecaster)([*map(consult, serials)], conn=conn, now=NOW)
        finally:
            await pool.close()
        owner = await asyncpg.connect(dsns.owner, timeout=10)
        await owner.execute("VACUUM ANALYZE")
        await owner.close()
        return dsns


async def left_behind(conn: Connection) -> Sequence[Any]:
    """Return what a run wrote, in figures that are the same for all sides that wrote the same rows."""
    row = await conn.fetchrow(
        """
        SELECT (SELECT count(*) FROM order_history), (SELECT sum(sequence) FROM orders),
               (SELECT count(*) FROM outbox), (SELECT sum(octet_length(body)) FROM published_events),
               (SELECT sum(last) FROM event_sequences), (SELECT count(*) FROM inbox_claims),
               (SELECT count(*) FROM deadlines), (SELECT count(*) FROM dead_letters),
               (SELECT count(*) FROM refused_claims), (SELECT count(*) FROM orders WHERE state = 'active'),
               (SELECT md5(string_agg(h::text, '' ORDER BY order_id, sequence)) FROM order_history AS h),
               (SELECT md5(string_agg(o::text, '' ORDER BY order_id)) FROM orders AS o),
               (SELECT md5(string_agg(event_id || ' ' || sequence, '' ORDER BY event_id)) FROM published_events),
               (SELECT md5(string_agg(event_id::text, '' ORDER BY event_id)) FROM inbox_claims),
               (SELECT md5(string_agg(d::text, '' ORDER BY deadline_id)) FROM deadlines AS d),
               (SELECT md5(string_agg(f::text, '' ORDER BY order_id, sequence)) FROM forecasts AS f),
               (SELECT md5(string_agg(t::text, '' ORDER BY order_id, sequence)) FROM order_turns AS t),
               (SELECT md5(string_agg(l::text, '' ORDER BY order_id, sequence, kind)) FROM date_ledger AS l),
               (SELECT count(*) FROM forecast_models)
        """
    )
    assert row is not None
    return tuple(row)
