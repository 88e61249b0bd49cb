"""The relay: sends what the outbox holds to Kafka, in order per key, one relay per service at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.errors import (  # pyright: ignore[reportMissingTypeStubs]
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
)

from chassis import clock, db, dead_letters, errors, logs, metrics, outbox, tracing
from chassis.base import Base
from chassis.records import RELAY, Fault, Item, StoredRecord
from contracts.envelope import to_headers

CHANNEL: Final = "kaitsu_outbox"
CHUNK: Final = 500
POLL_S: Final = 0.25
COALESCE_S: Final = 0.005
PROBE_S: Final = 2.0
_LARGE: Final = 12_000  # together with its headers it may fill a produce batch (16 KiB): then it goes alone
_REFUSED: Final = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    ValueError,
    TypeError,
)
_LONGEST_WAIT_S: Final = 10.0
log = logs.get_logger(__name__)
Row = asyncpg.Record


class Relay:
    """Wakes on a notification after commits, looks by itself every 250 ms; a second replica stands by."""

    def __init__(self, base: Base[Any]) -> None:
        self.leader = False
        self.stopping = False
        self._base = base
        self._awake = asyncio.Event()
        self._bell: asyncio.Task[None] | None = None
        self._rung = False
        self._producer: Any = None
        self._alone_until = -1  # up to this position rows are sent one by one, to find the refused one
        self._head, self._head_since = -1, 0.0
        base.signals.on_commit = self.ring

    def ring(self) -> None:
        """Wake the relay of this service, wherever it runs; at most every 5 ms, never in a writing transaction."""
        if self.leader:
            self._awake.set()
            return
        self._rung = True
        if self._bell is None or self._bell.done():
            self._bell = asyncio.create_task(self._notify())

    def stalled_s(self) -> float:
        """Return for how long the first row of the outbox has been waiting."""
        return clock.monotonic() - self._head_since if self._head >= 0 else 0.0

    async def broker_answers(self) -> bool:
        """Return whether Kafka answers within 2 s."""
        if self._producer is None:
            return False
        with suppress(Exception):
            async with asyncio.timeout(PROBE_S):
                await self._producer.client.fetch_all_metadata()
                return True
        return False

    async def run(self) -> None:
        """Relay until stopped; database and broker may come and go."""
        wait_s = POLL_S
        while not self.stopping:
            try:
                await self._renew_producer()
                await self._lead()
                wait_s = POLL_S
            except Exception as error:
                metrics.WAITS.labels(RELAY).inc()
                log.warning("relay_waits", wait_s=wait_s, **errors.describe(error))
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    async def close(self) -> None:
        """Close the producer; what it still holds stays in the outbox."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(PROBE_S):
                    await producer.stop()
            except TimeoutError:
                log.warning("producer_abandoned")

    def _heard(self, *_: object) -> None:
        self._awake.set()

    async def _notify(self) -> None:
        while self._rung:
            self._rung = False
            try:
                await self._base.pool.execute(f"NOTIFY {CHANNEL}")
            except Exception as error:  # the relay looks by itself every 250 ms
                log.warning("bell_failed", **errors.describe(error))
            await asyncio.sleep(COALESCE_S)

    async def _renew_producer(self) -> None:
        """Start anew: after an error an idempotent producer may refuse a partition for ever."""
        await self.close()
        settings = self._base.settings
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_servers,
            client_id=f"kaitsu-{self._base.name}-relay",
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            request_timeout_ms=15_000,
            retry_backoff_ms=500,
            metadata_max_age_ms=30_000,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def _lead(self) -> None:
        conn = await db.open_connection(
            self._base.settings.database.get_secret_value(), name=f"kaitsu-{self._base.name}-relay"
        )
        try:
            await db.use_json(conn)
            while not await conn.fetchval("SELECT pg_try_advisory_lock($1)", db.lock_key(RELAY)):
                if self.stopping:
                    return
                self._note(await outbox.first_rows(conn, 1))  # a leader that hangs is seen here
                await asyncio.sleep(POLL_S)
            await conn.add_listener(CHANNEL, self._heard)
            self.leader = True
            log.info("relay_leads")
            await self._rounds(conn)
        finally:
            self.leader = False
            try:
                await conn.close(timeout=PROBE_S)
            except Exception:
                conn.terminate()

    async def _rounds(self, conn: db.Connection) -> None:
        while True:
            self._awake.clear()
            rows = await self._next(conn)
            self._note(rows)
            metrics.BACKLOG.set(len(rows))
            if rows:
                await self._send(conn, rows)
            elif self.stopping:
                return
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._awake.wait()

    async def _next(self, conn: db.Connection) -> list[Row]:
        """Return what goes out together: a large event goes alone, and so does what may have been refused."""
        rows = await outbox.first_rows(conn, CHUNK)
        if rows and rows[0]["position"] <= self._alone_until:
            return rows[:1]
        large = next((place for place, row in enumerate(rows) if row["size"] > _LARGE), len(rows))
        return rows[: max(large, 1)]

    async def _send(self, conn: db.Connection, rows: Sequence[Row]) -> None:
        with tracing.span("relay", links=[row["traceparent"] for row in rows], events=len(rows)):
            results = await self._send_all(rows)
        failed: dict[tuple[str, str], Exception] = {}
        done: list[int] = []
        for row, result in zip(rows, results, strict=True):
            key = (row["topic"], row["subject"])
            if isinstance(result, Exception):
                failed.setdefault(key, result)
            elif key not in failed:
                done.append(row["position"])
        if done:
            await conn.execute("DELETE FROM outbox WHERE position = ANY($1::bigint[])", done)
            metrics.PUBLISHED.inc(len(done))
            self._base.activity.add(len(done))
        if failed:
            await self._after_failure(conn, rows, list(failed.values()))

    async def _send_all(self, rows: Sequence[Row]) -> list[Any]:
        """Return what became of each row; waits as long as it takes, an idempotent send never gives up."""
        sent: list[Any] = []
        refused: dict[str, Exception] = {}  # nothing of a key goes out after a record that did not
        for row in rows:
            subject = row["subject"]
            try:
                if subject in refused:
                    raise refused[subject]
                value, headers = row["body"].encode(), to_headers(outbox.envelope_of(row))
                sent.append(
                    await self._producer.send(
                        row["topic"], value=value, key=subject.encode(), headers=headers
                    )
                )
            except Exception as error:
                refused[subject] = error
                sent.append(asyncio.get_running_loop().create_future())
                sent[-1].set_exception(error)
        return await asyncio.gather(*sent, return_exceptions=True)

    async def _after_failure(self, conn: db.Connection, rows: Sequence[Row], found: list[Exception]) -> None:
        refused = [error for error in found if isinstance(error, _REFUSED)]
        if not refused:
            raise found[0]
        if len(rows) == 1:
            await self._park(conn, rows[0], refused[0])
        else:
            self._alone_until = rows[-1]["position"]
        await self._renew_producer()

    async def _park(self, conn: db.Connection, row: Row, error: Exception) -> None:
        """Keep the refused record as a dead letter; its key's rows stay in the outbox until a person decides."""
        envelope = outbox.envelope_of(row)
        record = StoredRecord(
            row["topic"],
            -1,
            row["position"],
            row["subject"].encode(),
            row["body"].encode(),
            to_headers(envelope),
        )
        fault = Fault("refused", type(error).__name__)
        await dead_letters.bury(conn, RELAY, [(Item(record, envelope), fault)], now=self._base.clock.now())
        metrics.PARKED.inc()
        log.error("event_parked", event_id=row["event_id"], type=row["type"], position=row["position"])

    def _note(self, rows: Sequence[Row]) -> None:
        head = rows[0]["position"] if rows else -1
        if head != self._head:
            self._head, self._head_since = head, clock.monotonic()
        metrics.STALLED_S.set(self.stalled_s())
