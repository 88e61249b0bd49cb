"""A PostgreSQL and a Kafka for the tests: embedded, in containers, or yours; one pair per session, started when needed.

KAITSU_TEST_RUNTIME=embedded|containers|external; unset: containers if an engine answers a ping, else embedded.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from chassis.clock import new_id
from chassis.migrate import migrate
from ops.runtime import databases, topics
from ops.runtime.databases import ServiceDsns, provision
from ops.runtime.kafka import EmbeddedKafka
from ops.runtime.postgres import EmbeddedPostgres
from ops.runtime.processes import free_port

CACHE: Final = Path(__file__).parents[2] / ".kaitsu" / "cache"
KAFKA_IMAGE: Final = "apache/kafka:4.4.0"
POSTGRES_IMAGE: Final = "postgres:18.1-bookworm"
RUNTIMES: Final = ("embedded", "containers", "external")


class NoRuntime(RuntimeError):
    """The runtime that was asked for is not there; the text says what to do."""


class Pair(Protocol):
    """Where the two engines come from."""

    def postgres(self) -> str:
        """Start PostgreSQL and return an admin DSN."""
        ...

    def kafka(self) -> str:
        """Start Kafka and return its bootstrap servers, separated by commas."""
        ...

    def stop(self) -> None:
        """Stop what was started."""
        ...


def chosen() -> str:
    """Return the runtime of this session.

    :raises NoRuntime: KAITSU_TEST_RUNTIME names one that is unknown or not there.
    """
    asked = os.environ.get("KAITSU_TEST_RUNTIME", "")
    if asked and asked not in RUNTIMES:
        raise NoRuntime(f"KAITSU_TEST_RUNTIME is {asked!r}: it is one of {', '.join(RUNTIMES)}")
    if asked == "containers" and (why := _container_engine_is_missing()):
        raise NoRuntime(
            f"KAITSU_TEST_RUNTIME=containers, but no container engine answers ({why}): start Docker or Podman, point "
            "DOCKER_HOST at it, or take KAITSU_TEST_RUNTIME=embedded"
        )
    if asked == "external":
        missing = [name for name in ("KAITSU_TEST_KAFKA", "KAITSU_TEST_POSTGRES") if not os.environ.get(name)]
        if missing:
            raise NoRuntime(
                f"KAITSU_TEST_RUNTIME=external needs {' and '.join(missing)} (KAITSU_TEST_KAFKA=host:port[,host:port], "
                "KAITSU_TEST_POSTGRES=a DSN whose role may make roles and databases)"
            )
    return asked or ("embedded" if _container_engine_is_missing() else "containers")


@cache
def _container_engine_is_missing() -> str:
    """Return why no container engine can be used, or nothing if one answers a ping."""
    import docker
    from docker.errors import DockerException

    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if address.startswith("unix://") and not Path(address.removeprefix("unix://")).exists():
        return f"there is no {address}"
    with warnings.catch_warnings(action="ignore"):  # it leaves its socket open when nobody answers
        try:
            client: Any = docker.from_env(timeout=3)
            client.ping()
            client.close()
        except DockerException as error:
            return str(error)
        finally:
            gc.collect()
    return ""


class Embedded:
    """Both engines as children of the test process, their data in a folder that is thrown away."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kaitsu-tests-"))
        self.folder.chmod(0o711)  # PostgreSQL runs as another OS user when the tests run as root
        self._postgres = EmbeddedPostgres(self.folder / "postgres")
        self._kafka = EmbeddedKafka(self.folder / "kafka", CACHE)

    def postgres(self) -> str:
        """Start PostgreSQL and return an admin DSN."""
        self._postgres.start()
        return self._postgres.admin_dsn

    def kafka(self) -> str:
        """Start Kafka and return its bootstrap server."""
        self._kafka.start()
        return self._kafka.bootstrap

    def stop(self) -> None:
        """Stop both and throw their data away."""
        self._kafka.stop()
        self._postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Containers:
    """Both engines as containers of the engine that answered."""

    def __init__(self) -> None:
        from testcontainers.core.container import DockerContainer

        self._started: list[DockerContainer] = []

    def postgres(self) -> str:
        """Start PostgreSQL and return an admin DSN."""
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.wait_strategies import LogMessageWaitStrategy

        password = new_id().hex
        # its entry point starts the server once to prepare it, then for good: the second "ready" counts
        ready = LogMessageWaitStrategy("(?s)database system is ready.*database system is ready")
        container = (
            DockerContainer(POSTGRES_IMAGE)
            .with_env("POSTGRES_PASSWORD", password)
            .with_exposed_ports(5432)
            .waiting_for(ready.with_startup_timeout(120))
        )
        self._started.append(container)
        container.start()
        host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
        return f"postgresql://postgres:{password}@{host}:{port}/postgres"

    def kafka(self) -> str:
        """Start Kafka and return its bootstrap server."""
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.wait_strategies import LogMessageWaitStrategy

        port = free_port()
        container = DockerContainer(KAFKA_IMAGE)
        host = container.get_container_host_ip()
        settings = {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{host}:{port}",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        }
        for name, value in settings.items():
            container = container.with_env(name, value)
        ready = LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(120)
        container = container.with_bind_ports(9092, port).waiting_for(ready)
        self._started.append(container)
        container.start()
        return f"{host}:{port}"

    def stop(self) -> None:
        """Remove the containers."""
        for container in self._started:
            container.stop()


class External:
    """Engines of yours, by address; what tests make there they take away, except topics."""

    def postgres(self) -> str:
        """Return KAITSU_TEST_POSTGRES."""
        return os.environ["KAITSU_TEST_POSTGRES"]

    def kafka(self) -> str:
        """Return KAITSU_TEST_KAFKA."""
        return os.environ["KAITSU_TEST_KAFKA"]

    def stop(self) -> None:
        """Leave them alone."""


@dataclass
class Engines:
    """The pair of this session; each engine starts when it is first asked for."""

    runtime: str
    _pair: Pair = field(init=False)
    _found: dict[str, str] = field(default_factory=dict[str, str], init=False)
    _templates: dict[str, str] = field(default_factory=dict[str, str], init=False)
    _prefix: str = field(default_factory=lambda: f"t{new_id().hex[:8]}_", init=False)
    _databases: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Make the pair, without starting it."""
        self._pair = {"embedded": Embedded, "containers": Containers, "external": External}[self.runtime]()

    @property
    def admin_dsn(self) -> str:
        """The DSN of a role that may make roles and databases."""
        if "postgres" not in self._found:
            self._found["postgres"] = self._pair.postgres()
        return self._found["postgres"]

    @property
    def kafka_servers(self) -> list[str]:
        """The bootstrap servers, as a list."""
        if "kafka" not in self._found:
            self._found["kafka"] = self._pair.kafka()
        return self._found["kafka"].split(",")

    async def fresh_database(self, service: str) -> ServiceDsns:
        """Return a new, migrated database of the service, with roles of its own for this session."""
        if service not in self._templates:
            dsns = await provision(self.admin_dsn, service, password=self._prefix, prefix=self._prefix)
            await migrate(dsns.owner, service=service, app_role=f"{self._prefix}{service}_app")
            self._templates[service] = dsns.database
        self._databases += 1
        name = f"{self._prefix}{service}_{self._databases}"
        return await databases.copy(
            self.admin_dsn, service, password=self._prefix, prefix=self._prefix, database=name,
            template=self._templates[service],
        )  # fmt: skip

    async def drop_database(self, dsns: ServiceDsns) -> None:
        """Take a database away, with whoever is connected."""
        await databases.drop(self.admin_dsn, dsns.database)

    def stop(self) -> None:
        """Stop what was started; from external engines take away what the session made."""
        try:
            if self.runtime == "external" and "postgres" in self._found:
                databases.run_sync(databases.clear(self._found["postgres"], prefix=self._prefix))
            if self.runtime == "external" and "kafka" in self._found:
                with suppress(topics.TopicsMissing):
                    topics.delete_topics(self._found["kafka"], prefix=self._prefix)
        finally:
            self._pair.stop()

    def topic_name(self, hint: str) -> str:
        """Return a topic name that no other test has."""
        return f"{self._prefix}{hint}.{new_id().hex[:8]}"
