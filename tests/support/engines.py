"""A PostgreSQL and a Kafka for the tests: embedded, in containers, or yours; one pair per session, started when needed.

KAITSU_TEST_RUNTIME=embedded|containers|external; unset: containers if an engine answers a ping, else embedded.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from chassis.clock import new_id
from chassis.migrate import migrate
from ops.runtime import databases, topics
from ops.runtime.databases import ServiceDsns, provision
from ops.runtime.kafka import EmbeddedKafka
from ops.runtime.postgres import EmbeddedPostgres
from tests.support.containers import Containers, why_there_is_no_engine

CACHE: Final = Path(__file__).parents[2] / ".kaitsu" / "cache"
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
    if asked == "containers" and (why := why_there_is_no_engine()):
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
    return asked or ("embedded" if why_there_is_no_engine() else "containers")


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
    def started(self) -> list[str]:
        """Which of the two were asked for."""
        return sorted(self._found)

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
