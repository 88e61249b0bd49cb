"""Fixtures of all tests; engines start only for tests that ask for them.

engines        the session's PostgreSQL and Kafka (`.admin_dsn`, `.kafka_servers`, `.runtime`)
kafka_servers  ["127.0.0.1:port"]
topics         the catalogue's topics are there (made once per session)
fresh_topics   they are there and empty, and no group has offsets
new_topic      new_topic("orders", partitions=3) makes a topic of its own and returns its name
service_db     await service_db("billing") returns a fresh, migrated database: .owner, .app (DSNs), .database
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

import pytest

from contracts.topics import Topic
from ops.runtime.databases import ServiceDsns
from ops.runtime.topics import empty_topics, ensure_topics
from tests.support.engines import Engines, NoRuntime, chosen

_USED = pytest.StashKey[Engines]()


def pytest_configure() -> None:
    """Refuse a runtime that is not there before anything runs."""
    try:
        chosen()
    except NoRuntime as error:
        raise pytest.UsageError(str(error)) from None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which engines the tests ran on, also when pytest is quiet."""
    if used := config.stash.get(_USED, None):
        terminalreporter.write_line(
            f"engines: {used.runtime} ({', '.join(used.started) or 'none was needed'})"
        )


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Generator[Engines]:
    """Give the session's engines, not started yet; stop them in the end."""
    made = request.config.stash[_USED] = Engines(chosen())
    yield made
    made.stop()


@pytest.fixture(scope="session")
def kafka_servers(engines: Engines) -> list[str]:
    """Give the bootstrap servers of a running Kafka."""
    return engines.kafka_servers


@pytest.fixture(scope="session")
def topics(kafka_servers: list[str]) -> list[str]:
    """Give the bootstrap servers of a running Kafka that has the catalogue's topics."""
    ensure_topics(",".join(kafka_servers))
    return kafka_servers


@pytest.fixture
def fresh_topics(topics: list[str]) -> list[str]:
    """Give the bootstrap servers of a running Kafka whose topics are empty and whose groups are forgotten."""
    empty_topics(",".join(topics))
    return topics


@pytest.fixture
def new_topic(engines: Engines) -> Callable[..., str]:
    """Give a maker of topics; it returns the name of a topic that no other test has."""

    def make(hint: str = "topic", *, partitions: int = 3) -> str:
        name = engines.topic_name(hint)
        topic = Topic(name, "tests", "key", (), partitions, "For one test.")
        ensure_topics(",".join(engines.kafka_servers), [topic])
        return name

    return make


@pytest.fixture
async def service_db(engines: Engines) -> AsyncGenerator[Callable[[str], Awaitable[ServiceDsns]]]:
    """Give a maker of databases; what it made is dropped after the test."""
    made: list[ServiceDsns] = []

    async def make(service: str) -> ServiceDsns:
        made.append(await engines.fresh_database(service))
        return made[-1]

    yield make
    for dsns in made:
        await engines.drop_database(dsns)
