"""Intake as it is wired, on a real database and a stepped clock, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx

from chassis import app
from chassis.db import Pool, open_pool
from chassis.http import make_http
from chassis.testing import SteppedClock
from services.intake.main import wire
from services.intake.settings import Settings
from services.intake.workers import Checking
from tests.support import webhooks
from tests.support.http import http_client
from tests.support.webhooks import EAST, WEST

PATH = "/webhooks/google-forms"
LATER = "2026-04-20T02:00:00.000Z"
LATEST = "2026-04-20T03:00:00.000Z"
NOW = datetime.fromisoformat("2026-04-20T03:00:00+00:00")  # noon in Tokyo, a Monday
OPS = "token-of-ops"
BILLING = "token-of-billing-service"
# 32 bytes each; pragma: allowlist secret
NEW_EAST = "whsec_" + "QUJD" * 10 + "QUI="
OLD_EAST = "whsec_" + "REVG" * 10 + "REU="
OF_WEST = "whsec_" + "R0hJ" * 10 + "R0g="
SECRETS = {EAST: [NEW_EAST, OLD_EAST], WEST: [OF_WEST]}


@dataclass
class House:
    """One intake service: its parts as main wires them, without Kafka and without a port."""

    base: app.Base[Settings]
    parts: app.Parts
    clock: SteppedClock
    http: httpx.AsyncClient

    @property
    def pool(self) -> Pool:
        """The pool of the app role."""
        return self.base.pool

    @property
    def checking(self) -> Checking:
        """The worker behind its methods."""
        (worker,) = self.parts.workers
        found = getattr(worker.run_once, "__self__", None)
        assert isinstance(found, Checking)
        return found

    async def post(
        self,
        submission: Mapping[str, Any],
        *,
        secret: str | None = None,
        at: datetime | None = None,
        body: bytes | None = None,
        **more: str,
    ) -> httpx.Response:
        """Send a signed submission; body: other bytes than its own, signed too; more: headers instead."""
        raw = body if body is not None else webhooks.body_of(submission)
        key = secret or SECRETS.get(submission["form_id"], [OF_WEST])[0]
        signed = webhooks.headers(key, webhooks.webhook_id(submission), raw, at=at)
        signed |= {name.replace("_", "-"): value for name, value in more.items()}
        return await self.http.post(PATH, content=raw, headers=signed)

    async def check(self) -> int:
        """Let the worker judge until nothing is left and return how many."""
        (worker,) = self.parts.workers
        judged = 0
        while done := await worker.run_once():
            judged += done
        return judged

    async def taken(self, submission: Mapping[str, Any], **more: Any) -> str:
        """Post, judge, and return the submission's id."""
        answer = await self.post(submission, **more)
        assert answer.status_code == 202, answer.text
        await self.check()
        return answer.json()["submission_id"]

    async def pending(self) -> int:
        """Return how much the worker says is waiting."""
        (worker,) = self.parts.workers
        async with self.pool.acquire() as conn:
            assert await worker.next_due(conn, self.clock.now()) is None
            return await worker.pending(conn, self.clock.now())

    async def rows(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Return the rows of a query of the app role."""
        async with self.pool.acquire() as conn:
            return await conn.fetch(query, *args)

    async def value(self, query: str, *args: Any) -> Any:
        """Return one value of a query of the app role."""
        async with self.pool.acquire() as conn:
            return await conn.fetchval(query, *args)

    async def announced(self, *types: str) -> list[dict[str, Any]]:
        """Return what was announced, in order, with the bodies parsed."""
        rows = await self.rows(
            """
            SELECT * FROM published_events JOIN outbox USING (event_id)
             WHERE cardinality($1::text[]) = 0 OR type = ANY($1) ORDER BY position
            """,
            types,
        )
        return [{**dict(row), "body": json.loads(row["body"])} for row in rows]

    async def ops(self, path: str, **params: Any) -> httpx.Response:
        """Ask as an operator."""
        return await self.http.get(path, params=params or None, headers={"Authorization": f"Bearer {OPS}"})

    async def shown(self, submission_id: str) -> dict[str, Any]:
        """Return what operators see of a submission."""
        answer = await self.ops(f"/ops/submissions/{submission_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def resolve(self, *order_ids: str, token: str = BILLING) -> httpx.Response:
        """Ask for the people of orders as a service."""
        return await self.http.post(
            "/contacts/resolve",
            json={"order_ids": list(order_ids)},
            headers={"Authorization": f"Bearer {token}"},
        )

    def later(self, **distance: float) -> datetime:
        """Move the clock and return the new instant."""
        self.clock.advance(self.clock.now() + timedelta(**distance))
        return self.clock.now()


def settings(dsn: str, **more: Any) -> Settings:
    """Return settings as the environment would give them."""
    given = {
        "database": dsn,
        "kafka": "127.0.0.1:1",
        "http_port": 0,
        "ops_token": OPS,
        "form_secrets": SECRETS,
        "service_tokens": {"billing": BILLING, "notify": "token-of-notify-service"},
    }
    return Settings.model_validate(given | more)


@asynccontextmanager
async def open_house(dsn: str, *, now: datetime = NOW, **more: Any) -> AsyncIterator[House]:
    """Give an intake service on the database."""
    pool = await open_pool(dsn, name="intake-test")
    clock = SteppedClock(now)
    async with http_client() as out:
        base = app.Base("intake", settings(dsn, **more), pool, clock, out)
        parts = await wire(base)
        transport = httpx.ASGITransport(app=make_http(parts.routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
            yield House(base, parts, clock, http)
    await pool.close()


async def stored(house: House) -> tuple[int, int, int]:
    """Return how many submissions, raw bodies and bodies in quarantine there are."""
    row = await house.rows(
        """
        SELECT (SELECT count(*) FROM submissions), (SELECT count(*) FROM raw_bodies),
               (SELECT count(*) FROM quarantine)
        """
    )
    submissions, raw, quarantined = row[0].values()
    return submissions, raw, quarantined


def problem(answer: httpx.Response, status: int, rule: str) -> dict[str, Any]:
    """Return the problem document after a look at its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["type"] == f"urn:kaitsu:problem:{rule}"
    assert found["status"] == status
    return found


def edit(at: str = LATER, **changes: Any) -> dict[str, Any]:
    """Return an edit of the response r-1."""
    return webhooks.document(submitted_at=at, edited=True, **changes)
