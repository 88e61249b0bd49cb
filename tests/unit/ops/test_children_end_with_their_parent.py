"""Child processes: stopped, killed, left behind, and ended with their parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ops.runtime.ports import PORTS, free_port, port_is_free
from ops.runtime.processes import (
    AlreadyRunning,
    NotStarted,
    ServiceProcess,
    pss_mb,
    stop_leftover,
)
from tests.support.lives import lives

ENV = {"PATH": os.environ["PATH"]}
SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
PARENT = """
import sys, time
from pathlib import Path
from ops.runtime.processes import ServiceProcess
folder = Path(sys.argv[1])
child = ServiceProcess("child", sys.argv[2:], {}, folder / "child.log", pid_file=folder / "child.pid")
child.start()
time.sleep(60)
"""


def eventually(test: Callable[[], object], limit_s: float = 10) -> None:
    end = time.monotonic() + limit_s
    while not test():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def child_of(tmp_path: Path, argv: list[str] = SLEEP) -> ServiceProcess:
    return ServiceProcess("child", argv, ENV, tmp_path / "child.log", pid_file=tmp_path / "child.pid")


def test_a_child_is_stopped_by_its_signal_and_its_pid_file_goes(tmp_path: Path) -> None:
    child = child_of(tmp_path)
    child.start()
    pid = child.pid
    assert pid
    child.wait_until(lambda: "up" in (tmp_path / "child.log").read_text(), timeout=10)
    assert pss_mb(child.pids) > 1

    assert child.stop() == -signal.SIGTERM

    assert not lives(pid)
    assert not (tmp_path / "child.pid").exists()


def test_a_killed_child_can_be_started_again(tmp_path: Path) -> None:
    child = child_of(tmp_path)
    child.start()
    child.kill()
    assert child.exit_code == -signal.SIGKILL

    child.start()

    assert child.running
    child.stop()


def test_a_child_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = child_of(tmp_path, [sys.executable, "-c", deaf])
    child.start()
    child.wait_until(lambda: "up" in (tmp_path / "child.log").read_text(), timeout=10)

    assert child.stop(timeout=0.2) == -signal.SIGKILL


def test_what_ends_by_itself_is_told_with_its_log(tmp_path: Path) -> None:
    child = child_of(tmp_path, [sys.executable, "-c", "raise SystemExit('the reason')"])
    child.start()

    with pytest.raises(NotStarted, match=r"(?s)ended with code 1.*the reason"):
        child.wait_until(lambda: False, timeout=10)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), *SLEEP], cwd=Path.cwd())
    log = tmp_path / "child.log"
    eventually(lambda: log.exists() and "up" in log.read_text())
    child = json.loads((tmp_path / "child.pid").read_text())["pid"]
    assert lives(child)

    parent.kill()
    parent.wait()

    eventually(lambda: not lives(child))


def test_what_a_dead_parent_left_behind_is_stopped_at_the_next_start(tmp_path: Path) -> None:
    stray = subprocess.Popen(SLEEP, stdout=subprocess.DEVNULL)
    record = {
        "pid": stray.pid,
        "started": psutil.Process(stray.pid).create_time(),
        "owner": 2**22 + 1,
        "owner_started": 0,
    }
    (tmp_path / "child.pid").write_text(json.dumps(record))
    child = child_of(tmp_path)

    child.start()

    assert stray.wait(10) == -signal.SIGTERM
    assert child.running
    child.stop()


def test_what_a_living_parent_runs_is_left_alone(tmp_path: Path) -> None:
    child = child_of(tmp_path)
    child.start()

    with pytest.raises(AlreadyRunning):
        child_of(tmp_path).start()

    assert child.running
    child.stop()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"pid": "x"}', '{"pid": 1, "started": 0, "owner": 1, "owner_started": 0}']
)
def test_a_stale_or_broken_pid_file_stops_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.pid").write_text(text)

    assert not stop_leftover(tmp_path / "x.pid", name="x")
    assert not stop_leftover(tmp_path / "missing.pid", name="x")


def test_a_free_port_is_below_those_of_outgoing_connections() -> None:
    port = free_port(avoid=[PORTS[0]])

    assert port in PORTS
    assert port_is_free(port)
