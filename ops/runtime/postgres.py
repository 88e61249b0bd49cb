"""A real PostgreSQL 18 on loopback as a child process: SCRAM passwords only, no socket file, small memory."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from ops.runtime.os_user import InitFailed, installed, other_user, own_place, places, programs_for, reaches
from ops.runtime.ports import free_port, port_is_free
from ops.runtime.processes import OsUser, ServiceProcess, start_on_free_ports, stop_leftover

__all__ = ["ADMIN", "EmbeddedPostgres", "InitFailed", "installed"]
HOST: Final = "127.0.0.1"
ADMIN: Final = "kaitsu_admin"
SETTINGS: Final = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 60
shared_buffers = '32MB'
jit = off
max_wal_size = '256MB'
timezone = 'UTC'
log_timezone = 'UTC'
# Promises of durability stay as they are in production: fsync and synchronous_commit are on.
# The log names errors, never the values or statements that caused them: they may hold personal data.
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_checkpoints = off
"""
ACCESS: Final = "host all all 127.0.0.1/32 scram-sha-256\n"


class EmbeddedPostgres:
    """One server; its data, password and port live in folder and survive stops, kills and restarts.

    PostgreSQL refuses to run as root: root lets it run as another OS user. Where that user cannot reach folder or
    the installed programs, they go to a folder of our own under /var/tmp, and say is told which.
    """

    def __init__(
        self, folder: Path, *, log_path: Path | None = None, say: Callable[[str], None] | None = None
    ) -> None:
        self.folder = folder.resolve()
        self.log_path = log_path or self.folder / "postgres.log"
        self._say = say or _say_on_stderr
        self._process: ServiceProcess | None = None

    @property
    def admin_dsn(self) -> str:
        """The DSN of the superuser; the password was made for this folder."""
        kept = self._kept()
        return f"postgresql://{ADMIN}:{kept['password']}@{HOST}:{kept['port']}/postgres"

    @property
    def running(self) -> bool:
        """Whether the server's process is there."""
        return self._process is not None and self._process.running

    @property
    def pids(self) -> list[int]:
        """The server's processes."""
        return self._process.pids if self._process else []

    def start(self, timeout: float = 60) -> None:
        """Prepare the data folder once, start, and return when connections are accepted.

        :raises NotStarted: the log says why.  :raises InitFailed: the data folder could not be prepared.
        :raises AlreadyRunning: another living process runs a server on this folder.
        """
        if self.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        user = other_user() if os.geteuid() == 0 else None
        home, programs = self._home(user), programs_for(user)
        data, pid_file = home / "data", home / "postgres.pid"
        stop_leftover(pid_file, name="postgres", stop_signal=signal.SIGINT)
        self._forsake_strange(home)
        if not (data / "PG_VERSION").exists():
            self._init(data, programs, user)
        child = ServiceProcess(
            "postgres",
            [str(programs / "bin" / "postgres"), "-D", str(data)],
            {"LC_ALL": "C.UTF-8"},
            self.log_path,
            pid_file=pid_file,
            cwd=data,
            user=user,
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, keeps what was committed
            death_signal=signal.SIGINT,
        )

        def make() -> ServiceProcess:
            self._configure(data, user)
            return child

        self._process = start_on_free_ports(
            make, partial(_is_ready, data / "postmaster.pid"), timeout=timeout
        )

    def stop(self, timeout: float = 30) -> None:
        """Stop it; sessions are ended, open transactions rolled back."""
        if self._process:
            self._process.stop(timeout)

    def kill(self) -> None:
        """End the server and its helpers at once (SIGKILL)."""
        if self._process:
            self._process.kill()

    def restart(self) -> None:
        """Stop it if it runs, and start it again on the same port with the same data."""
        self.stop()
        self.start()

    def erase(self) -> None:
        """Throw away the data of a stopped server, wherever they are."""
        if not self.running:
            for place in (self.folder, *(above / self._other_name() for above in places())):
                if place == self.folder or (place.is_dir() and place.stat().st_uid == os.geteuid()):
                    shutil.rmtree(place, ignore_errors=True)

    def _other_name(self) -> str:
        """Return the name of the folder that is taken when the server's OS user cannot reach this one."""
        return f"kaitsu-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"

    def _kept(self) -> dict[str, str]:
        """Return port, password and the mark of this folder, made when first asked for."""
        path = self.folder / "server.json"
        with suppress(OSError, ValueError):
            return json.loads(path.read_text())
        return self._keep(
            {"port": str(free_port()), "password": secrets.token_urlsafe(24), "mark": secrets.token_hex(8)}
        )

    def _keep(self, kept: dict[str, str]) -> dict[str, str]:
        path = self.folder / "server.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(kept))
        return kept

    def _home(self, user: OsUser | None) -> Path:
        """Return the folder above the data folder; it belongs to the server's OS user."""
        home = self.folder
        if user and not reaches(user, self.folder.parent):
            home = own_place(self._other_name())
            self._say(f"PostgreSQL's data: {home} (its user {user.name} cannot reach {self.folder})")
        if user:
            home.chmod(home.stat().st_mode | stat.S_IXOTH)
        return home

    def _forsake_strange(self, home: Path) -> None:
        """Throw away data in a folder of our own that belonged to an earlier, deleted folder of this path."""
        mark = home / "mark"
        if not mark.exists() or mark.read_text() != self._kept()["mark"]:
            shutil.rmtree(home / "data", ignore_errors=True)
            mark.write_text(self._kept()["mark"])

    def _init(self, data: Path, programs: Path, user: OsUser | None) -> None:
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=data.parent) as secret:
            secret.write(self._kept()["password"])
            secret.flush()
            if user:
                os.chown(data, user.uid, user.gid)
                os.chown(secret.name, user.uid, user.gid)
            argv = [
                str(programs / "bin" / "initdb"), "-D", str(data), "-U", ADMIN, "--auth=scram-sha-256", "--pwfile",
                secret.name, "--no-locale", "--encoding=UTF8", "--no-instructions",
            ]  # fmt: skip
            # no environment of ours: PGPORT and the like of a PostgreSQL of yours stay out
            done = subprocess.run(
                argv,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
                env={"LC_ALL": "C.UTF-8"},
                cwd=data,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise InitFailed(f"initdb: {done.stderr.strip() or done.stdout.strip()}")

    def _configure(self, data: Path, user: OsUser | None) -> None:
        """Write settings and access rules; take another port if a stranger sits on ours."""
        kept = self._kept()
        if not port_is_free(int(kept["port"])):
            kept = self._keep({**kept, "port": str(free_port())})
        for name, text in {
            "postgresql.conf": f"{SETTINGS}port = {kept['port']}\n",
            "pg_hba.conf": ACCESS,
        }.items():
            path = data / name
            path.write_text(text)
            if user:
                os.chown(path, user.uid, user.gid)


def _say_on_stderr(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _is_ready(server_file: Path, process: ServiceProcess) -> bool:
    """Tell whether the server that we started says in its pid file that it is ready."""
    with suppress(OSError, IndexError):
        lines = server_file.read_text().splitlines()
        return lines[0].strip() == str(process.pid) and lines[7].strip() == "ready"
    return False
