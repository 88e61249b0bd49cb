"""Starting and stopping: wrong clocks and missing migrations are refused, SIGTERM ends with 0, errors are problems."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import app, clock, db, migrate
from chassis.facts import HalfFilled, WrongClock
from chassis.testing import SteppedClock, until
from tests.integration.chassis.toy import FOLDER, NOW, TOKEN, Ground, Toy, ready
from tests.support.http import http_client


@asynccontextmanager
async def _process(ground: Ground, *argv: str, **more: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    env = {
        "PATH": os.environ["PATH"],
        "KAITSU_TOY_DATABASE": ground.app,
        "KAITSU_TOY_MIGRATE_DATABASE": ground.owner,
        "KAITSU_TOY_KAFKA": ground.kafka,
        "KAITSU_TOY_HTTP_PORT": "0",
        "KAITSU_TOY_OPS_TOKEN": TOKEN,
        **{f"KAITSU_TOY_{name.upper()}": value for name, value in more.items()},
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.chassis.toy", *argv, env=env, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _ends(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    _, stderr = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, stderr.decode()


async def _started(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stderr
    async for line in process.stderr:
        entry = json.loads(line)
        if entry["event"] == "service_started":
            return entry
    raise AssertionError("it ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_signal_ends_with_0_in_order(ground: Ground, number: signal.Signals) -> None:
    async with _process(ground) as process:
        entry = await _started(process)
        async with http_client(base_url=entry["url"]) as client:

            async def is_ready() -> bool:
                return (await client.get("/ready")).status_code == 200

            await until(is_ready)
        process.send_signal(number)
        code, stderr = await _ends(process)

    assert code == 0, stderr
    assert json.loads(stderr.splitlines()[-1])["event"] == "service_stopped"
    assert entry["service"] == "toy"
    assert entry["at_wall"].endswith("+00:00")


async def test_data_made_in_played_time_refuse_the_wall_clock_and_the_other_way_round(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    async with ground.running(Toy(""), SteppedClock(NOW)):
        pass

    with pytest.raises(WrongClock):
        async with ground.running(Toy("")):
            pytest.fail("it started")
    async with _process(ground) as process:
        code, stderr = await _ends(process)
    assert (code, "made under a stepped clock" in stderr) == (78, True)

    await conn.execute("UPDATE service_facts SET value = 'wall'")
    with pytest.raises(WrongClock):
        async with ground.running(Toy(""), SteppedClock(NOW)):
            pytest.fail("it started")


async def test_settings_that_do_not_fit_are_named_without_their_values(ground: Ground) -> None:
    async with _process(ground, http_port="many-secrets", clock=str(FOLDER / "no-such-record")) as process:
        code, stderr = await _ends(process)

    assert (code, "http_port: int_parsing" in stderr, "many-secrets" in stderr) == (78, True, False)


async def test_serving_refuses_a_database_that_is_behind_and_migrate_mends_it(
    ground: Ground, tmp_path: Path
) -> None:
    for file in FOLDER.glob("*.sql"):
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "0002_post_more.sql").write_text("CREATE TABLE more (x int); GRANT SELECT ON more TO {app};")
    settings, toy = ground.settings(), Toy("")

    with pytest.raises(migrate.BadMigrations):
        async with app.running("toy", settings, toy.wire, folder=tmp_path):
            pytest.fail("it started")
    names = await migrate.migrate(ground.owner, service="toy", app_role=ground.role, folder=tmp_path)
    again = await migrate.migrate(ground.owner, service="toy", app_role=ground.role, folder=tmp_path)

    assert (names, again) == (["toy/0002_post_more.sql"], [])
    async with app.running("toy", settings, toy.wire, folder=tmp_path) as service:
        assert await service.base.pool.fetchval("SELECT count(*) FROM more") == 0
    async with _process(ground, "migrate") as process:
        assert (await _ends(process))[0] == 0


async def test_a_migration_that_changed_or_comes_too_late_or_fails_is_refused(
    ground: Ground, tmp_path: Path
) -> None:
    original = (FOLDER / "0001_pre_toy.sql").read_text()

    async def apply(**files: str) -> list[str]:
        for name, text in files.items():
            (tmp_path / f"{name}.sql").write_text(text)
        return await migrate.migrate(ground.owner, service="toy", app_role=ground.role, folder=tmp_path)

    (tmp_path / "0001_pre_toy.sql").write_text(original + "\n-- changed")
    with pytest.raises(migrate.BadMigrations, match="changed"):
        await apply()
    await_later = {"0001_pre_toy": original, "0003_pre_third": "SELECT 1"}
    assert await apply(**await_later) == ["toy/0003_pre_third.sql"]
    with pytest.raises(migrate.BadMigrations, match="comes before"):
        await apply(**{"0002_pre_second": "SELECT 1"})
    (tmp_path / "0002_pre_second.sql").unlink()
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await apply(**{"0004_pre_half": "CREATE TABLE half (x int); THIS IS NO SQL"})
    conn = await db.open_connection(ground.owner, name="test")
    try:
        assert await conn.fetchval("SELECT to_regclass('half')") is None
    finally:
        await conn.close()
    (tmp_path / "0004_pre_half.sql").rename(tmp_path / "fourth.sql")
    with pytest.raises(migrate.BadMigrations, match="names are"):
        await apply()


async def test_two_migrators_at_once_apply_each_file_once(ground: Ground, tmp_path: Path) -> None:
    for file in FOLDER.glob("*.sql"):
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "0002_pre_slow.sql").write_text("SELECT pg_sleep(0.3); CREATE TABLE once (x int);")

    results = await asyncio.gather(
        *(
            migrate.migrate(ground.owner, service="toy", app_role=ground.role, folder=tmp_path)
            for _ in range(3)
        )
    )

    assert sorted(results) == [[], [], ["toy/0002_pre_slow.sql"]]


class _Rude(Toy):
    """Also answers HTTP, badly."""

    async def wire(self, base: Any) -> app.Parts:
        async def bug(_request: Request) -> Response:
            raise ValueError("山田太郎 has no phone")

        async def away(_request: Request) -> Response:
            raise asyncpg.ConnectionDoesNotExistError("away")

        return app.Parts((Route("/bug", bug), Route("/away", away)))


async def test_every_error_is_a_problem_document_without_its_cause(ground: Ground, capfd: Any) -> None:
    async with ground.running(_Rude("")) as service, http_client(base_url=service.address) as client:
        answers = [
            await client.get("/nowhere"),
            await client.post("/live"),
            await client.get("/bug"),
            await client.get("/away"),
            await client.get("/ops/quiet"),
        ]

    assert [answer.status_code for answer in answers] == [404, 405, 500, 503, 401]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert [answer.json()["type"].rpartition(":")[2] for answer in answers] == [
        "not_found",
        "method_not_allowed",
        "internal",
        "unavailable",
        "unauthorized",
    ]
    assert answers[3].headers["retry-after"] == "1"
    assert "山田" not in "".join(answer.text for answer in answers)


async def test_a_service_without_kafka_serves_says_so_and_loses_nothing(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    away = Ground(ground.owner, ground.app, "127.0.0.1:9")
    async with (
        away.running(Toy("kaitsu.orders")) as service,
        http_client(base_url=service.address) as client,
    ):
        answer = await client.get("/ready")
        alive = await client.get("/live")

    assert (answer.status_code, set(answer.json()["wrong"])) == (503, {"toy.kaitsu.orders", "broker"})
    assert alive.status_code == 200


async def test_records_of_clocks_are_seen_by_running_services(ground: Ground, tmp_path: Path) -> None:
    record = tmp_path / "clock.json"
    clock.create_record(record, NOW)
    async with app.running("toy", ground.settings(clock=str(record)), Toy("").wire, folder=FOLDER) as service:
        await ready(service)
        clock.advance_record(record, NOW.replace(hour=23))
        assert service.base.clock.now() == NOW.replace(hour=23)


async def test_no_proxy_of_the_environment_comes_between_our_own_services(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    async with ground.running(Toy("")) as service, http_client() as ours:
        answers = [await client.get(f"{service.address}/live") for client in (service.base.http, ours)]
        async with httpx.AsyncClient() as misled:
            with pytest.raises(httpx.ConnectError):
                await misled.get(f"{service.address}/live")

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_service_does_not_start_on_half_filled_topics(
    ground: Ground, conn: asyncpg.Connection
) -> None:
    await conn.execute("INSERT INTO service_facts (key, value) VALUES ('rebuilding', '')")

    with pytest.raises(HalfFilled):
        async with ground.running(Toy("")):
            pass
