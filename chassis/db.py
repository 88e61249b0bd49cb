"""PostgreSQL: one pool per process, with limits on how long a statement or an idle transaction may last."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    from typing import TypeAlias

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy
    Pool = asyncpg.Pool

LIMITS: Final = {
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "jit": "off",
    # A host that vanished gives up its session locks (relay, senders) within half a minute, not after two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30s",
}
CONNECT_S: Final = 5.0


async def open_pool(dsn: str, *, name: str, min_size: int = 1, max_size: int = 8) -> Pool:
    """Return a pool whose connections read and write json as Python values.

    A statement may take 5 s, a transaction may be idle for 30 s.
    """
    pool = await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        init=use_json,
        timeout=CONNECT_S,
        command_timeout=10,
        server_settings={**LIMITS, "application_name": name},
    )
    assert pool is not None
    return pool


async def open_connection(dsn: str, *, name: str) -> asyncpg.Connection[asyncpg.Record]:
    """Return a connection outside the pool, for session locks and LISTEN."""
    return await asyncpg.connect(
        dsn, timeout=CONNECT_S, command_timeout=10, server_settings={**LIMITS, "application_name": name}
    )


def lock_key(name: str) -> int:
    """Return the advisory lock number of a name; locks are per database, so names need no service."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


async def use_json(conn: Connection) -> None:
    """Let json and jsonb be read and written as Python values."""
    for kind in ("json", "jsonb"):
        await conn.set_type_codec(kind, schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
