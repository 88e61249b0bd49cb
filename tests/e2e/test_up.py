"""`kaitsu up` as a person uses it: a submission goes through, what is killed comes back, nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

import httpx
import psutil
import pytest

from chassis.clock import utc_now
from chassis.testing import until
from ops.demo.example import WEBHOOK, make_example, signed_headers
from ops.runtime.secret import load_or_make
from ops.runtime.system import KAFKA, POSTGRES, ROOT


class Up:
    """One run of the command on a state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.log = state / "up.txt"
        env = {name: value for name, value in os.environ.items() if name not in {KAFKA, POSTGRES}}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ops", "up", "--virtual", "3600", "--state", str(state)],
                cwd=ROOT,
                env={**env, "KAITSU_PROVISIONING_SESSION_MS": "1500"},
                stdout=log,
                stderr=log,
            )

    @property
    def run(self) -> dict[str, Any]:
        return json.loads((self.state / "run.json").read_text())

    def get(self, service: str, path: str) -> Any:
        token = {"authorization": f"Bearer {self.run['ops_token']}"}
        return httpx.get(self.run["services"][service]["url"] + path, headers=token, trust_env=False).json()

    async def ready(self) -> None:
        await until(lambda: "Ctrl-C stops" in self.log.read_text(), 90)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self._process.pid).children(recursive=True)

    def pid_of(self, part: str) -> int:
        return json.loads((self.state / "pids" / f"{part}.pid").read_text())["pid"]

    def stop(self, number: int = signal.SIGINT) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(90)


@pytest.fixture
def state() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kaitsu-up-"))
    folder.chmod(0o711)
    yield folder
    rmtree(folder, ignore_errors=True)


def submit(up: Up, body: bytes) -> httpx.Response:
    signed = signed_headers(load_or_make(up.state / "secrets.json").form_secrets, body, at=utc_now())
    return httpx.post(
        up.run["services"]["intake"]["url"] + WEBHOOK, content=body, headers=signed, trust_env=False
    )


def orders(up: Up) -> list[dict[str, Any]]:
    with suppress(httpx.HTTPError, KeyError, ValueError):
        return up.get("provisioning", "/ops/orders")["orders"]
    return []


async def test_what_is_killed_comes_back_data_survive_and_stopping_leaves_nothing(state: Path) -> None:
    up = Up(state)
    try:
        await up.ready()
        assert submit(up, make_example(utc_now(), seed=1)).status_code == 202
        await until(lambda: len(orders(up)) == 1, 20)

        killed = up.pid_of("provisioning")
        os.kill(killed, signal.SIGKILL)
        await until(lambda: up.pid_of("provisioning") != killed and len(orders(up)) == 1, 30)
        children = up.children()
        assert len(children) >= 8
        assert up.stop() == 0
        assert not [child for child in children if child.is_running()]

        up = Up(state)
        await up.ready()
        assert [order["order_no"] for order in orders(up)] != []
        assert submit(up, make_example(utc_now(), seed=2)).status_code == 202
        await until(lambda: len(orders(up)) == 2, 20)
        children = up.children()
        up.stop(signal.SIGKILL)  # the terminal was closed the hard way
        await until(lambda: not [child for child in children if child.is_running()], 20)
    finally:
        up.stop()
