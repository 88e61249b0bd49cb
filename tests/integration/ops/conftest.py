"""Engines of a test's own, in folders that PostgreSQL's user can reach."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from ops.runtime.kafka import EmbeddedKafka
from ops.runtime.postgres import EmbeddedPostgres
from tests.support.engines import CACHE


@pytest.fixture
def folder() -> Generator[Path]:
    """Give a folder that everybody can pass; it is thrown away."""
    made = Path(tempfile.mkdtemp(prefix="kaitsu-ops-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def postgres(folder: Path) -> Generator[EmbeddedPostgres]:
    """Give a server that is not started yet."""
    server = EmbeddedPostgres(folder / "postgres")
    yield server
    server.stop()


@pytest.fixture
def kafka(folder: Path) -> Generator[EmbeddedKafka]:
    """Give a broker that is not started yet."""
    broker = EmbeddedKafka(folder / "kafka", CACHE)
    yield broker
    broker.stop()
