"""Billing as it is wired, on a real database and a stepped clock, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from chassis import app
from chassis.consume import Received
from chassis.db import Connection, Pool, open_pool
from chassis.http import make_http
from chassis.testing import SteppedClock, received
from contracts.works import OrderActivatedV1
from kernel.ids import derived_id, form_order_id, format_order_no
from kernel.times import at_local
from services.billing.books import load_books
from services.billing.domain.invoice import Issuer
from services.billing.gateways.contacts import IntakeContacts
from services.billing.handlers import IssueInvoices
from services.billing.main import wire
from services.billing.settings import BillingSettings
from services.billing.workers import CloseMonth
from tests.integration.billing.intake import TOKEN, Intake
from tests.support.http import http_client

OPS = "token-of-ops"
CLOSE_OF_APRIL = at_local(date(2026, 5, 1), time(9))
APRIL_20 = at_local(date(2026, 4, 20), time(17))


def order_id(serial: int) -> UUID:
    """Return the id of the order with that serial."""
    return form_order_id("fiber-east-2026", f"response-{serial}")


def order_no(serial: int) -> str:
    """Return the number of the order with that serial."""
    return format_order_no(2026, 4, serial)


def account_id(serial: int) -> UUID:
    """Return the account of the order with that serial."""
    return derived_id(order_id(serial), "account")


def activation(
    serial: int,
    *,
    on: date = date(2026, 4, 20),
    at: datetime = APRIL_20,
    plan: str = "ip8",
    sequence: int = 9,
) -> Received:
    """Return the event order.activated of the order with that serial."""
    event = OrderActivatedV1.model_validate(
        {
            "order_id": order_id(serial),
            "order_no": order_no(serial),
            "activated_on": on,
            "consulted_on": on,
            "area": "east",
            "plan": plan,
            "patterns": [1],
            "dominant": 1,
        }
    )
    return received(event, sequence=sequence, now=at, correlation=derived_id(order_id(serial), "submission"))


@dataclass
class House:
    """One billing service: its parts as main wires them, without Kafka and without a port."""

    base: app.Base[BillingSettings]
    parts: app.Parts
    clock: SteppedClock
    intake: Intake
    http: httpx.AsyncClient

    @property
    def pool(self) -> Pool:
        """The pool of the app role."""
        return self.base.pool

    async def deliver(self, *batch: Received) -> None:
        """Let the consumer of kaitsu.works handle the batch in one transaction, as the chassis does."""
        (consumer,) = self.parts.consumers
        async with self.base.transaction() as conn:
            await consumer.handle(batch, conn=conn, now=self.clock.now())

    async def activate(self, serials: Iterable[int], **more: Any) -> None:
        """Activate orders whose contacts intake knows."""
        batch = [activation(serial, at=self.clock.now(), **more) for serial in serials]
        for record in batch:
            event = record.event
            assert isinstance(event, OrderActivatedV1)
            self.intake.know(event.order_id, event.order_no, f"見本商事{event.order_no}")
        await self.deliver(*batch)

    async def close_month(self) -> int:
        """Run the worker until nothing is left and return how many cycles it handled."""
        (worker,) = self.parts.workers
        handled = 0
        while done := await worker.run_once():
            handled += done
        return handled

    async def pending(self) -> tuple[int, datetime | None]:
        """Return what the worker says about its work: how much is due, and when the next falls due."""
        (worker,) = self.parts.workers
        async with self.pool.acquire() as conn:
            now = self.clock.now()
            return await worker.pending(conn, now), await worker.next_due(conn, now)

    async def rows(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Return the rows of a query of the app role."""
        async with self.pool.acquire() as conn:
            return await conn.fetch(query, *args)

    async def numbers(self) -> list[str]:
        """Return all invoice numbers in order."""
        return [row["number"] for row in await self.rows("SELECT number FROM invoices ORDER BY year, serial")]

    async def announced(self, type_: str) -> list[dict[str, Any]]:
        """Return the announced events of the type in order, with their bodies parsed."""
        rows = await self.rows(
            "SELECT * FROM published_events JOIN outbox USING (event_id) WHERE type = $1 ORDER BY position",
            type_,
        )
        return [{**dict(row), "body": json.loads(row["body"])} for row in rows]

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """Ask as an operator."""
        return await self.http.get(path, params=params or None, headers={"Authorization": f"Bearer {OPS}"})

    async def post(self, path: str) -> httpx.Response:
        """Command as an operator."""
        return await self.http.post(path, headers={"Authorization": f"Bearer {OPS}"})


def settings(dsn: str, contacts_url: str) -> BillingSettings:
    """Return settings as the environment would give them."""
    return BillingSettings.model_validate(
        {
            "database": dsn,
            "kafka": "127.0.0.1:1",
            "http_port": 0,
            "ops_token": OPS,
            "contacts_url": contacts_url,
            "contacts_token": TOKEN,
            "issuer_name": "見本通信株式会社",
            "issuer_registration": "T7123456789012",
        }
    )


@asynccontextmanager
async def open_house(dsn: str, intake: Intake, *, now: datetime = APRIL_20) -> AsyncIterator[House]:
    """Give a billing service on the database."""
    pool = await open_pool(dsn, name="billing-test")
    clock = SteppedClock(now)
    async with http_client() as out:
        base = app.Base("billing", settings(dsn, intake.url), pool, clock, out)
        parts = await wire(base)
        transport = httpx.ASGITransport(app=make_http(parts.routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://billing") as http:
            yield House(base, parts, clock, intake, http)
    await pool.close()


async def gapless(conn: Connection) -> bool:
    """Return whether the numbers of every series are 1 to n, each once, and the counter stands at n."""
    return await conn.fetchval(
        """
        SELECT coalesce(bool_and(s.last = coalesce(i.count, 0) AND s.last = coalesce(i.max, 0)), true)
          FROM invoice_series AS s
          LEFT JOIN (SELECT year, count(*), max(serial) FROM invoices GROUP BY year) AS i USING (year)
        """
    )


ISSUE = IssueInvoices(load_books(), Issuer("見本通信株式会社", "T7123456789012"))


def small_steps(house: House, chunk: int) -> CloseMonth:
    """Return the worker of the house with another chunk."""
    return CloseMonth(
        pool=house.pool,
        transaction=house.base.transaction,
        clock=house.clock,
        contacts=IntakeContacts(
            house.base.http, url=house.intake.url, token=house.base.settings.contacts_token
        ),
        issue=ISSUE,
        chunk=chunk,
    )
