"""Migrations: plain SQL, forward only, as the owner role, by command and never when serving starts."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chassis import clock, db, logs
from chassis.db import Connection

CHASSIS_FOLDER: Final = Path(__file__).parent / "migrations"
_NAME: Final = re.compile(r"\d{4}_(pre|post)_[a-z0-9_]+\.sql")
_ROLE: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
log = logs.get_logger(__name__)


class BadMigrations(RuntimeError):
    """Files and database do not fit: a changed file, a wrong name, one that comes too late, or one missing."""


@dataclass(frozen=True)
class Migration:
    """One file; part: `chassis` or the service's name."""

    part: str
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def folder_of(service: str) -> Path:
    """Return where a service of this repository keeps its migrations."""
    return Path(__file__).parent.parent / "services" / service / "migrations"


async def migrate(
    dsn: str, *, service: str, app_role: str | None = None, folder: Path | None = None
) -> list[str]:
    """Apply what is missing, each file in its own transaction, and return the names.

    dsn: as the owner role. app_role: what `{app}` stands for, `<service>_app` if not given.
    :raises BadMigrations: a file changed after it was applied, comes before an applied one, or is misnamed.
    """
    role = app_role or f"{service}_app"
    if not _ROLE.fullmatch(role):
        raise BadMigrations(f"not a role name: {role!r}")
    conn = await db.open_connection(dsn, name=f"kaitsu-{service}-migrate")
    try:
        await conn.execute("SET statement_timeout = '10min'; SET lock_timeout = '5s'")
        await conn.execute("SELECT pg_advisory_lock($1)", db.lock_key("migrate"))
        await conn.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                part text NOT NULL, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL,
                PRIMARY KEY (part, name))
            """
        )
        await conn.execute(f"GRANT SELECT ON schema_migrations TO {role}")
        missing = await pending(conn, service=service, folder=folder)
        for migration in missing:
            await _apply(conn, migration, role)
            log.info("migration_applied", part=migration.part, migration=migration.name)
        return [f"{migration.part}/{migration.name}" for migration in missing]
    finally:
        await conn.close()


async def pending(conn: Connection, *, service: str, folder: Path | None = None) -> list[Migration]:
    """Return the migrations that the database does not have yet, in order.

    :raises BadMigrations: a file changed after it was applied, comes before an applied one, or is misnamed.
    """
    if await conn.fetchval("SELECT to_regclass('schema_migrations')") is None:
        rows = []
    else:
        rows = await conn.fetch("SELECT part, name, checksum FROM schema_migrations")
    applied = {(row["part"], row["name"]): row["checksum"] for row in rows}
    missing: list[Migration] = []
    for migration in _read("chassis", CHASSIS_FOLDER) + _read(service, folder or folder_of(service)):
        known = applied.get((migration.part, migration.name))
        if known is None:
            later = [name for part, name in applied if part == migration.part and name > migration.name]
            if later:
                raise BadMigrations(
                    f"{migration.part}/{migration.name} comes before {max(later)}: applied already"
                )
            missing.append(migration)
        elif known != migration.checksum:
            raise BadMigrations(f"{migration.part}/{migration.name} was changed after it was applied")
    return missing


def role_of(dsn: str) -> str | None:
    """Return the role that a DSN names."""
    return urlsplit(dsn).username


def _read(part: str, folder: Path) -> list[Migration]:
    files = sorted(folder.glob("*.sql"))
    for file in files:
        if not _NAME.fullmatch(file.name):
            raise BadMigrations(f"{part}/{file.name}: names are 0001_pre_<what>.sql or 0002_post_<what>.sql")
    return [Migration(part, file.name, file.read_text()) for file in files]


async def _apply(conn: Connection, migration: Migration, role: str) -> None:
    async with conn.transaction():
        await conn.execute(migration.text.replace("{app}", role))
        await conn.execute(
            "INSERT INTO schema_migrations (part, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
            migration.part,
            migration.name,
            migration.checksum,
            clock.utc_now(),
        )
