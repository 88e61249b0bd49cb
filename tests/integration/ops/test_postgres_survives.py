"""The embedded PostgreSQL: data over stops and kills, passwords, folders that root's stand-in cannot reach."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import asyncpg
import pytest

from ops.runtime import os_user
from ops.runtime.databases import provision, with_user
from ops.runtime.os_user import installed
from ops.runtime.postgres import EmbeddedPostgres
from ops.runtime.processes import AlreadyRunning
from tests.support.lives import lives


async def run(dsn: str, sql: str) -> object:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(sql)
    finally:
        await conn.close()


async def test_committed_rows_and_the_address_survive_a_kill_and_a_stop(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    dsn, pids = postgres.admin_dsn, postgres.pids
    await run(dsn, "CREATE TABLE t AS SELECT 7 AS n")

    postgres.kill()
    assert not [pid for pid in pids if lives(pid)]
    postgres.start()
    assert await run(dsn, "SELECT n FROM t") == 7

    pids = postgres.pids
    postgres.restart()
    assert await run(dsn, "SELECT n FROM t") == 7
    assert not set(pids) & set(postgres.pids)


async def test_it_is_durable_and_asks_for_the_password(postgres: EmbeddedPostgres) -> None:
    postgres.start()

    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await run(postgres.admin_dsn, f"SHOW {name}") == "on"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await run(with_user(postgres.admin_dsn, "kaitsu_admin", "guessed", "postgres"), "SELECT 1")
    assert (
        await run(
            postgres.admin_dsn, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"
        )
        == 0
    )


async def test_its_log_holds_neither_values_nor_statements(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    await run(postgres.admin_dsn, "CREATE TABLE people (name text UNIQUE)")
    await run(postgres.admin_dsn, "INSERT INTO people VALUES ('Yamada Taro')")

    with pytest.raises(asyncpg.UniqueViolationError):
        await run(postgres.admin_dsn, "INSERT INTO people VALUES ('Yamada Taro')")

    log = postgres.log_path.read_text()
    assert "duplicate key" in log
    assert "Yamada" not in log


async def test_a_second_server_on_the_folder_is_refused_while_the_first_runs(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.start()

    with pytest.raises(AlreadyRunning):
        EmbeddedPostgres(postgres.folder).start()

    assert await run(postgres.admin_dsn, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must let another user run PostgreSQL")
async def test_where_its_user_cannot_reach_the_folder_it_takes_another_one_and_says_which(
    folder: Path,
) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    server = EmbeddedPostgres(closed / "state" / "postgres", say=said.append)
    try:
        server.start()
        await run(server.admin_dsn, "CREATE TABLE t AS SELECT 7 AS n")
        place = Path(said[0].split(": ")[1].split(" (")[0])
        assert place.is_dir()
        assert closed.stat().st_mode & 0o777 == 0o700  # nobody's home was opened
        server.restart()
        assert await run(server.admin_dsn, "SELECT n FROM t") == 7

        server.stop()
        shutil.rmtree(closed / "state")  # as `make clean` does: a new system must not meet the old data
        server.start()
        assert await run(server.admin_dsn, "SELECT to_regclass('t')") is None
    finally:
        server.stop()
        server.erase()
    assert not place.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must let another user run PostgreSQL")
async def test_where_its_user_cannot_reach_the_programs_it_runs_a_copy(
    postgres: EmbeddedPostgres, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    wheel = installed().parent
    for name in (wheel.name, f"{wheel.name}.libs"):  # as an environment below somebody's home
        shutil.copytree(wheel.with_name(name), closed / name, symlinks=True)
    monkeypatch.setattr(os_user, "installed", lambda: closed / wheel.name / "pginstall")
    monkeypatch.setattr(os_user, "places", lambda: [folder])

    for _ in range(2):
        postgres.start()
        assert await run(postgres.admin_dsn, "SELECT 1") == 1
        assert Path(f"/proc/{postgres.pids[0]}/exe").readlink().is_relative_to(folder)
        assert not Path(f"/proc/{postgres.pids[0]}/exe").readlink().is_relative_to(closed)
        postgres.stop()

    assert closed.stat().st_mode & 0o777 == 0o700


async def test_a_service_reaches_its_own_database_only_and_owns_nothing(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    billing = await provision(postgres.admin_dsn, "billing", password="first")
    billing = await provision(postgres.admin_dsn, "billing", password="it's @nother/one")
    notify = await provision(postgres.admin_dsn, "notify", password="x")

    await run(billing.owner, "CREATE TABLE bills (n int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(billing.app, "CREATE TABLE mine (n int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(billing.app, "SELECT * FROM bills")
    for stranger, password in (("notify_app", "x"), ("notify_owner", "x")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(with_user(billing.app, stranger, password, billing.database), "SELECT 1")
    assert await run(notify.app, "SELECT current_database()") == "kaitsu_notify"
