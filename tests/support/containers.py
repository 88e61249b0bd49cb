"""PostgreSQL and Kafka from testcontainers; needs a container engine (Docker, Podman) that answers."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from chassis.clock import new_id
from ops.runtime.ports import free_port

KAFKA_IMAGE: Final = "apache/kafka:4.4.0"
POSTGRES_IMAGE: Final = "postgres:18.1-bookworm"


@cache
def why_there_is_no_engine() -> str:
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


class Containers:
    """Both engines as containers of the engine that answered."""

    def __init__(self) -> None:
        from testcontainers.core.container import DockerContainer  # slow, and only wanted here

        self._image: Callable[[str], DockerContainer] = DockerContainer
        self._started: list[DockerContainer] = []

    def postgres(self) -> str:
        """Start PostgreSQL and return an admin DSN."""
        password = new_id().hex
        from testcontainers.core.wait_strategies import LogMessageWaitStrategy

        # its entry point starts the server once to prepare it, then for good: the second "ready" counts
        ready = LogMessageWaitStrategy("(?s)database system is ready.*database system is ready")
        container = (
            self._image(POSTGRES_IMAGE)
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
        from testcontainers.core.wait_strategies import LogMessageWaitStrategy

        port = free_port()
        container = self._image(KAFKA_IMAGE)
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
