"""The whole system for a test: engines, four services, mail server and sandbox as processes, on a stepped clock."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from chassis.clock import create_record
from ops.demo.world import World, opened
from ops.runtime.databases import SERVICES, drop
from ops.runtime.system import KAFKA, POSTGRES, System
from ops.runtime.topics import empty_topics, ensure_topics
from ops.sandbox.law import DEFAULT_LAW
from tests.support.engines import CACHE, Engines


@asynccontextmanager
async def running(start: datetime, *, law: Path | None = None) -> AsyncGenerator[World]:
    """Give a fresh running system at an instant of business time; it is stopped and thrown away afterwards."""
    state = Path(tempfile.mkdtemp(prefix="kaitsu-system-"))
    state.chmod(0o711)  # PostgreSQL runs as another OS user when the tests run as root
    record = state / "clock.json"
    create_record(record, start)
    system = System(state, cache=CACHE, law=law)
    try:
        await asyncio.to_thread(system.start, clock=str(record))
        async with opened(system, record) as world:
            yield world
    finally:
        await asyncio.to_thread(system.stop)
        shutil.rmtree(state, ignore_errors=True)


@asynccontextmanager
async def engines_of_the_session(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[None]:
    """Let a system take its engines from containers or from given addresses, where the session has them there.

    Embedded engines belong to each system: nothing is done. On other engines the databases are dropped afterwards.
    """
    if engines.runtime == "embedded":
        yield
        return
    servers = ",".join(engines.kafka_servers)
    await _refuse_foreign_data(engines.admin_dsn)
    ensure_topics(servers)
    empty_topics(servers)
    monkeypatch.setenv(KAFKA, servers)
    monkeypatch.setenv(POSTGRES, engines.admin_dsn)
    try:
        yield
    finally:
        for service in SERVICES:
            await drop(engines.admin_dsn, f"kaitsu_{service}")


async def _refuse_foreign_data(admin_dsn: str) -> None:
    admin = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        found = await admin.fetchval(
            "SELECT count(*) FROM pg_database WHERE starts_with(datname::text, 'kaitsu_')"
        )
    finally:
        await admin.close()
    if found:
        raise AssertionError("the PostgreSQL that was given holds databases of a Kaitsu: give an empty one")


def law_of(folder: Path, *changes: tuple[str, str]) -> Path:
    """Return a copy of the sandbox's law with some lines replaced."""
    text = DEFAULT_LAW.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "law.toml"
    path.write_text(text, encoding="utf-8")
    return path


ONLY_PATTERN_1 = (
    ("played = [1, 2, 3, 4, 5, 6]", "played = [1]"),
    ("unanswered_call = 10 ", "unanswered_call = 0 "),
    ("called_off = 2 ", "called_off = 0 "),
    ("wish_changed = 2 ", "wish_changed = 0 "),
    ("outside_7 = 4", "outside_7 = 0"),
    ("provisional = 15", "provisional = 0"),
    ("late_consult = 2 ", "late_consult = 0 "),
    ("cancelled = 3 ", "cancelled = 0 "),
)
