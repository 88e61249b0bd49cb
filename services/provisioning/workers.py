"""What provisioning does beside its transactions: learn from its own closed orders, once a night if any was closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from prometheus_client import Gauge

from chassis.base import Base
from chassis.clock import Clock
from chassis.db import Connection, Pool
from chassis.logs import get_logger
from chassis.metrics import REGISTRY
from chassis.ticks import Worker
from kernel.times import at_local, local_date
from services.provisioning.domain.order import State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.cases import Episode, Turn
from services.provisioning.prediction.coverage import Coverage, Published, Watch, rolling_coverage
from services.provisioning.prediction.fit import fit
from services.provisioning.prediction.settings import Learning
from services.provisioning.prediction_book import load_learning, load_watch
from services.provisioning.store import learning as store

log = get_logger(__name__)
NIGHT: Final = time(4)
MOST_ORDERS: Final = 20_000
LOOKED_AT: Final = 5_000
SHARE: Final = Gauge(
    "kaitsu_forecast_coverage",
    "Share of closed orders lit within their 80 % interval, the last ones of a pattern",
    ["pattern"],
    registry=REGISTRY,
)
OFF: Final = Gauge(
    "kaitsu_forecast_coverage_off",
    "1: chance alone does not explain the coverage",
    ["pattern"],
    registry=REGISTRY,
)


def episode_of(row: Mapping[str, Any], as_of: date) -> Episode:
    """Return what one order was like over time, from a row of `store.episodes`."""
    return Episode(
        opened_on=local_date(row["opened_at"]),
        area=row["area"],
        building_kind=row["building_kind"],
        turns=tuple(
            Turn(date.fromisoformat(on), Pattern(pattern), _day(started), _day(held), _day(fixed))
            for on, pattern, started, held, fixed in row["turns"]
        ),
        as_of=as_of,
        activated_on=row["activated_on"],
        ended_on=local_date(row["since"]) if row["state"] == State.CANCELLED else None,
    )


async def episodes(conn: Connection, now: datetime, learning: Learning) -> list[Episode]:
    """Return what the system has seen, as it is known now: the newest orders within the window."""
    opened_after = now - timedelta(days=learning.window_days)
    rows = await store.episodes(conn, opened_after=opened_after, limit=MOST_ORDERS)
    return [episode_of(row, local_date(now)) for row in rows]


async def coverage(conn: Connection, watch: Watch) -> Mapping[Pattern, Coverage]:
    """Return how well the published intervals held, per pattern, over the lines that were lit last."""
    rows = await store.published(conn, orders=LOOKED_AT)
    return rolling_coverage(_published(rows), watch)


def _published(rows: Iterable[Mapping[str, Any]]) -> list[Published]:
    return [
        Published(
            Pattern(row["pattern"]),
            row["p10_on"],
            row["p90_on"],
            row["activated_on"],
            row["low_part"],
            row["high_part"],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Refit:
    """Fits a new model at the first 04:00 (Tokyo) after a line was lit, outside any transaction, and stores it.

    Several processes may try: one stores, the others see that it is done.
    """

    pool: Pool
    transaction: Callable[[], AbstractAsyncContextManager[Connection]]
    clock: Clock
    learning: Learning
    watch: Watch

    async def run_once(self) -> int:
        """Return 1 when a model was fitted, 0 when none is due."""
        now = self.clock.now()
        async with self.pool.acquire() as conn:
            if not await pending(conn, now):
                return 0
            seen = await episodes(conn, now, self.learning)
            lit, _ = await store.closed_orders(conn)
        model = await asyncio.to_thread(fit, seen, self.learning, local_date(now))
        async with self.transaction() as conn:
            await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('forecast_models', 0))")
            if not await pending(conn, now):
                return 0
            await store.add_model(
                conn, version=model.version, fitted_at=now, closed=lit, body=model.to_json()
            )
            held = await coverage(conn, self.watch)
        log.info("model_fitted", version=model.version, orders=len(seen), lit=lit, cells=len(model.cells))
        _show(held)
        return 1

    def worker(self) -> Worker:
        """Return the worker as the chassis runs it."""
        return Worker(name="refit", run_once=self.run_once, pending=pending, next_due=next_due)


def workers(base: Base[Any]) -> Sequence[Worker]:
    """Return the workers of provisioning."""
    refit = Refit(base.pool, base.transaction, base.clock, load_learning(), load_watch())
    return (refit.worker(),)


async def pending(conn: Connection, now: datetime) -> int:
    """Return 1 when a model is to be fitted now, else 0."""
    due_at = await _due_at(conn)
    return int(due_at is not None and due_at <= now)


async def next_due(conn: Connection, now: datetime) -> datetime | None:
    """Return the next instant after now at which a model is to be fitted."""
    due_at = await _due_at(conn)
    return due_at if due_at is not None and due_at > now else None


async def _due_at(conn: Connection) -> datetime | None:
    """Return when the next model is due: never, as long as no line was lit since the last one."""
    fitted_at, seen = await store.last_fit(conn)
    lit, unseen_at = await store.closed_orders(conn)
    if lit == seen:
        return None
    known = [instant for instant in (fitted_at, unseen_at) if instant is not None]
    return _night_after(max(known))


def _night_after(instant: datetime) -> datetime:
    night = at_local(local_date(instant), NIGHT)
    return night if night > instant else at_local(local_date(instant) + timedelta(days=1), NIGHT)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _show(held: Mapping[Pattern, Coverage]) -> None:
    for pattern, each in held.items():
        SHARE.labels(pattern=pattern.name).set(each.share)
        OFF.labels(pattern=pattern.name).set(each.alarming)
        if each.alarming:
            log.warning(
                "forecast_coverage_off", pattern=pattern.value, share=round(each.share, 3), orders=each.orders
            )
