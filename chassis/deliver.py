"""One consumer's way from records to its handler: what is done once, tried again, kept aside or waited for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from chassis import clock, dead_letters, errors, inbox, logs, metrics, records, tracing
from chassis.base import Base
from chassis.consume import Consumer
from chassis.records import Fault, Item, Record

RETRIES_S: Final = (0.1, 0.4, 1.5, 4.0)  # 5 tries within 10 s
IN_A_ROW: Final = 20
_FIRST_WAIT_S: Final = 0.05
_LONGEST_WAIT_S: Final = 60.0
_LONGEST_BATCH_S: Final = 60.0
BEHIND: Final = Fault("behind", "Behind")
log = logs.get_logger(__name__)


class ComeAgain(Exception):
    """The batch is to be read again from its first record; what was done of it is known by the inbox."""


class Deliverer:
    """Gives records to a handler under the rules of the house; knows nothing of Kafka's client."""

    def __init__(self, base: Base[Any], consumer: Consumer) -> None:
        self.group = f"{base.name}.{consumer.topic}"
        self.stopped = False
        self.interrupt = asyncio.Event()  # set while partitions are taken away or the service stops
        self._base, self._consumer = base, consumer
        self._wait_s = _FIRST_WAIT_S
        self._in_a_row = 0

    async def deliver(self, batch: Sequence[Record]) -> None:
        """Return when every record of the batch is handled, known, passed over or kept as a dead letter.

        :raises ComeAgain: database or broker were away (after a wait that doubles up to 60 s), or a stop is due.
        """
        if self.stopped:
            await self.interrupt.wait()
            raise ComeAgain
        items = [records.read(record, self._consumer.types, claims=self._consumer.claims) for record in batch]
        parents = [item.envelope.traceparent for item in items if item.envelope and item.event]
        with (
            metrics.BATCH_S.labels(self._consumer.topic).time(),
            tracing.span(f"consume {self._consumer.topic}", links=parents, **_attributes(items)),
        ):
            try:
                await self._deliver(items)
            except ComeAgain:
                raise
            except Exception as error:
                await self._wait_for_world(error)
        self._wait_s = _FIRST_WAIT_S
        self._base.activity.add(len(batch))

    async def _deliver(self, items: Sequence[Item]) -> None:
        try:
            await self._attempt(items)
        except Exception as error:
            if errors.kind_of(error) is errors.Kind.WORLD:
                raise
            log.warning("batch_isolated", consumer=self.group, records=len(items), **errors.describe(error))
        else:
            return
        until = clock.monotonic() + _LONGEST_BATCH_S
        for item in items:
            if self.interrupt.is_set() or clock.monotonic() > until:
                raise ComeAgain
            await self._deliver_alone(item)

    async def _deliver_alone(self, item: Item) -> None:
        """Handle one record; on the world's errors raise them, on its own or unknown ones bury it."""
        fault = None
        for pause in (*RETRIES_S, None):
            try:
                if await self._attempt([item]):
                    self._in_a_row = 0
                return
            except Exception as error:
                kind = errors.kind_of(error)
                if kind is errors.Kind.WORLD:
                    raise
                found = errors.describe(error)
                log.error("record_failed", consumer=self.group, **_place(item), **found)  # noqa: TRY400
                state = (
                    f"{found['sqlstate']} {found['constraint'] or ''}".strip() if "sqlstate" in found else ""
                )
                fault = Fault("rejected" if kind is errors.Kind.DATA else "unexpected", found["error"], state)
            if fault.reason == "rejected":
                break
            if pause is not None:
                await self._pause(pause)
        assert fault is not None
        await self._bury(item, fault)

    async def _attempt(self, items: Sequence[Item]) -> int:
        """Do all of it in one transaction; return how many events the handler got."""
        now = self._base.clock.now()
        became: Counter[str] = Counter()
        async with self._base.transaction() as conn:
            new = await self._new(conn, items, became)
            keys = [item.key for item in new if item.event and item.key]
            held = await dead_letters.held_keys(conn, self.group, keys) if keys else set[str]()
            dead = [(item, item.fault) for item in new if item.fault]
            dead += [(item, BEHIND) for item in new if item.event and item.key in held]
            batch = [item.received() for item in new if item.event and item.key not in held]
            if dead:
                await dead_letters.bury(conn, self.group, dead, now=now)
            if batch:
                await self._consumer.handle(batch, conn=conn, now=now)
        for worker in self._consumer.wakes if batch else ():
            self._base.wake(worker)
        became["handled"], became["dead_letter"] = len(batch), len(dead)
        became["passed_over"] = len(new) - len(batch) - len(dead)
        for outcome, count in became.items():
            metrics.RECORDS.labels(self._consumer.topic, outcome).inc(count)
        return len(batch)

    async def _new(self, conn: Any, items: Sequence[Item], became: Counter[str]) -> list[Item]:
        """Return the items that were not consumed before; records without an envelope always count as new."""
        known = [item for item in items if item.envelope]
        envelopes = [item.envelope for item in known if item.envelope]
        claims, now = self._consumer.claims, self._base.clock.now()
        taken = await inbox.take(conn, self.group, envelopes, claims=claims, now=now)
        new = {id(known[place]) for place in taken}
        became["duplicate"] += len(known) - len(new)
        return [item for item in items if not item.envelope or id(item) in new]

    async def _bury(self, item: Item, fault: Fault) -> None:
        now = self._base.clock.now()
        async with self._base.transaction() as conn:
            if not await self._new(conn, [item], Counter()):
                return
            await dead_letters.bury(conn, self.group, [(item, fault)], now=now, tries=len(RETRIES_S) + 1)
        log.error("record_buried", consumer=self.group, reason=fault.reason, **_place(item))
        self._in_a_row = self._in_a_row + 1 if fault.reason == "unexpected" else 0
        if self._in_a_row >= IN_A_ROW:
            self.stopped = True
            metrics.STOPPED.labels(self.group).set(1)
            log.critical("consumer_stopped", consumer=self.group, in_a_row=self._in_a_row)
            raise ComeAgain

    async def _wait_for_world(self, error: Exception) -> None:
        metrics.WAITS.labels(self.group).inc()
        log.warning("world_awaited", consumer=self.group, wait_s=self._wait_s, **errors.describe(error))
        wait_s, self._wait_s = self._wait_s, min(self._wait_s * 2, _LONGEST_WAIT_S)
        await self._pause(wait_s)
        raise ComeAgain from error

    async def _pause(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self.interrupt.wait()
        except TimeoutError:
            return
        raise ComeAgain


def _attributes(items: Sequence[Item]) -> dict[str, str | int]:
    ids = {str(item.envelope.correlation_id) for item in items if item.envelope}
    return {"records": len(items), **({"correlation_id": ids.pop()} if len(ids) == 1 else {})}


def _place(item: Item) -> dict[str, object]:
    envelope = item.envelope
    return {
        "partition": item.record.partition,
        "offset": item.record.offset,
        "type": envelope and envelope.type[:100],
        "event_id": envelope and envelope.id,
        "correlation_id": envelope and envelope.correlation_id,
    }
