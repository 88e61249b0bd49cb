"""The system: started, killed in parts and as a whole, mended, stopped; no process stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import aiosmtplib
import pytest

from chassis.testing import until
from ops.runtime.smtp import message_ids
from ops.runtime.system import KAFKA, POSTGRES, System, SystemRuns, clear_state
from tests.support.engines import CACHE
from tests.support.http import http_client
from tests.support.lives import lives

SERVICES = ("billing", "notify")
STARTED = """
import os, sys, time
from pathlib import Path
from ops.runtime.system import System
system = System(Path(sys.argv[1]), cache=Path(sys.argv[2]), services=("billing",), sandbox=False)
system.start()
print(*(pid for pids in system.pids().values() for pid in pids), flush=True)
time.sleep(60)
"""


@pytest.fixture
def system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[System]:
    """Give a system of two services that is not started yet, on engines of its own."""
    for name in (KAFKA, POSTGRES):
        monkeypatch.delenv(name, raising=False)
    for service in SERVICES:
        monkeypatch.setenv(f"KAITSU_{service.upper()}_SESSION_MS", "1500")
    made = System(folder / "state", cache=CACHE, services=SERVICES, sandbox=False)
    yield made
    made.stop()


async def test_what_dies_is_started_again_and_a_stop_leaves_no_process(system: System) -> None:
    await asyncio.to_thread(system.start)
    addresses, first = system.addresses(), system.pids()
    assert set(first) == {"postgres", "kafka", "smtp", *SERVICES}
    with pytest.raises(SystemRuns):
        System(system.state, cache=CACHE, services=SERVICES).start()
    with pytest.raises(SystemRuns):
        clear_state(system.state)

    for name in system.parts:
        system.kill_part(name)
    assert await asyncio.to_thread(system.mend) == system.parts
    await asyncio.to_thread(system.wait_ready, list(SERVICES))

    assert system.addresses() == addresses
    seen = {pid for pids in (*first.values(), *system.pids().values()) for pid in pids}
    assert os.stat(system.state / "run.json").st_mode & 0o077 == 0
    assert os.stat(system.state / "secrets.json").st_mode & 0o077 == 0
    system.stop()
    assert not [pid for pid in seen if lives(pid)]
    assert not (system.state / "run.json").exists()
    clear_state(system.state)
    assert not system.state.exists()


async def test_the_ops_routes_want_the_token_of_the_folder(system: System) -> None:
    await asyncio.to_thread(system.start)
    url = f"{system.addresses()['billing']}/ops/quiet"

    async with http_client() as client:
        refused = await client.get(url)
        answer = await client.get(url, headers={"Authorization": f"Bearer {system.secrets.ops_token}"})

    assert refused.status_code == 401
    assert answer.json()["service"] == "billing"


async def test_mails_become_files_and_one_that_comes_twice_stands_twice(system: System) -> None:
    await asyncio.to_thread(system.start)
    host, port = system.addresses()["smtp"].split(":")
    mail = "From: a@x.example\r\nTo: b@x.example\r\nMessage-ID: <{}@x.example>\r\n\r\n開通\r\n"

    for name in ("one", "two", "one"):
        await aiosmtplib.send(
            mail.format(name).encode(),
            sender="a@x.example",
            recipients=["b@x.example"],
            hostname=host,
            port=int(port),
        )

    assert message_ids(system.mails) == ["<one@x.example>", "<two@x.example>", "<one@x.example>"]
    assert "開通" in (system.mails / "000002.eml").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_a_killed_parent_leaves_no_process_and_the_folder_can_be_started_again(folder: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in {KAFKA, POSTGRES}}
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTED, str(folder / "state"), str(CACHE)],
        stdout=subprocess.PIPE,
        env=env,
        cwd=Path.cwd(),
    )
    assert parent.stdout
    with parent, parent.stdout:
        pids = [int(pid) for pid in (await asyncio.to_thread(parent.stdout.readline)).split()]
        assert len(pids) > 5
        parent.send_signal(signal.SIGKILL)

    await until(lambda: not [pid for pid in pids if lives(pid)], 20)
    assert json.loads((folder / "state" / "run.json").read_text())["pid"] == parent.pid
    again = System(folder / "state", cache=CACHE, services=("billing",), sandbox=False)
    try:
        await asyncio.to_thread(again.start)
    finally:
        again.stop()
