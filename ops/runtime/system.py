"""The whole system as children of one process: engines, mail server, services, sandbox."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Final

import httpx

from chassis.clock import monotonic
from ops.runtime import topics
from ops.runtime.databases import SERVICES, ServiceDsns, provision, run_sync
from ops.runtime.environment import HOST, Surroundings
from ops.runtime.kafka import EmbeddedKafka
from ops.runtime.postgres import EmbeddedPostgres
from ops.runtime.processes import ServiceProcess, answers, free_port, port_is_free, stop_leftover
from ops.runtime.secret import Secrets, load_or_make, write_private
from ops.runtime.trouble import Trouble

ROOT: Final = Path(__file__).parents[2]
KAFKA: Final = "KAITSU_KAFKA"
POSTGRES: Final = "KAITSU_POSTGRES"
_MIGRATE_S: Final = 120.0
_READY_S: Final = 60.0
_LOG_BYTES: Final = 20_000_000
Say = Callable[[str], None]


class SystemRuns(Trouble):
    """Another process runs a system on this state folder."""


class MigrationFailed(Trouble):
    """A service's database could not be brought up to date."""


class System:
    """One system on one state folder; data, ports and secrets in it survive stops, kills and restarts.

    Parts: postgres, kafka (unless yours are given by KAITSU_POSTGRES and KAITSU_KAFKA), smtp, the services, sandbox.
    From async code call start, stop and the like with asyncio.to_thread: they block.
    """

    def __init__(
        self,
        state: Path = Path(".kaitsu"),
        *,
        cache: Path | None = None,
        services: Sequence[str] = SERVICES,
        sandbox: bool = True,
        law: Path | None = None,
        say: Say | None = None,
        on_jars: Callable[[int, int], None] | None = None,
    ) -> None:
        self.state = state.resolve()
        self.clock = "wall"
        self.services, self._sandbox, self._law = tuple(services), sandbox, law
        self._say: Say = say or (lambda _text: None)
        self._lock: IO[str] | None = None
        self._dsns: dict[str, ServiceDsns] = {}
        self._processes: dict[str, ServiceProcess] = {}
        self._mended: dict[str, tuple[float, float]] = {}
        self._around: Surroundings | None = None
        self.postgres = None if os.environ.get(POSTGRES) else EmbeddedPostgres(
            self.state / "postgres", log_path=self._log("postgres"), say=self._say
        )  # fmt: skip
        self.kafka = None if os.environ.get(KAFKA) else EmbeddedKafka(
            self.state / "kafka", cache or self.state / "cache", log_path=self._log("kafka"), on_progress=on_jars
        )  # fmt: skip

    @property
    def secrets(self) -> Secrets:
        """The secrets of this state folder, made when first asked for."""
        return load_or_make(self.state / "secrets.json")

    @property
    def mails(self) -> Path:
        """The folder of the mails that were sent: *.eml and index.jsonl."""
        return self.state / "mails"

    @property
    def logs(self) -> Path:
        """The folder of the logs, one file per part."""
        return self.state / "logs"

    @property
    def has_data(self) -> bool:
        """Whether a system ever ran on this state folder, or its engines are yours."""
        return (self.state / "secrets.json").exists()

    @property
    def parts(self) -> list[str]:
        """The names of the parts in the order of their start."""
        engines = [name for name, engine in (("postgres", self.postgres), ("kafka", self.kafka)) if engine]
        return [*engines, "smtp", *self.services, *(["sandbox"] if self._sandbox else [])]

    @property
    def admin_dsn(self) -> str:
        """The DSN of a role that may make roles and databases; for `ops` only."""
        return self.postgres.admin_dsn if self.postgres else os.environ[POSTGRES]

    @property
    def bootstrap(self) -> str:
        """Kafka's bootstrap servers, separated by commas."""
        return self.kafka.bootstrap if self.kafka else os.environ[KAFKA]

    def start(self, *, clock: str = "wall") -> None:
        """Start everything and return when each part says that it is ready.

        clock: `wall`, or the path of a clock record that is there.
        :raises SystemRuns: this folder's system runs.  :raises NotStarted, MigrationFailed: the text holds the log.
        Whatever was started is stopped again when something fails.
        """
        self.clock = clock if clock == "wall" else str(Path(clock).resolve())
        self._take_lock()
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, the services first; no process stays behind."""
        for name in ("sandbox", *self.services):
            if process := self._processes.get(name):
                process.ask_to_stop()
        for name in ("sandbox", *reversed(self.services), "smtp"):
            if process := self._processes.get(name):
                process.stop()
        engines = [engine.stop for engine in (self.kafka, self.postgres) if engine]
        _all_at_once(engines)
        (self.state / "run.json").unlink(missing_ok=True)
        if self._lock:
            self._lock.close()
            self._lock = None

    def addresses(self) -> dict[str, str]:
        """Return where each part is: URLs, host:port, and the folder of the mails; no passwords."""
        around = self._surroundings()
        return {
            "kafka": self.bootstrap,
            "postgres": self.admin_dsn.rpartition("@")[2],
            "smtp": f"{HOST}:{around.ports['smtp']}",
            "mails": str(self.mails),
            **{name: around.url(name) for name in self._http_parts()},
        }

    def env(self, part: str) -> dict[str, str]:
        """Return the environment of a service or of the sandbox."""
        around = self._surroundings()
        return around.of_sandbox() if part == "sandbox" else around.of_service(part, self._dsns[part])

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids of each part."""
        return {name: self._part(name).pids for name in self.parts if self.runs(name)}

    def runs(self, name: str) -> bool:
        """Tell whether a part's process is there."""
        return name in self.parts and (name in self._processes or name in {"postgres", "kafka"}) and (
            self._part(name).running
        )  # fmt: skip

    def start_part(self, name: str) -> None:
        """Start one part and return when it is ready."""
        self._part(name).start()
        self.wait_ready([name])

    def stop_part(self, name: str) -> None:
        """Stop one part as an operator would."""
        self._part(name).stop()

    def kill_part(self, name: str) -> None:
        """End one part at once (SIGKILL)."""
        self._part(name).kill()

    def mend(self) -> list[str]:
        """Start the parts that have died, and return their names; one that keeps dying is started ever later."""
        dead = [name for name in self.parts if not self.runs(name)]
        mended: list[str] = []
        for name in dead:
            waited, since = self._mended.get(name, (0.0, float("-inf")))
            now = monotonic()
            if now - since < waited:
                continue
            self._mended[name] = (min(30.0, waited * 2 or 1.0) if now - since < 120 else 1.0, now)
            try:
                self._part(name).start()
            except Trouble as error:
                self._say(str(error))
            else:
                mended.append(name)
        return mended

    def wait_ready(self, names: Sequence[str], timeout: float = _READY_S) -> None:
        """Return when each of the parts answers that it is ready.

        :raises NotStarted: one ended or was not ready in time.
        """
        waits = [partial(self._wait_ready, name, timeout) for name in names if name in self._processes]
        _all_at_once(waits)

    def start_engines(self) -> None:
        """Start PostgreSQL and Kafka only; stop() stops them.

        :raises SystemRuns: this folder's system runs.  :raises NotStarted: the text holds the log.
        """
        self._take_lock()
        try:
            self._start_engines()
        except BaseException:
            self.stop()
            raise

    def erase_data(self) -> None:
        """Throw away databases and topics of a stopped system; mails, logs and secrets stay."""
        for engine in (self.postgres, self.kafka):
            if engine:
                engine.erase()

    def _start_engines(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        self._turn_logs()
        for left in (self.state / "pids").glob("*.pid"):
            stop_leftover(left, name=left.stem)
        engines = [engine.start for engine in (self.postgres, self.kafka) if engine]
        if engines:
            self._say("Starting PostgreSQL and Kafka")
        _all_at_once(engines)

    def _start_all(self) -> None:
        self._start_engines()
        self._say("Databases, roles and topics")
        password = self.secrets.database_password
        for name in self.services:
            self._dsns[name] = run_sync(provision(self.admin_dsn, name, password=password))
        topics.ensure_topics(self.bootstrap)
        self._around = None
        self._surroundings()
        self._make_processes()
        self._migrate()
        self._say("Starting the services")
        for process in self._processes.values():
            process.start()
        self._write_run_file()
        self.wait_ready(list(self._processes))

    def _make_processes(self) -> None:
        around = self._surroundings()
        python = [sys.executable, "-m"]
        smtp = [*python, "ops.runtime.smtp", str(around.ports["smtp"]), str(self.mails)]
        argvs = {"smtp": smtp, **{name: [*python, f"services.{name}"] for name in self.services}}
        if self._sandbox:
            argvs["sandbox"] = [*python, "ops.sandbox"]
        self._processes = {
            name: ServiceProcess(
                name,
                argv,
                dict(os.environ) if name == "smtp" else self.env(name),
                self._log(name),
                pid_file=self.state / "pids" / f"{name}.pid",
                cwd=ROOT,
            )
            for name, argv in argvs.items()
        }

    def _migrate(self) -> None:
        runs = [
            ServiceProcess(
                f"{name}-migrate",
                [sys.executable, "-m", f"services.{name}", "migrate"],
                self.env(name),
                self._log(f"{name}-migrate"),
                cwd=ROOT,
            )
            for name in self.services
        ]
        for run in runs:
            run.start()
        for run in runs:
            if code := run.join(_MIGRATE_S):
                raise MigrationFailed(
                    f"{run.name} ended with code {code}; the end of {run.log_path}:\n{run.log_end}"
                )

    def _wait_ready(self, name: str, timeout: float) -> None:
        around = self._surroundings()
        if name == "smtp":
            self._processes[name].wait_until(lambda: answers(around.ports["smtp"]), timeout=timeout)
            return
        with httpx.Client(timeout=5, trust_env=False) as client:
            url = f"{around.url(name)}/ready"
            self._processes[name].wait_until(lambda: _says_yes(client, url), timeout=timeout, step=0.05)

    def _surroundings(self) -> Surroundings:
        if self._around is None:
            law = str(self._law.resolve()) if self._law else None
            self._around = Surroundings(self.bootstrap, self._ports(), self.clock, self.secrets, law)
        return self._around

    def _ports(self) -> dict[str, int]:
        """Return the port of each part, kept; one that a stranger took is chosen anew."""
        path = self.state / "ports.json"
        kept: dict[str, int] = {}
        with suppress(OSError, ValueError):
            kept = json.loads(path.read_text())
        for name in ("smtp", *SERVICES, "sandbox"):
            mine = self._processes.get(name)
            if name not in kept or not (port_is_free(kept[name]) or (mine and mine.running)):
                kept[name] = free_port(avoid=kept.values())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept))
        return kept

    def _http_parts(self) -> list[str]:
        return [*self.services, *(["sandbox"] if self._sandbox else [])]

    def _part(self, name: str) -> ServiceProcess | EmbeddedKafka | EmbeddedPostgres:
        """:raises KeyError: there is no such part, or it is one of yours."""
        engines: Mapping[str, EmbeddedKafka | EmbeddedPostgres | None] = {
            "postgres": self.postgres,
            "kafka": self.kafka,
        }
        return engines.get(name) or self._processes[name]

    def _write_run_file(self) -> None:
        around = self._surroundings()
        services = {name: {"url": around.url(name)} for name in self._http_parts()}
        content = {
            "pid": os.getpid(),
            "clock": self.clock,
            "kafka": self.bootstrap,
            "postgres": self.admin_dsn,
            "ops_token": self.secrets.ops_token,
            "services": services,
            "mails": str(self.mails),
            "logs": str(self.logs),
        }
        write_private(self.state / "run.json", content)

    def _take_lock(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        lock = (self.state / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise SystemRuns(
                f"process {holder} runs a system on {self.state}: stop it with Ctrl-C there"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _turn_logs(self) -> None:
        for path in self.logs.glob("*.log"):
            if path.stat().st_size > _LOG_BYTES:
                path.replace(path.with_suffix(".log.1"))

    def _log(self, part: str) -> Path:
        return self.logs / f"{part}.log"


def _says_yes(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.HTTPError:
        return False


def _all_at_once(acts: Sequence[Callable[[], object]]) -> None:
    """Run them at the same time; the first error is raised when all have ended."""
    if not acts:
        return
    with ThreadPoolExecutor(len(acts)) as pool:
        done = [pool.submit(act) for act in acts]
    for each in done:
        each.result()
