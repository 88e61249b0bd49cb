"""Problem documents and tokens."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import metrics
from chassis.http import FieldError, Problem, make_http, require_token


async def _refused(_request: Request) -> Response:
    raise Problem(
        422, "defects", "Some fields are wrong", "two of them", [FieldError("/plan", "enum", "no plan")]
    )


async def _guarded(request: Request) -> Response:
    require_token(request, "old-token", "new-token", "")
    return Response("in")


async def _get(path: str, **headers: str) -> httpx.Response:
    app: Any = make_http([Route("/refused", _refused), Route("/guarded", _guarded)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy") as client:
        return await client.get(path, headers=headers)


async def test_a_refusal_names_rule_and_fields() -> None:
    answer = await _get("/refused")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:kaitsu:problem:defects",
        "title": "Some fields are wrong",
        "status": 422,
        "detail": "two of them",
        "errors": [{"pointer": "/plan", "rule": "enum", "detail": "no plan"}],
    }


@pytest.mark.parametrize("token", ["old-token", "new-token"])
async def test_each_of_the_tokens_opens(token: str) -> None:
    assert (await _get("/guarded", authorization=f"Bearer {token}")).text == "in"


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic old-token", "old-token", "Bearer é"]
)
async def test_anything_else_does_not(given: str) -> None:
    answer = await _get("/guarded", **({"authorization": given} if given.isascii() and given else {}))

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_method_that_somebody_made_up_makes_no_metric_of_its_own() -> None:
    app: Any = make_http([Route("/guarded", _guarded)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy") as client:
        await client.request("EVIL7", "/guarded")

    assert b"EVIL7" not in generate_latest(metrics.REGISTRY)
    assert b'method="other"' in generate_latest(metrics.REGISTRY)
