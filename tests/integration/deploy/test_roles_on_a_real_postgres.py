"""deploy/postgres/roles.sh and roles.sql, run twice by psql against a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import pytest

from ops.runtime.databases import clear, with_user
from ops.runtime.postgres import installed
from tests.support.engines import Engines

ROOT: Final = Path(__file__).parents[3]
SERVICES: Final = ("intake", "provisioning", "billing", "notify")
OWNER_PASSWORD, APP_PASSWORD = "o'wn er", 'a"pp'  # hard to quote


def run(script: str, env: dict[str, str]) -> str:
    """Run a script of deploy/ and return what it printed.

    :raises AssertionError: it failed.
    """
    done = subprocess.run(["sh", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
async def roles(engines: Engines, tmp_path: Path) -> AsyncGenerator[str]:
    """Run roles.sh twice, under names of their own, and give the prefix of these names."""
    prefix = engines.topic_name("x").split("_")[0] + "x_"
    script = (ROOT / "deploy/postgres/roles.sh").read_text(encoding="utf-8")
    (tmp_path / "roles.sh").write_text(script.replace('service="$service"', f'service={prefix}"$service"'))
    sql = (ROOT / "deploy/postgres/roles.sql").read_text(encoding="utf-8")
    (tmp_path / "roles.sql").write_text(sql.replace("\\set database kaitsu_ ", "\\set database "))
    server = urlsplit(engines.admin_dsn)
    env = {
        "PATH": f"{installed() / 'bin'}:{os.environ['PATH']}",
        "ROLES_SQL": str(tmp_path / "roles.sql"),
        "PGHOST": server.hostname or "",
        "PGPORT": str(server.port),
        "PGPASSWORD": server.password or "",
        "POSTGRES_USER": server.username or "",
        "POSTGRES_DB": server.path.strip("/"),
    }
    for service in SERVICES:
        env[f"{service.upper()}_OWNER_PASSWORD"] = OWNER_PASSWORD
        env[f"{service.upper()}_APP_PASSWORD"] = APP_PASSWORD
    run(str(tmp_path / "roles.sh"), env)
    run(str(tmp_path / "roles.sh"), env)
    yield prefix
    await clear(engines.admin_dsn, prefix=prefix)


async def test_the_owner_makes_tables_and_the_app_role_only_uses_what_it_is_given(
    engines: Engines, roles: str
) -> None:
    database = f"{roles}billing"
    owner = await asyncpg.connect(
        with_user(engines.admin_dsn, f"{roles}billing_owner", OWNER_PASSWORD, database)
    )
    app = await asyncpg.connect(with_user(engines.admin_dsn, f"{roles}billing_app", APP_PASSWORD, database))
    try:
        await owner.execute(f"CREATE TABLE given (x int); GRANT SELECT ON given TO {roles}billing_app")
        await owner.execute("CREATE TABLE kept (x int)")

        assert await app.fetch("SELECT x FROM given") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch("SELECT x FROM kept")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("CREATE TABLE mine (x int)")
    finally:
        await owner.close()
        await app.close()


async def test_a_service_does_not_enter_the_database_of_another(engines: Engines, roles: str) -> None:
    dsn = with_user(engines.admin_dsn, f"{roles}billing_app", APP_PASSWORD, f"{roles}intake")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(dsn)
