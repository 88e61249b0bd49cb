"""The whole system as children of one process: engines, mail server, services, sandbox."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Final

from chassis.clock import monotonic
from ops.runtime import launch, topics
from ops.runtime.databases import SERVICES, ServiceDsns, provision, run_sync
from ops.runtime.environment import HOST, Surroundings
from ops.runtime.kafka import EmbeddedKafka
from ops.runtime.postgres import EmbeddedPostgres
from ops.runtime.processes import ServiceProcess, stop_leftover
from ops.runtime.secret import Secrets, load_or_make, write_private
from ops.runtime.trouble import Trouble

ROOT: Final = Path(__file__).parents[2]
KAFKA: Final = "KAITSU_KAFKA"
POSTGRES: Final = "KAITSU_POSTGRES"
_READY_S: Final = 60.0
_LOG_BYTES: Final = 20_000_000
Say = Callable[[str], None]


class SystemRuns(Trouble):
    """Another process runs a system on this state folder."""


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

    def hold(self) -> None:
        """Take the folder for this process, before anything in it is written; stop() gives it free.

        :raises SystemRuns: this folder's system runs.
        """
        self._take_lock()

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
        """Stop everything, the services first; no process stays behind. Without the folder's lock: nothing to stop."""
        if not self._lock:
            return
        for name in ("sandbox", *self.services):
            if process := self._processes.get(name):
                process.ask_to_stop()
        for name in ("sandbox", *reversed(self.services), "smtp"):
            if process := self._processes.get(name):
                process.stop()
        if self.kafka and self.kafka.writes_start_cache:
            self._say(
                "Writing Kafka's start cache: once, about 10 seconds, and it starts in half the time from now on"
            )
        engines = [engine.stop for engine in (self.kafka, self.postgres) if engine]
        launch.all_at_once(engines)
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
        around = self._surroundings()
        processes = [self._processes[name] for name in names if name in self._processes]
        launch.all_at_once([partial(launch.wait_ready, each, around, timeout) for each in processes])

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
        launch.all_at_once(engines)

    def _start_all(self) -> None:
        self._start_engines()
        self._say("Databases, roles and topics")
        password = self.secrets.database_password
        for name in self.services:
            self._dsns[name] = run_sync(provision(self.admin_dsn, name, password=password))
        topics.ensure_topics(self.bootstrap)
        self._around = None
        self._surroundings()
        launch.migrate(
            [self._process(f"{name}-migrate", launch.migration(name), name) for name in self.services]
        )
        self._processes = {
            name: self._process(name, argv, name, pid_file=self.state / "pids" / f"{name}.pid")
            for name, argv in launch.commands(self._http_parts(), self._surroundings(), self.mails).items()
        }
        self._say("Starting the services")
        for process in self._processes.values():
            process.start()
        self._write_run_file()
        self.wait_ready(list(self._processes))

    def _process(
        self, name: str, argv: Sequence[str], part: str, *, pid_file: Path | None = None
    ) -> ServiceProcess:
        env = dict(os.environ) if part == "smtp" else self.env(part)
        return ServiceProcess(name, argv, env, self._log(name), pid_file=pid_file, cwd=ROOT)

    def _surroundings(self) -> Surroundings:
        if self._around is None:
            law = str(self._law.resolve()) if self._law else None
            mine = {name for name, process in self._processes.items() if process.running}
            ports = launch.keep_ports(self.state / "ports.json", ("smtp", *SERVICES, "sandbox"), busy=mine)
            self._around = Surroundings(self.bootstrap, ports, self.clock, self.secrets, law)
        return self._around

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
        self._lock = self._lock or _lock(self.state)

    def _turn_logs(self) -> None:
        for path in self.logs.glob("*.log"):
            if path.stat().st_size > _LOG_BYTES:
                path.replace(path.with_suffix(".log.1"))

    def _log(self, part: str) -> Path:
        return self.logs / f"{part}.log"


def clear_state(state: Path) -> None:
    """Throw away a state folder with everything in it.  :raises SystemRuns: its system runs."""
    if state.exists():
        with _lock(state):
            shutil.rmtree(state)


def _lock(state: Path) -> IO[str]:
    """Return the open lock file of the folder; closing it gives the folder free.

    :raises SystemRuns: another process holds it.
    """
    state.mkdir(parents=True, exist_ok=True)
    lock = (state / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise SystemRuns(f"process {holder} runs a system on {state}: stop it with Ctrl-C there") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
