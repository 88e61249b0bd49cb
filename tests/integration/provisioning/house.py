"""Provisioning as it is wired, on a real database and a stepped clock, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from chassis import app
from chassis.consume import Received
from chassis.db import open_pool
from chassis.http import make_http
from chassis.testing import SteppedClock, received
from chassis.ticks import fire_once
from contracts.event import Event
from contracts.orders import OrderAmendedV1, OrderSubmittedV1
from contracts.partners import Claim
from kernel.ids import derived_id, form_order_id, format_order_no
from kernel.times import at_local
from services.provisioning.books import load_rules
from services.provisioning.domain import deadlines, jeopardy, lifecycle
from services.provisioning.domain.arithmetic import Arithmetic
from services.provisioning.domain.order import FiberOrder
from services.provisioning.main import wire
from services.provisioning.settings import ProvisioningSettings
from services.provisioning.store import orders as order_store
from tests.support.http import http_client

OPS = "token-of-ops"
RULES = load_rules()


def april(day: int, hour: int = 12) -> datetime:
    """Return an instant in April 2026; the 1st is a Wednesday."""
    return at_local(date(2026, 4, day), time(hour))


APRIL_1 = april(1)


def on(day: int) -> date:
    """Return a date in April 2026."""
    return date(2026, 4, day)


def order_id(serial: int) -> UUID:
    """Return the id of the order with that serial."""
    return form_order_id("fiber-east-2026", f"response-{serial}")


def order_no(serial: int) -> str:
    """Return the number of the order with that serial."""
    return format_order_no(2026, 4, serial)


def submission(serial: int = 1, *, at: datetime = APRIL_1, sequence: int = 1) -> Received:
    """Return the event order.submitted of an order."""
    event = OrderSubmittedV1(
        order_id=order_id(serial),
        order_no=order_no(serial),
        submission_id=derived_id(order_id(serial), "submission"),
        form="fiber-east-2026",
        area="east",
        plan="ip8",
        building_kind="detached",
        applied_on=on(1),
        wished_on=on(20),
        sales_office="AB1234",
        confirmed=("fees",),
    )
    correlation = derived_id(order_id(serial), "submission")
    return received(event, now=at, sequence=sequence, correlation=correlation)


def amendment(serial: int = 1, *, version: int = 2, at: datetime, plan: str = "ip16") -> Received:
    """Return the event order.amended of an order."""
    event = OrderAmendedV1.model_validate(
        {
            "order_id": order_id(serial),
            "order_no": order_no(serial),
            "submission_id": derived_id(order_id(serial), f"edit {version}"),
            "version": version,
            "changed": ["plan"],
            "plan": plan,
            "building_kind": "detached",
            "wished_on": None,
        }
    )
    return received(event, now=at, sequence=version)


def claim(cls: type[Claim], serial: int = 1, *, at: datetime, take: int = 1, **data: Any) -> Received:
    """Return a claim about an order; take: another one says the same under another event id."""
    event: Event = cls.model_validate({"order_no": order_no(serial), **data})
    return received(event, now=at, sequence=take)


OUTLOOK = ("delivery.predicted.v1", "promise.changed.v1")


@dataclass
class House:
    """One provisioning service: its parts as main wires them, without Kafka and without a port."""

    base: app.Base[ProvisioningSettings]
    parts: app.Parts
    clock: SteppedClock
    http: httpx.AsyncClient

    async def deliver(self, *batch: Received) -> None:
        """Let the consumer of the batch's topic handle it in one transaction, as the chassis does."""
        (topic,) = {one.topic for one in batch}
        (consumer,) = [each for each in self.parts.consumers if each.topic == topic]
        assert all(isinstance(one.event, consumer.types) for one in batch)
        async with self.base.transaction() as conn:
            await consumer.handle(batch, conn=conn, now=self.clock.now())

    async def say(self, cls: type[Claim], serial: int = 1, *, take: int = 1, **data: Any) -> None:
        """Move nothing, and let a partner say something now."""
        await self.deliver(claim(cls, serial, at=self.clock.now(), take=take, **data))

    def advance(self, to: datetime) -> None:
        """Move the clock."""
        self.clock.advance(to)

    async def tick(self) -> int:
        """Fire all ticks until nothing is left; return how much was done."""
        done = 0
        for tick in self.parts.ticks:
            while count := await fire_once(self.base, tick, self.clock.now()):
                done += count
        return done

    async def next_due(self) -> datetime | None:
        """Return when the next tick is due."""
        async with self.base.pool.acquire() as conn:
            instants = [await tick.next_due(conn) for tick in self.parts.ticks]
        return min((instant for instant in instants if instant), default=None)

    async def rows(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Return the rows of a query of the app role."""
        async with self.base.pool.acquire() as conn:
            return await conn.fetch(query, *args)

    async def order(self, serial: int = 1) -> FiberOrder:
        """Return the row of an order."""
        (row,) = await self.rows("SELECT * FROM orders WHERE order_no = $1", order_no(serial))
        return order_store.from_row(row)

    async def announced(self, serial: int | None = 1) -> list[dict[str, Any]]:
        """Return the events of an order, or of everything, in order; without what is expected and promised."""
        return [event for event in await self.everything(serial) if event["type"] not in OUTLOOK]

    async def outlook(self, serial: int | None = 1) -> list[dict[str, Any]]:
        """Return the events that say what is expected and promised."""
        return [event for event in await self.everything(serial) if event["type"] in OUTLOOK]

    async def everything(self, serial: int | None = 1) -> list[dict[str, Any]]:
        """Return all events of an order, or of all orders, in order, with their bodies parsed."""
        rows = await self.rows(
            """
            SELECT e.*
              FROM published_events AS e
              JOIN outbox USING (event_id)
             WHERE $1::text IS NULL OR subject = $1
             ORDER BY position
            """,
            None if serial is None else str(order_id(serial)),
        )
        return [{**dict(row), "body": json.loads(row["body"])} for row in rows]

    def raw(self, event: dict[str, Any]) -> bytes:
        """Return the body of an announced event as it stands on the bus."""
        return json.dumps(event["body"]).encode()

    async def story(self, serial: int = 1) -> list[dict[str, Any]]:
        """Return the events of an order but for reminders and jeopardies."""
        beside = ("reminder.due.v1", "jeopardy.raised.v1", "jeopardy.cleared.v1")
        return [event for event in await self.announced(serial) if event["type"] not in beside]

    async def types(self, serial: int | None = 1) -> list[str]:
        """Return the types of these events."""
        return [event["type"].removesuffix(".v1") for event in await self.announced(serial)]

    async def refusals(self) -> list[tuple[str, str]]:
        """Return type and code of all refused claims, as the partners hear them."""
        return [
            (event["body"]["claim_type"].removesuffix(".v1"), event["body"]["code"])
            for event in await self.announced(None)
            if event["type"] == "claim.refused.v1"
        ]

    async def check_folds(self) -> int:
        """Assert that every row is the fold of its history and its deadlines run; return how many rows there are."""
        orders = [order_store.from_row(row) for row in await self.rows("SELECT * FROM orders")]
        running = {
            (row["deadline_id"], row["due_on"], row["due_at"], Arithmetic.from_json(row["arithmetic"]))
            for row in await self.rows("SELECT * FROM deadlines")
        }
        async with self.base.pool.acquire() as conn:
            for order in orders:
                entries = await order_store.history(conn, order.order_id)
                assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
                assert lifecycle.fold((entry.fact, entry.occurred_at) for entry in entries) == order
                assert order.overdue == jeopardy.open_now(order, RULES).keys()
        wanted = {
            (each.id, each.due_on, each.due_at, each.arithmetic)
            for order in orders
            for each in deadlines.running(order, RULES)
        }
        assert running == wanted
        return len(orders)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """Ask as an operator."""
        return await self.http.get(path, params=params or None, headers={"Authorization": f"Bearer {OPS}"})


def settings(dsn: str, *, kafka: str = "127.0.0.1:1") -> ProvisioningSettings:
    """Return settings as the environment would give them."""
    return ProvisioningSettings.model_validate(
        {"database": dsn, "kafka": kafka, "http_port": 0, "ops_token": OPS}
    )


@asynccontextmanager
async def open_house(dsn: str, *, now: datetime = APRIL_1) -> AsyncIterator[House]:
    """Give a provisioning service on the database."""
    pool = await open_pool(dsn, name="provisioning-test")
    clock = SteppedClock(now)
    async with http_client() as out:
        base = app.Base("provisioning", settings(dsn), pool, clock, out)
        parts = await wire(base)
        transport = httpx.ASGITransport(app=make_http(parts.routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://provisioning") as http:
            yield House(base, parts, clock, http)
    await pool.close()
