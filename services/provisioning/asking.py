"""What the /ops routes share: the order that is meant, instants in a query, answers as JSON, wrong parameters named."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from enum import Enum
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.http import Problem
from kernel.ids import BadOrderNo, check_order_no
from kernel.times import TOKYO, at_local, require_aware

Endpoint = Callable[[Request], Awaitable[Response]]
Guard = Callable[[Endpoint], Endpoint]
_LAST_MOMENT: Final = timedelta(microseconds=1)
_EXPECTED: Final = (
    "a day (2026-04-07: its last moment in Tokyo), a time in Tokyo (2026-04-07T12:00) or one with a zone"
)


def answer(body: dict[str, Any]) -> Response:
    """Return the body as JSON; instants in UTC with Z, days as dates."""
    return JSONResponse(json.loads(json.dumps(body, default=_plain)))


def order_ref(text: str) -> tuple[UUID | None, str | None]:
    """Return id or number of the order that is meant, the other None.

    :raises Problem: it is neither.
    """
    try:
        return None, check_order_no(text)
    except BadOrderNo:
        pass
    try:
        return UUID(text), None
    except ValueError:
        raise Problem(
            HTTPStatus.NOT_FOUND, "bad_order_ref", "This is neither an order id nor an order number"
        ) from None


def bad(name: str, expected: str) -> Problem:
    """Return the problem that names a query parameter and what is expected of it."""
    return Problem(HTTPStatus.BAD_REQUEST, f"bad_{name}", f"The query parameter {name} is wrong", expected)


def instant(request: Request, name: str) -> datetime:
    """Return the instant that the query must name, UTC.

    :raises Problem: it is missing, or none.
    """
    found = optional_instant(request, name)
    if found is None:
        raise bad(name, f"{_EXPECTED} is expected")
    return found


def optional_instant(request: Request, name: str) -> datetime | None:
    """Return the instant that the query names, UTC, or None.

    :raises Problem: it is none.
    """
    text = request.query_params.get(name) or None
    if text is None:
        return None
    try:
        return read_instant(text)
    except (ValueError, OverflowError):
        raise bad(name, f"{_EXPECTED} is expected") from None


def read_instant(text: str) -> datetime:
    """Return the instant, UTC: a day alone means its last moment in Tokyo, a time without a zone is one in Tokyo.

    :raises ValueError: it is none.  :raises OverflowError: it lies at the end of the calendar.
    """
    if len(text) == len("2026-04-07"):
        return at_local(date.fromisoformat(text) + timedelta(days=1), time()) - _LAST_MOMENT
    given = datetime.fromisoformat(text)
    return require_aware(given if given.tzinfo else given.replace(tzinfo=TOKYO))


def read_beginning(text: str) -> datetime:
    """Return the instant, UTC, as `read_instant`, but a day alone means its first moment in Tokyo.

    :raises ValueError: it is none.  :raises OverflowError: it lies at the end of the calendar.
    """
    return (
        at_local(date.fromisoformat(text), time()) if len(text) == len("2026-04-07") else read_instant(text)
    )


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no place in an answer")
