"""The sandbox as a process: wires settings, clock, law, player and the HTTP routes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from http import HTTPStatus

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis import logs
from chassis.clock import open_clock
from chassis.http import Problem, make_http, require_token
from ops.sandbox.book import Book
from ops.sandbox.calendar import japanese_calendar
from ops.sandbox.law import read_law
from ops.sandbox.player import Player
from ops.sandbox.settings import SandboxSettings


def routes(player: Player, token: str) -> list[BaseRoute]:
    """Return /live, /ready, GET /ops/quiet and GET /ops/plans."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_request: Request) -> Response:
        if not player.caught_up.is_set():
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", "The facts are still being read")
        return JSONResponse({"status": "ready"})

    async def quiet(request: Request) -> Response:
        require_token(request, token)
        now = player.clock.now()
        behind = await player.lag() if player.caught_up.is_set() else 1
        next_due = player.book.next_due(now)
        return JSONResponse(
            {
                "service": "sandbox",
                "now": now.isoformat(),
                "outbox": 0,
                "due": len(player.book.due(now)) + behind,
                "next_due": next_due and next_due.isoformat(),
                "activity": player.activity,
            }
        )

    async def plans(request: Request) -> Response:
        require_token(request, token)
        return JSONResponse({"law": player.book.law.name, "plans": player.book.show()})

    return [
        Route("/live", live),
        Route("/ready", ready),
        Route("/ops/quiet", quiet),
        Route("/ops/plans", plans),
    ]


class _Server(uvicorn.Server):
    """Leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> contextlib.Iterator[None]:  # type: ignore[override]
        yield


async def serve(settings: SandboxSettings) -> None:
    """Play and answer until SIGTERM or SIGINT, or until the player fails."""
    book = Book(read_law(settings.law), japanese_calendar())
    player = Player(settings.kafka, open_clock(settings.clock), book)
    app = make_http(routes(player, settings.ops_token.get_secret_value()))
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            lifespan="off",
        )
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(player.run()), asyncio.create_task(server.serve())]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def main() -> None:
    """Run the sandbox with settings from the environment."""
    settings = SandboxSettings()  # pyright: ignore[reportCallIssue] - the environment gives the rest
    logs.configure("sandbox", settings.log_level)
    asyncio.run(serve(settings))
