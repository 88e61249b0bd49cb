"""Notify as a process, killed with SIGKILL between mails: after its restart every mail has left, hardly one twice."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest

from chassis.clock import create_record
from chassis.db import open_pool
from chassis.testing import until
from tests.integration.notify.conftest import START, ServiceDb
from tests.integration.notify.samples import consult, know_all, told
from tests.integration.notify.world import TOKEN, World, open_world

ROOT = Path(__file__).parents[3]
ORDERS = 40


@asynccontextmanager
async def process(
    dsn: str, world: World, record: Path, log: Path
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run `python -m services.notify` without a broker: what it has to send is in its database already."""
    settings = {
        "DATABASE": dsn,
        "KAFKA": "127.0.0.1:1",
        "HTTP_PORT": "0",
        "CLOCK": str(record),
        "OPS_TOKEN": "ops-token-of-the-tests",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(world.mail.port),
        "SMTP_STARTTLS": "false",
        "SENDER": "desk@kaitsu.example",
        "CONTACTS_URL": f"http://127.0.0.1:{world.people.port}",
        "CONTACTS_TOKEN": TOKEN,
    }
    env = os.environ | {f"KAITSU_NOTIFY_{name}": value for name, value in settings.items()}
    with log.open("ab") as stderr:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.notify", cwd=ROOT, env=env, stderr=stderr
        )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.wait()


@pytest.mark.parametrize("kill_at", [1, 37, 80])
async def test_killed_between_two_mails_it_sends_the_rest_and_repeats_at_most_the_batch(
    service_db: ServiceDb, tmp_path: Path, kill_at: int
) -> None:
    dsns = await service_db("notify")
    create_record(tmp_path / "clock.json", START)
    log = tmp_path / "notify.log"
    pool = await open_pool(dsns.app, name="notify-test")
    async with open_world(pool, START) as world:
        know_all(world, ORDERS)
        await world.deliver(*(told(world, consult(number)) for number in range(1, ORDERS + 1)))
        killed = asyncio.Event()
        async with process(dsns.app, world, tmp_path / "clock.json", log) as first:

            async def kill(_mail: EmailMessage) -> None:
                if len(world.mail.copies) == kill_at and not killed.is_set():
                    first.kill()
                    killed.set()

            world.mail.mood.on_mail = kill
            async with asyncio.timeout(20):
                await killed.wait()
                await first.wait()
        assert len(world.mail.copies) == kill_at

        async with process(dsns.app, world, tmp_path / "clock.json", log):
            await until(lambda: _all_sent(world), 20)

        copies = Counter(world.mail.ids)
        assert len(copies) == 2 * ORDERS
        assert sum(copies.values()) == 2 * ORDERS + kill_at
        assert max(copies.values()) <= 2
        assert len(await world.facts()) == 2 * ORDERS
        for words in ("minato.example", "agent.example", "みなと", "佐藤"):
            assert words not in log.read_text(encoding="utf-8")
    await pool.close()


async def _all_sent(world: World) -> bool:
    return {notice["status"] for notice in await world.notices()} == {"sent"}
