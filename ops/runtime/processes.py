"""Child processes that die with their parent, with a log file and a pid file each."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import sleep
from typing import Final, TypeVar

import psutil

from chassis.clock import monotonic
from ops.runtime.trouble import Trouble

T = TypeVar("T")
_SAME_START_S: Final = 2.0
# Runs in the child before the program: gives up root, asks Linux to end it with its parent, becomes the program.
_TRAMPOLINE: Final = """
import ctypes, os, sys
parent, number, uid, gid = map(int, sys.argv[1:5])
if uid >= 0:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, number)
    if os.getppid() != parent:
        sys.exit(1)
os.setsid()
os.execv(sys.argv[5], sys.argv[5:])
"""
# Linux watches the *thread* that started a child, so one thread that lives as long as we do starts them all.
_SPAWNER: Final = ThreadPoolExecutor(1, thread_name_prefix="spawner")


class AlreadyRunning(Trouble):
    """The part runs already, as the child of another process that is alive."""

    def __init__(self, name: str, pid: int, owner: int) -> None:
        super().__init__(f"{name} runs already (process {pid}, started by process {owner}): stop that first")
        self.name, self.pid, self.owner = name, pid, owner


class NotStarted(Trouble):
    """A part ended, or did not answer in time; `log_path` says why."""

    def __init__(self, name: str, what: str, log_path: Path) -> None:
        super().__init__(f"{name} {what}; the end of {log_path}:\n{tail(log_path)}")
        self.name, self.log_path = name, log_path


@dataclass(frozen=True)
class OsUser:
    """Who a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass
class ServiceProcess:
    """One child: argv and env as given, output appended to log_path.

    death_signal: what Linux sends it when this process ends, however that happens.
    pid_file: lets a later start find and stop what this one left behind.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log_path: Path
    pid_file: Path | None = None
    cwd: Path | None = None
    user: OsUser | None = None
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGKILL
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def pid(self) -> int | None:
        """The process id of the child that was started last, if it still runs."""
        return self._popen.pid if self._popen and self._popen.poll() is None else None

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.pid is not None

    @property
    def exit_code(self) -> int | None:
        """How it ended: None while it runs or if it never did, -9 after a kill."""
        return self._popen.poll() if self._popen else None

    @property
    def pids(self) -> list[int]:
        """The process ids of the child and of its children."""
        return [process.pid for process in _family(self.pid)]

    def start(self) -> None:
        """Start it; a leftover of an earlier run is stopped first.

        :raises AlreadyRunning: the earlier run is alive.
        """
        if self.running:
            return
        self.clear_leftover()
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        uid, gid = (self.user.uid, self.user.gid) if self.user else (-1, -1)
        argv = [
            sys.executable, "-I", "-S", "-c", _TRAMPOLINE,
            *map(str, (os.getpid(), int(self.death_signal), uid, gid)), *self.argv,
        ]  # fmt: skip
        self._popen = _SPAWNER.submit(self._spawn, argv).result()
        if self.pid_file:
            _write_pid_file(self.pid_file, self._popen.pid)

    def clear_leftover(self) -> None:
        """Stop what an earlier run left behind.

        :raises AlreadyRunning: the earlier run is alive.
        """
        if self.pid_file and not self.running:
            stop_leftover(self.pid_file, name=self.name, stop_signal=self.stop_signal)

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        if self._popen and self._popen.poll() is None:
            self._popen.send_signal(self.stop_signal)

    def join(self, timeout: float) -> int | None:
        """Wait until it ends by itself, and return its exit code; it is killed after the timeout."""
        if self._popen:
            try:
                self._popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.exit_code

    @property
    def log_end(self) -> str:
        """The last lines of its log."""
        return tail(self.log_path)

    def stop(self, timeout: float = 20) -> int | None:
        """Ask it to stop, kill it after the timeout, and return its exit code."""
        if self._popen and self._popen.poll() is None:
            self._popen.send_signal(self.stop_signal)
            try:
                self._popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()
        return self.exit_code

    def kill(self) -> None:
        """End it and its children at once (SIGKILL), and wait until they are gone."""
        family = _family(self.pid)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self._popen:
            self._popen.wait(20)
        _wait_gone(family, 20)
        self._forget()

    def wait_until(self, ready: Callable[[], T], *, timeout: float, step: float = 0.03) -> T:
        """Return the first truthy value of ready.

        :raises NotStarted: it ended, or was not ready in time.
        """
        end = monotonic() + timeout
        while True:
            if not self.running:
                raise NotStarted(self.name, f"ended with code {self.exit_code}", self.log_path)
            if found := ready():
                return found
            if monotonic() > end:
                raise NotStarted(self.name, f"was not ready within {timeout:g} s", self.log_path)
            sleep(step)

    def _spawn(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                argv, env=dict(self.env), cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _forget(self) -> None:
        if self.pid_file:
            self.pid_file.unlink(missing_ok=True)


def stop_leftover(pid_file: Path, *, name: str, stop_signal: int = signal.SIGTERM) -> bool:
    """Stop what a dead owner left running, and tell whether there was anything.

    :raises AlreadyRunning: its owner lives.
    """
    try:
        record = json.loads(pid_file.read_text())
        left = _alive(record["pid"], record["started"])
        owner = _alive(record["owner"], record["owner_started"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if left is None:
        return False
    if owner is not None:
        raise AlreadyRunning(name, left.pid, owner.pid)
    family = _family(left.pid)
    left.send_signal(stop_signal)
    for process in _wait_gone(family, 10):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _wait_gone(family, 10)
    return True


def start_on_free_ports(
    make: Callable[[], ServiceProcess], ready: Callable[[ServiceProcess], object], *, timeout: float
) -> ServiceProcess:
    """Start what make returns, and return it when it is ready; if somebody was quicker to take its port, make anew.

    :raises NotStarted: it ended for another reason, or was not ready in time; it does not run then.
    """
    for left in (2, 1, 0):
        process = make()
        process.start()
        try:
            process.wait_until(partial(ready, process), timeout=timeout)
            return process
        except BaseException as error:
            ended = not process.running
            process.kill()
            taken = "Address already in use" in tail(process.log_path, lines=100)
            if not (left and ended and taken and isinstance(error, NotStarted)):
                raise
    raise AssertionError("the last try returns or raises")


def pss_mb(pids: Iterable[int]) -> float:
    """Return the memory of the processes in MB: proportional set size, or resident size where there is none."""
    total = 0
    for pid in pids:
        with suppress(OSError, psutil.Error):
            if sys.platform == "linux":
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += 1024 * sum(
                    int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")
                )
            else:
                total += psutil.Process(pid).memory_info().rss
    return total / 1_000_000


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log, or nothing if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def _family(pid: int | None) -> list[psutil.Process]:
    if pid is None:
        return []
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _wait_gone(processes: Iterable[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Wait until they have ended, and return those that have not within the timeout.

    Those that nobody has buried yet (zombies) have ended: in a container their new parent may never do it.
    """
    end = monotonic() + timeout
    left = [process for process in processes if _runs(process)]
    while left and monotonic() < end:
        sleep(0.02)
        left = [process for process in left if _runs(process)]
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _alive(pid: int, started: float) -> psutil.Process | None:
    """Return the process if it is the one that was started then, not another that got its number."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < _SAME_START_S
        return process if same and _runs(process) else None
    except psutil.NoSuchProcess:
        return None


def _write_pid_file(path: Path, pid: int) -> None:
    started = {
        "pid": pid, "started": _started(pid), "owner": os.getpid(), "owner_started": _started(os.getpid())
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(started))
    draft.replace(path)


def _started(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0
