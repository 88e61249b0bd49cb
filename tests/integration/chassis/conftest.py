"""Fixtures of the chassis's engine tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest

from chassis import db, migrate
from tests.integration.chassis.toy import FOLDER, Ground


@pytest.fixture
async def ground(service_db: Any, topics: list[str]) -> Ground:
    """Give a migrated database of the made-up service, and Kafka with the catalogue's topics."""
    dsns = await service_db("toy")
    await migrate.migrate(dsns.owner, service="toy", app_role=migrate.role_of(dsns.app), folder=FOLDER)
    return Ground(dsns.owner, dsns.app, ",".join(topics))


@pytest.fixture
async def conn(ground: Ground) -> AsyncGenerator[asyncpg.Connection]:
    """Give a connection as the owner, to look and to meddle."""
    conn = await asyncpg.connect(ground.owner)
    await db.use_json(conn)
    yield conn
    await conn.close()


@pytest.fixture
async def pool(ground: Ground) -> AsyncGenerator[db.Pool]:
    """Give a pool as the role that serves."""
    pool = await db.open_pool(ground.app, name="toy-test")
    yield pool
    await pool.close()
