"""A database and two roles per service: the owner migrates, the app serves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

T = TypeVar("T")
SERVICES: Final = ("intake", "provisioning", "billing", "notify")


@dataclass(frozen=True)
class ServiceDsns:
    """How a service reaches its database: owner to migrate, app to serve."""

    owner: str
    app: str
    database: str


async def provision(
    admin_dsn: str, service: str, *, password: str, prefix: str = "", database: str | None = None
) -> ServiceDsns:
    """Make the service's roles and database where they are missing, and return how to reach them.

    Roles `<prefix><service>_owner` and `<prefix><service>_app` get the password, also if they were there; database
    `<prefix>kaitsu_<service>` unless named. Only the two roles may connect to it; the app role owns nothing.
    """
    owner, app = f"{prefix}{service}_owner", f"{prefix}{service}_app"
    name = database or f"{prefix}kaitsu_{service}"
    admin = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        for role in (owner, app):
            await _make_role(admin, role, password)
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            # a server that is not ours may have an admin who is no superuser: only a member may give away
            await admin.execute(f"GRANT {_name(owner)} TO CURRENT_USER")
            await admin.execute(
                f"CREATE DATABASE {_name(name)} OWNER {_name(owner)} ENCODING 'UTF8' TEMPLATE template0"
            )
        await admin.execute(f"REVOKE ALL ON DATABASE {_name(name)} FROM PUBLIC")
        await admin.execute(f"GRANT CONNECT ON DATABASE {_name(name)} TO {_name(app)}")
    finally:
        await admin.close()
    await _own_schema(with_user(admin_dsn, None, None, name), owner, app)
    return ServiceDsns(
        with_user(admin_dsn, owner, password, name), with_user(admin_dsn, app, password, name), name
    )


def with_user(dsn: str, user: str | None, password: str | None, database: str) -> str:
    """Return the DSN for another database, and for another user if one is given."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    login = parts.netloc.rpartition("@")[0]
    if user is not None:
        login = f"{quote(user, safe='')}:{quote(password or '', safe='')}"
    netloc = f"{login}@{place}" if login else place
    return urlunsplit((parts.scheme, netloc, f"/{quote(database)}", parts.query, ""))


async def _make_role(admin: asyncpg.Connection[asyncpg.Record], role: str, password: str) -> None:
    verb = "ALTER" if await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role) else "CREATE"
    literal = await admin.fetchval("SELECT quote_literal($1::text)", password)
    await admin.execute(
        f"{verb} ROLE {_name(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {literal}"
    )


async def _own_schema(dsn: str, owner: str, app: str) -> None:
    conn = await asyncpg.connect(dsn, timeout=10)
    try:
        await conn.execute(f"ALTER SCHEMA public OWNER TO {_name(owner)}")
        await conn.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await conn.execute(f"GRANT USAGE ON SCHEMA public TO {_name(app)}")
    finally:
        await conn.close()


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


async def copy(
    admin_dsn: str, service: str, *, password: str, prefix: str, database: str, template: str
) -> ServiceDsns:
    """Return a new database that is a copy of another one of the service, which nobody may be connected to."""
    owner, app = f"{prefix}{service}_owner", f"{prefix}{service}_app"
    admin = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await admin.execute(
            f"CREATE DATABASE {_name(database)} OWNER {_name(owner)} TEMPLATE {_name(template)}"
        )
        await admin.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
        await admin.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {_name(app)}")
    finally:
        await admin.close()
    return ServiceDsns(
        with_user(admin_dsn, owner, password, database),
        with_user(admin_dsn, app, password, database),
        database,
    )


async def drop(admin_dsn: str, database: str) -> None:
    """Drop a database, whoever is connected, if it is there."""
    admin = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {_name(database)} WITH (FORCE)")
    finally:
        await admin.close()


async def server_version(dsn: str) -> str:
    """Return the version of the server that answers."""
    conn = await asyncpg.connect(dsn, timeout=5)
    try:
        return f"PostgreSQL {await conn.fetchval('SHOW server_version')}"
    finally:
        await conn.close()


async def clear(admin_dsn: str, *, prefix: str) -> None:
    """Drop all databases and roles whose names begin with the prefix."""
    if not prefix:
        raise ValueError("a prefix is needed: without one this would drop everything")
    admin = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        rows = await admin.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname::text, $1)", prefix
        )
        for row in rows:
            await admin.execute(f"DROP DATABASE IF EXISTS {_name(row['datname'])} WITH (FORCE)")
        rows = await admin.fetch("SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, $1)", prefix)
        for row in rows:
            await admin.execute(f"DROP ROLE IF EXISTS {_name(row['rolname'])}")
    finally:
        await admin.close()


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end and return its result, also where an event loop runs already (which waits meanwhile)."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
