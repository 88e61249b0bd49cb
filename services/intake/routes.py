"""What services and operators may ask: the people of orders, with a service's token; lists without people, for ops."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.clock import Clock, utc_now
from chassis.db import Connection, Pool
from chassis.http import FieldError, Problem, require_token
from chassis.logs import get_logger
from services.intake import store, translate, views
from services.intake.bodies import Unreadable, read_body
from services.intake.domain.outcome import Status

MOST_IDS: Final = 200
_MOST_BYTES: Final = 64 * 1024
_MOST_ROWS: Final = 200
_STATUSES: Final = tuple(status.value for status in Status)
Endpoint = Callable[[Request], Awaitable[Response]]
log = get_logger(__name__)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    order_ids: Annotated[list[UUID], Field(max_length=MOST_IDS)]


@dataclass(frozen=True)
class Routes:
    """service_tokens: token by caller. reopened: called after a submission was given back to the check."""

    pool: Pool
    transaction: Callable[[], AbstractAsyncContextManager[Connection]]
    clock: Clock
    ops_token: SecretStr
    service_tokens: Mapping[str, SecretStr]
    reopened: Callable[[], None]

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/contacts/resolve", self.resolve, methods=["POST"]),
            Route("/ops/submissions", self._guarded(self.submissions), methods=["GET"]),
            Route("/ops/submissions/recheck", self._guarded(self.recheck_all), methods=["POST"]),
            Route("/ops/submissions/{id:uuid}", self._guarded(self.submission), methods=["GET"]),
            Route("/ops/submissions/{id:uuid}/recheck", self._guarded(self.recheck), methods=["POST"]),
            Route("/ops/quarantine", self._guarded(self.quarantine), methods=["GET"]),
            Route("/ops/audit", self._guarded(self.audit), methods=["GET"]),
        ]

    async def resolve(self, request: Request) -> Response:
        """Return the people of at most 200 orders, and which ids are not known; every call leaves a line."""
        caller = self._caller(request)
        asked = await _asked(request)
        async with self.transaction() as conn:
            rows = await views.contacts(conn, asked)
            await views.note_lookup(
                conn, caller=caller, asked=len(asked), found=len(rows), wall=utc_now(), now=self.clock.now()
            )
        log.info("contacts_resolved", caller=caller, asked=len(asked), found=len(rows))
        found = {str(row["order_id"]): translate.contact(row) for row in rows}
        return JSONResponse(
            {"contacts": found, "missing": [str(each) for each in asked if str(each) not in found]},
            headers={"Cache-Control": "no-store"},
        )

    async def submissions(self, request: Request) -> Response:
        """Return a page of submissions. Query: status, limit (1-200), after (the cursor `next` of the page before)."""
        status = request.query_params.get("status")
        if status is not None and status not in _STATUSES:
            raise _bad_query("status", f"one of {', '.join(_STATUSES)} is expected")
        after, limit = _place(request)
        async with self.pool.acquire() as conn:
            rows = await views.page_of_submissions(conn, status=status, after=after, limit=limit + 1)
        return _page("submissions", rows, limit)

    async def submission(self, request: Request) -> Response:
        """Return one submission with its deliveries and the version of the order that it made."""
        submission_id: UUID = request.path_params["id"]
        async with self.pool.acquire() as conn:
            rows = await views.page_of_submissions(conn, status=None, after=0, limit=1, only=submission_id)
            if not rows:
                raise _no_submission()
            made = await views.version_made(conn, submission_id)
            posts = await views.deliveries(conn, submission_id)
        return _answer({**_plain(rows[0]), **dict(made or {}), "posts": [dict(post) for post in posts]})

    async def recheck(self, request: Request) -> Response:
        """Give a submission that is stuck or in triage back to the check.

        :raises Problem: 404 where there is none, 409 where it is neither.
        """
        submission_id: UUID = request.path_params["id"]
        async with self.transaction() as conn:
            rows = await views.page_of_submissions(conn, status=None, after=0, limit=1, only=submission_id)
            if not rows:
                raise _no_submission()
            if not await store.reopen(conn, status=Status(rows[0]["status"]), only=submission_id):
                raise Problem(HTTPStatus.CONFLICT, "not_waiting", "It is neither stuck nor in triage")
        log.info("submission_reopened", submission_id=str(submission_id))
        self.reopened()
        return _answer({"submission_id": submission_id, "status": Status.RECEIVED.value})

    async def recheck_all(self, request: Request) -> Response:
        """Give everything of one status back to the check. Query: status (stuck or triage)."""
        status = request.query_params.get("status")
        if status not in {Status.STUCK.value, Status.TRIAGE.value}:
            raise _bad_query("status", "stuck or triage is expected")
        async with self.transaction() as conn:
            count = await store.reopen(conn, status=Status(status))
        log.info("submissions_reopened", status=status, count=count)
        self.reopened()
        return _answer({"reopened": count})

    async def quarantine(self, request: Request) -> Response:
        """Return a page of what unknown forms sent, without the bodies."""
        after, limit = _place(request)
        async with self.pool.acquire() as conn:
            rows = await views.page_of_quarantine(conn, after=after, limit=limit + 1)
        return _page("quarantine", rows, limit)

    async def audit(self, request: Request) -> Response:
        """Return a page of refused posts, or with kind=contacts of calls for contacts."""
        kind = request.query_params.get("kind", "refusals")
        if kind not in {"refusals", "contacts"}:
            raise _bad_query("kind", "refusals or contacts is expected")
        after, limit = _place(request)
        async with self.pool.acquire() as conn:
            page = views.page_of_refusals if kind == "refusals" else views.page_of_lookups
            rows = await page(conn, after=after, limit=limit + 1)
        return _page("audit", rows, limit)

    def _caller(self, request: Request) -> str:
        tokens = {name: token.get_secret_value() for name, token in self.service_tokens.items()}
        require_token(request, *tokens.values())
        given = request.headers["authorization"].partition(" ")[2].encode()
        return next(name for name, token in tokens.items() if hmac.compare_digest(given, token.encode()))

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            require_token(request, self.ops_token.get_secret_value())
            return await endpoint(request)

        return guarded


async def _asked(request: Request) -> list[UUID]:
    try:
        body = await read_body(request, most=_MOST_BYTES)
        asked = _Asked.model_validate_json(body)
    except Unreadable as error:
        raise Problem(error.status, error.rule, "The body could not be read") from None
    except ValidationError as error:
        found = [
            FieldError("".join(f"/{part}" for part in entry["loc"]), entry["type"], "")
            for entry in error.errors()
        ]
        rule = "too_many" if any(entry.rule == "too_long" for entry in found) else "bad_body"
        status = HTTPStatus.UNPROCESSABLE_ENTITY if rule == "too_many" else HTTPStatus.BAD_REQUEST
        title = 'The body is {"order_ids": [...]} with at most 200 ids'
        raise Problem(status, rule, title, errors=found) from None
    return list(dict.fromkeys(asked.order_ids))


def _place(request: Request) -> tuple[int, int]:
    return _number(request, "after", 0, 0, 2**63 - 1), _number(request, "limit", 50, 1, _MOST_ROWS)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most):
        raise _bad_query(name, f"a whole number from {least} to {most} is expected")
    return int(text)


def _page(name: str, rows: Sequence[Mapping[str, Any]], limit: int) -> Response:
    page = rows[:limit]
    following = page[-1]["position"] if len(rows) > limit else None
    return _answer({name: [_plain(row) for row in page], "next": following})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "position"}


def _answer(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body, default=_text), media_type="application/json")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def _no_submission() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "unknown_submission", "There is no such submission")


def _bad_query(name: str, expected: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "bad_query", f"The query parameter {name} is wrong", expected)
