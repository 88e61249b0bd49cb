"""What operators may ask: which notices there are, without a name or an address in the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.db import Pool
from chassis.http import Problem, require_token
from services.notify import store
from services.notify.domain.retry import Status
from services.notify.gateways.mail import message_id

MAX_LIMIT: Final = 500
_STATUSES: Final = frozenset(status.value for status in Status)


def routes(pool: Pool, *, ops_token: SecretStr, mail_domain: str) -> Sequence[BaseRoute]:
    """Return the routes. mail_domain: what ends the Message-IDs."""

    async def list_notices(request: Request) -> Response:
        """Notices in the order in which they were made; `next` is the cursor of the following page."""
        require_token(request, ops_token.get_secret_value())
        query = request.query_params
        status = query.get("status")
        if status is not None and status not in _STATUSES:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "bad_query",
                "Unknown status",
                f"one of {', '.join(sorted(_STATUSES))}",
            )
        limit = _number(query.get("limit"), name="limit", default=100, least=1, most=MAX_LIMIT)
        after = _number(query.get("after"), name="after", default=0, least=0, most=2**63 - 1)
        async with pool.acquire() as conn:
            rows = await store.list_notices(conn, status=status, after=after, limit=limit)
        return JSONResponse(
            {
                "notices": [
                    _plain(row) | {"message_id": message_id(row["notice_id"], mail_domain)} for row in rows
                ],
                "next": rows[-1]["position"] if len(rows) == limit else None,
            }
        )

    async def summary(request: Request) -> Response:
        """Counts by kind, recipient and status."""
        require_token(request, ops_token.get_secret_value())
        async with pool.acquire() as conn:
            rows = await store.count_notices(conn)
        return JSONResponse(
            {"counts": [_plain(row) for row in rows], "total": sum(row["notices"] for row in rows)}
        )

    return (Route("/ops/notices", list_notices), Route("/ops/notices/summary", summary))


def _number(text: str | None, *, name: str, default: int, least: int, most: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most):
        raise Problem(
            HTTPStatus.BAD_REQUEST, "bad_query", f"{name} must be a whole number", f"{least} to {most}"
        )
    return int(text)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json(value) for name, value in row.items()}


def _json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value
