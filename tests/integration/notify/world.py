"""The world around notify in tests: a real mail server with moods, a tiny contacts service, the wired parts."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.app import Base, Parts
from chassis.consume import Received
from chassis.db import Pool
from chassis.testing import SteppedClock
from services.notify.main import wire
from services.notify.settings import Settings
from tests.support.http import http_client

TOKEN: Final = "contacts-token-of-the-tests"  # pragma: allowlist secret
Serve = Callable[[int], Awaitable[asyncio.Server]]


async def listen(serve: Serve) -> tuple[asyncio.Server, int]:
    """Return a server on the first free loopback port from 21000 on, and the port."""
    for port in range(21_000, 21_400):
        try:
            return await serve(port), port
        except OSError:
            continue
    raise RuntimeError("no free port")


@dataclass
class Moods:
    """What the mail server does; each list is used up from the front, then it takes everything.

    rcpt, data: replies to say instead of 250; cuts: so many mails are taken without an answer, the line is cut.
    """

    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    cuts: int = 0
    slow_s: float = 0
    on_mail: Callable[[EmailMessage], Awaitable[None]] | None = None


class Catcher:
    """A real SMTP server that keeps what it takes; `copies` also has what was taken but never confirmed."""

    def __init__(self) -> None:
        self.mood = Moods()
        self.copies: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.rcpts = 0
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tls: ssl.SSLContext | None = None

    @property
    def ids(self) -> list[str]:
        """Message-IDs of everything taken, in order."""
        return [str(mail["Message-ID"]) for mail in self.copies]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.rcpts += 1
        if self.mood.slow_s:
            await asyncio.sleep(self.mood.slow_s)
        if self.mood.rcpt and not (reply := self.mood.rcpt.pop(0)).startswith("250"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.mood.data:
            return self.mood.data.pop(0)
        raw = envelope.content
        assert isinstance(raw, bytes)
        mail = message_from_bytes(raw, policy=default)
        self.copies.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        if self.mood.on_mail:
            await self.mood.on_mail(mail)
        if self.mood.cuts:
            self.mood.cuts -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"

    async def start(self, *, tls: ssl.SSLContext | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._tls = tls or self._tls

        def protocol() -> SMTP:
            self.connections += 1
            return SMTP(self, hostname="catcher", loop=loop, tls_context=self._tls, require_starttls=False)

        if self.port:
            self._server = await loop.create_server(protocol, "127.0.0.1", self.port)
        else:
            self._server, self.port = await listen(
                lambda port: loop.create_server(protocol, "127.0.0.1", port)
            )

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


class People:
    """A contacts service over real HTTP; `down` makes it answer 503."""

    def __init__(self) -> None:
        self.known: dict[UUID, dict[str, Any]] = {}
        self.down = False
        self.calls: list[list[str]] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    def know(self, order_id: UUID, *, order_no: str | None, number: int = 1, **customer: str) -> None:
        self.known[order_id] = {
            "customer": {
                "name": "株式会社みなと商事",
                "kana": "ミナト",
                "contact_person": "佐藤 花子",
                "email": f"customer{number}@minato.example",
                "phone": "090-0000-0000",
                "postal_code": "100-0001",
                "address": "東京都",
            }
            | customer,
            "sales": {"name": "鈴木 一郎", "email": f"sales{number}@agent.example", "office": "TK0001"},
            "order_no": order_no,
        }

    async def start(self) -> None:
        self._server, self.port = await listen(
            lambda port: asyncio.start_server(self._answer, "127.0.0.1", port)
        )

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().partition("content-length:")[2].split("\r\n")[0])
            wanted: list[str] = json.loads(await reader.readexactly(length))["order_ids"]
            self.calls.append(wanted)
            status, body = (
                "200 OK",
                {"contacts": {str(o): c for o, c in self.known.items() if str(o) in wanted}},
            )
            if self.down:
                status, body = "503 Service Unavailable", {}
            if f"authorization: bearer {TOKEN}" not in head.lower() or not head.startswith(
                "POST /contacts/resolve "
            ):
                status, body = "401 Unauthorized", {}
            raw = json.dumps(body).encode()
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + raw
            )
            await writer.drain()
        finally:
            writer.close()


@dataclass
class World:
    """Notify, wired as in its process, with its neighbors."""

    base: Base[Settings]
    parts: Parts
    clock: SteppedClock
    mail: Catcher
    people: People
    pool: Pool

    async def deliver(self, *batch: Received) -> None:
        """Hand a batch to the consumer of its topic, as the chassis does: in one transaction."""
        (consumer,) = [entry for entry in self.parts.consumers if entry.topic == batch[0].topic]
        assert all(isinstance(record.event, consumer.types) for record in batch)
        async with self.base.transaction() as conn:
            await consumer.handle(batch, conn=conn, now=self.clock.now())

    async def send(self) -> int:
        """Run the worker until it has nothing to do and return how many tries that were."""
        total = 0
        while done := await self.parts.workers[0].run_once():
            total += done
        return total

    async def pending(self) -> int:
        async with self.pool.acquire() as conn:
            return await self.parts.workers[0].pending(conn, self.clock.now())

    async def next_due(self) -> datetime | None:
        async with self.pool.acquire() as conn:
            return await self.parts.workers[0].next_due(conn, self.clock.now())

    async def go_on(self) -> datetime:
        """Move the clock to the next due instant, as the driver does when all is quiet, and send."""
        assert await self.pending() == 0
        due = await self.next_due()
        assert due is not None
        self.clock.advance(due)
        await self.send()
        return due

    async def rows(self, sql: str, *args: object) -> list[dict[str, Any]]:
        async with self.pool.acquire() as conn:
            return [dict(row) for row in await conn.fetch(sql, *args)]

    async def notices(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM notices ORDER BY position")

    async def facts(self) -> list[dict[str, Any]]:
        """What was announced, in order of the outbox."""
        found = await self.rows(
            "SELECT p.* FROM outbox o JOIN published_events p USING (recorded_at, event_id) ORDER BY o.position"
        )
        return [row | {"body": json.loads(row["body"])} for row in found]


@asynccontextmanager
async def open_world(pool: Pool, start: datetime, **more: object) -> AsyncGenerator[World]:
    """Yield notify on this database, its clock stepped from `start`; more: settings."""
    mail, people, clock = Catcher(), People(), SteppedClock(start)
    await mail.start()
    await people.start()
    settings = Settings.model_validate(
        {
            "database": "postgresql://unused",
            "kafka": "127.0.0.1:1",
            "http_port": 0,
            "ops_token": "ops-token-of-the-tests",
            "smtp_host": "127.0.0.1",
            "smtp_port": mail.port,
            "smtp_starttls": False,
            "sender": "desk@kaitsu.example",
            "contacts_url": f"http://127.0.0.1:{people.port}",
            "contacts_token": TOKEN,
        }
        | more
    )
    async with http_client() as http:
        base = Base(name="notify", settings=settings, pool=pool, clock=clock, http=http)
        try:
            yield World(base, await wire(base), clock, mail, people, pool)
        finally:
            await mail.stop()
            await people.stop()
