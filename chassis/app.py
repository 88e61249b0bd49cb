"""The shell of a service: `main` serves or migrates; starts the parts in order and stops them in order."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from inspect import getfile
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn
from pydantic import ValidationError
from starlette.routing import BaseRoute

from chassis import clock, db, errors, facts, http, inbox, logs, migrate, tracing
from chassis.base import Base, S
from chassis.clock import BadClockRecord, Clock
from chassis.consume import Consumer
from chassis.consumers import Consumers
from chassis.ops import Ops
from chassis.relay import Relay
from chassis.settings import ServiceSettings
from chassis.ticks import AnyTick, Loops, Worker

__all__ = ["Base", "Parts", "Running", "Wire", "main", "running"]
EX_CONFIG: Final = 78
log = logs.get_logger(__name__)


@dataclass(frozen=True)
class Parts:
    """What a service consists of."""

    routes: Sequence[BaseRoute]
    consumers: Sequence[Consumer] = ()
    ticks: Sequence[AnyTick] = ()
    workers: Sequence[Worker] = ()


Wire = Callable[[Base[S]], Awaitable[Parts]]


@dataclass(frozen=True)
class Running:
    """A service that serves; failed is done when one of its parts ended by itself."""

    base: Base[Any]
    address: str
    failed: asyncio.Future[Any]


class _Server(uvicorn.Server):
    """Leaves signals to us, so that SIGTERM ends with exit code 0."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Do nothing."""
        yield

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"


def main(name: str, settings: type[S], wire: Wire[S]) -> None:
    """Serve, or with the argument `migrate` bring the database up to date; ends the process.

    Exit codes: 0 after SIGTERM or SIGINT, 78 when settings, migrations or clock do not fit, 1 when a part broke.
    """
    try:
        given = settings()  # pyright: ignore[reportCallIssue] - from the environment
    except ValidationError as error:
        found = [f"{'.'.join(map(str, entry['loc']))}: {entry['type']}" for entry in error.errors()]
        sys.exit(_refuse(f"settings do not fit: {'; '.join(found)}"))
    logs.configure(name, given.log_level)
    folder = Path(getfile(wire)).parent / "migrations"
    work = _migrate(name, given, folder) if sys.argv[1:] == ["migrate"] else _serve(name, given, wire, folder)
    try:
        asyncio.run(work)
    except (migrate.BadMigrations, BadClockRecord, facts.WrongClock, facts.HalfFilled) as error:
        sys.exit(_refuse(str(error)))
    except Exception as error:
        log.critical("service_broke", **errors.describe(error))
        sys.exit(1)


@asynccontextmanager
async def running(
    name: str, settings: S, wire: Wire[S], *, folder: Path | None = None, business: Clock | None = None
) -> AsyncGenerator[Running, None]:
    """Run a service while the block runs, then stop it: no new requests, consumers, ticks and workers, relay, pool.

    :raises BadMigrations: the database is behind.  :raises WrongClock: its data were made under another clock.
    :raises HalfFilled: its topics are being rebuilt, or that stopped half-way.
    """
    async with AsyncExitStack() as stack:
        time = business or clock.open_clock(settings.clock)
        pool = await db.open_pool(settings.database.get_secret_value(), name=f"kaitsu-{name}")
        stack.push_async_callback(_close_pool, pool)
        async with pool.acquire() as conn:
            missing = await migrate.pending(conn, service=name, folder=folder)
            if missing:
                raise migrate.BadMigrations(f"{len(missing)} migrations are missing: run `migrate` first")
            await facts.agree_on_clock(conn, time)
            await facts.refuse_half_filled(conn)
        # A proxy of the environment is for downloads: it must not see tokens and people between our own services.
        http = httpx.AsyncClient(timeout=10.0, follow_redirects=False, trust_env=False)
        client = await stack.enter_async_context(http)
        base = Base(name, settings, pool, time, client)
        relay = Relay(base)
        parts = await wire(base)
        consumers = Consumers(base, parts.consumers)
        loops = Loops(base, parts.ticks, [*parts.workers, inbox.pruner(base)])
        ops = Ops(base, parts.consumers, consumers, relay, loops)
        server = _server([*parts.routes, *ops.routes()], settings.http_host, settings.http_port)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            if serving.done():
                raise OSError("the HTTP server did not start: is its port taken?")
            await asyncio.sleep(0.005)
        joining = asyncio.create_task(consumers.run())
        relaying, looping = asyncio.create_task(relay.run()), asyncio.create_task(loops.run())
        failed = asyncio.ensure_future(
            asyncio.wait((relaying, looping, serving), return_when="FIRST_COMPLETED")
        )
        log.info("service_started", url=server.address, clock=time.mode)
        try:
            yield Running(base, server.address, failed)
        finally:
            failed.cancel()
            until = clock.monotonic() + settings.grace_s
            server.should_exit = True
            await _end(serving, until)
            joining.cancel()
            await _end(asyncio.create_task(consumers.stop()), until)
            loops.stop()
            await _end(looping, until)
            relay.stopping = True
            relay.ring()
            await _end(relaying, until)
            await relay.close()
            log.info("service_stopped")


def _server(routes: Sequence[BaseRoute], host: str, port: int) -> _Server:
    return _Server(
        uvicorn.Config(
            http.make_http(routes),
            host=host,
            port=port,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )


async def _serve(name: str, settings: S, wire: Wire[S], folder: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tracing.configure(name, settings.otlp)
    async with running(name, settings, wire, folder=folder) as service:
        told = asyncio.create_task(stop.wait())
        await asyncio.wait((told, service.failed), return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            done, _ = await service.failed
            done.pop().result()
            raise RuntimeError("a part of the service ended by itself")


async def _migrate(name: str, settings: ServiceSettings, folder: Path) -> None:
    dsn = settings.migrate_database or settings.database
    await migrate.migrate(dsn.get_secret_value(), service=name, app_role=settings.app_role, folder=folder)


async def _end(task: asyncio.Task[Any], until: float) -> None:
    """Wait for the task until the grace is over, then cancel it; its error is logged, never raised."""
    try:
        async with asyncio.timeout(max(0.1, until - clock.monotonic())):
            await task
    except TimeoutError:
        log.warning("stop_forced", part=task.get_coro().__qualname__)  # pyright: ignore
    except Exception as error:
        log.error("part_broke", **errors.describe(error))  # noqa: TRY400


async def _close_pool(pool: db.Pool) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            await pool.close()
            return
    pool.terminate()


def _refuse(reason: str) -> int:
    sys.stderr.write(f"refused to start: {reason}\n")
    return EX_CONFIG
