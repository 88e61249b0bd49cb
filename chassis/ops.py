"""The routes that every service has: health, figures, quiet, dead letters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import dead_letters, errors, metrics, outbox, records
from chassis.base import ACQUIRE_S, Base
from chassis.consume import Consumer
from chassis.consumers import Consumers
from chassis.http import Problem, require_token
from chassis.records import RELAY
from chassis.relay import Relay
from chassis.ticks import Loops

_STALLED_S = 120.0


@dataclass(frozen=True)
class Ops:
    """Answers for a running service."""

    base: Base[Any]
    declared: Sequence[Consumer]
    consumers: Consumers
    relay: Relay
    loops: Loops

    def routes(self) -> list[Route]:
        """Return the routes; all of /ops needs the ops token."""
        return [
            Route("/live", self._live),
            Route("/ready", self._ready),
            Route("/metrics", metrics.page),
            Route("/ops/quiet", self._guarded(self._quiet)),
            Route("/ops/dlq", self._guarded(self._letters)),
            Route("/ops/dlq/{id:int}", self._guarded(self._letter)),
            Route("/ops/dlq/{id:int}/replay", self._guarded(self._replay), methods=["POST"]),
            Route("/ops/dlq/{id:int}/discard", self._guarded(self._discard), methods=["POST"]),
        ]

    def _guarded(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[..., Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            require_token(request, self.base.settings.ops_token.get_secret_value())
            return await answer(request)

        return guarded

    async def _live(self, _request: Request) -> Response:
        """Progress: no handler and no relay round hangs while the world is there."""
        wrong = self.consumers.stuck()
        if self.relay.stalled_s() > _STALLED_S and await self.relay.broker_answers():
            wrong.append(RELAY)
        return _health(wrong)

    async def _ready(self, _request: Request) -> Response:
        """All groups joined once, database and broker answer, nothing stopped, stuck or failing."""
        database, broker = await asyncio.gather(self._database_answers(), self.relay.broker_answers())
        wrong = [*self.consumers.unready(), *self.loops.failing()]
        wrong += [] if database else ["database"]
        wrong += [] if broker else ["broker"]
        return _health(wrong)

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(ACQUIRE_S), self.base.pool.acquire() as conn:
                return await conn.fetchval("SELECT 1") == 1
        except Exception:
            return False

    async def _quiet(self, _request: Request) -> Response:
        now = self.base.clock.now()
        async with self.base.pool.acquire(timeout=ACQUIRE_S) as conn:
            waiting, held = await outbox.waiting(conn)
            due, next_due = await self.loops.due(conn, now)
        return JSONResponse(
            {
                "service": self.base.name,
                "now": now.isoformat(),
                "outbox": waiting,
                "held": held,
                "due": due,
                "next_due": next_due and next_due.isoformat(),
                "activity": self.base.activity.count,
            }
        )

    async def _letters(self, request: Request) -> Response:
        query = request.query_params
        try:
            limit, after = max(1, min(int(query.get("limit", "100")), 500)), int(query.get("after", "0"))
        except ValueError:
            raise Problem(400, "bad_query", "limit and after are whole numbers") from None
        async with self.base.pool.acquire(timeout=ACQUIRE_S) as conn:
            rows = await dead_letters.page(conn, status=query.get("status"), limit=limit, after=after)
        full = len(rows) == limit
        return JSONResponse(
            {"letters": [dead_letters.listed(row) for row in rows], "next": rows[-1]["id"] if full else None}
        )

    async def _letter(self, request: Request) -> Response:
        async with self.base.pool.acquire(timeout=ACQUIRE_S) as conn:
            row = await dead_letters.one(conn, request.path_params["id"])
        if row is None:
            raise Problem(404, "not_found", "There is no such dead letter")
        return JSONResponse(dead_letters.listed(row))

    async def _replay(self, request: Request) -> Response:
        """Run the letter, with all that waits behind or before it, through the handler, in one transaction."""
        who, note = await _who(request)
        await self._letter(request)
        try:
            async with self.base.transaction() as conn:
                rows = await dead_letters.lock(conn, request.path_params["id"])
                if rows and rows[0]["consumer"] != RELAY:  # the relay itself sends what is no longer held
                    await self._run_again(conn, rows)
                ids = [row["id"] for row in rows]
                now = self.base.clock.now()
                await dead_letters.close(conn, ids, status="replayed", who=who, note=note, now=now)
        except Problem:
            raise
        except Exception as error:
            if errors.kind_of(error) is errors.Kind.WORLD:
                raise
            found = errors.describe(error)
            detail = f"{found['error']} {found.get('sqlstate', '')} {found.get('constraint') or ''}".strip()
            raise Problem(
                409, "replay_failed", "The handler refused it again; nothing changed", detail
            ) from error
        return JSONResponse({"replayed": ids})

    async def _run_again(self, conn: Any, rows: Sequence[Any]) -> None:
        group = rows[0]["consumer"]
        consumer = next((one for one in self.declared if f"{self.base.name}.{one.topic}" == group), None)
        if consumer is None:
            raise Problem(409, "no_handler", "This service no longer consumes the topic")
        items = [records.read(records.unpack(row), consumer.types, claims=consumer.claims) for row in rows]
        faults = [item.fault for item in items if item.fault]
        if faults:
            raise Problem(409, "still_unreadable", "The record still cannot be read", faults[0].detail)
        now, batch = self.base.clock.now(), [item.received() for item in items if item.event]
        if batch:  # the inbox has known them since they were buried
            await consumer.handle(batch, conn=conn, now=now)

    async def _discard(self, request: Request) -> Response:
        """Close one letter unhandled; what waits behind it keeps waiting for a replay."""
        who, note = await _who(request)
        if not note:
            raise Problem(422, "note_needed", "A discard needs a note that says why")
        await self._letter(request)
        letter_id = request.path_params["id"]
        async with self.base.transaction() as conn:
            rows = await dead_letters.lock(conn, letter_id)
            asked = [row for row in rows if row["id"] == letter_id]
            ids = [row["id"] for row in asked]
            for row in asked:
                if row["consumer"] == RELAY:
                    await conn.execute("DELETE FROM outbox WHERE position = $1", row["record_offset"])
            now = self.base.clock.now()
            await dead_letters.close(conn, ids, status="discarded", who=who, note=note, now=now)
        return JSONResponse(
            {"discarded": ids, "waiting": [row["id"] for row in rows if row["id"] != letter_id]}
        )


async def _who(request: Request) -> tuple[str, str | None]:
    """Return who acts and why, from an optional JSON body `{"by": ..., "note": ...}`."""
    body = await request.body()
    try:
        given: Any = json.loads(body.replace(b"\\u0000", b"")) if body else {}
        return str(given.get("by") or "ops")[:100], str(given["note"])[:500] if given.get("note") else None
    except (ValueError, AttributeError):
        raise Problem(400, "bad_body", 'The body is {"by": ..., "note": ...} or nothing') from None


def _health(wrong: Sequence[str]) -> Response:
    return JSONResponse({"ok": not wrong, "wrong": list(wrong)}, 503 if wrong else 200)
