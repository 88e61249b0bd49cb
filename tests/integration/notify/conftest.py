"""Fixtures of notify's engine tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import date, time

import pytest

from chassis.db import Pool, open_pool
from kernel.times import at_local
from ops.runtime.databases import ServiceDsns
from tests.integration.notify.world import World, open_world

ServiceDb = Callable[[str], Awaitable[ServiceDsns]]
START = at_local(date(2026, 4, 1), time(10))


@pytest.fixture
async def pool(service_db: ServiceDb) -> AsyncGenerator[Pool]:
    dsns = await service_db("notify")
    pool = await open_pool(dsns.app, name="notify-test")
    yield pool
    await pool.close()


@pytest.fixture
async def world(pool: Pool) -> AsyncGenerator[World]:
    async with open_world(pool, START) as found:
        yield found
