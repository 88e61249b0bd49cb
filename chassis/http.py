"""HTTP for all services: problem documents for every error, bearer tokens, and no word of an error's cause."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import errors, logs, metrics

log = logs.get_logger(__name__)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with a request; pointer: a JSON pointer into the body."""

    pointer: str
    rule: str
    detail: str


class Problem(Exception):
    """A request that is refused; becomes application/problem+json of type `urn:kaitsu:problem:<rule>`."""

    def __init__(
        self, status: int, rule: str, title: str, detail: str = "", errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(f"{status} {rule}")
        self.status, self.rule, self.title, self.detail, self.errors = (
            status,
            rule,
            title,
            detail,
            tuple(errors),
        )

    def response(self) -> Response:
        """Return the problem document."""
        body: dict[str, Any] = {
            "type": f"urn:kaitsu:problem:{self.rule}",
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        headers = {"Retry-After": "1"} if self.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(body, self.status, headers, media_type="application/problem+json")


def require_token(request: Request, *tokens: str) -> None:
    """Return when the request bears one of the tokens; every token is compared in constant time.

    :raises Problem: 401, without a word about what was wrong.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    fitting = [hmac.compare_digest(given.encode(), token.encode()) for token in tokens if token]
    if scheme.lower() != "bearer" or not any(fitting):
        raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", "A valid bearer token is needed")


def make_http(routes: Sequence[BaseRoute]) -> Starlette:
    """Return the ASGI application; every error that leaves it is a problem document."""
    return Starlette(
        routes=list(routes),
        middleware=[Middleware(_Guard)],
        exception_handlers={Problem: _problem, HTTPException: _http_exception},
    )


def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


def _http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    response = Problem(error.status_code, phrase.lower().replace(" ", "_"), phrase).response()
    response.headers.update(error.headers or {})
    return response


class _Guard:
    """Counts answers, and answers 500 where no route caught an error, 503 when database or broker are away."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        logs.start_work()
        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the last line of defense: a client never sees why
            log.exception("request_failed", method=_method(scope))
            if status:  # the answer has begun: cut the connection
                raise ConnectionError("the answer was cut") from None
            await _generic(error).response()(scope, receive, watched)
        finally:
            metrics.REQUESTS.labels(_method(scope), str(status)).inc()


def _method(scope: Scope) -> str:
    """Return the method for metrics and logs; one that we do not know could be any text of a stranger."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def _generic(error: Exception) -> Problem:
    if errors.kind_of(error) is errors.Kind.WORLD:
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Try again shortly")
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "The request could not be handled")
