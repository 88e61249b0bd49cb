"""Kafka's jars: fetched by coordinates into a cache, each checked against our own list of SHA-256 sums.

`python -m ops.runtime.jars FOLDER` resolves the coordinates of Kafka anew and rewrites the list; read the diff.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jgo.maven import MavenContext

from ops.runtime.trouble import Trouble

ROOTS: Final = ("org.apache.kafka:kafka_2.13:4.4.0", "org.slf4j:slf4j-simple:1.7.36")
LIST: Final = Path(__file__).with_name("kafka_jars.txt")
MIRROR: Final = "KAITSU_MAVEN_REPOSITORY"
_TRIES: Final = 3


class JarsMissing(Trouble):
    """A jar could not be fetched, or is not the one of our list."""


@dataclass(frozen=True)
class Jar:
    """One line of the list."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def coordinates(self) -> str:
        """group:name:version."""
        return f"{self.group}:{self.name}:{self.version}"


def listed() -> list[Jar]:
    """Return the jars of our list."""
    lines = [line.split() for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    found: list[Jar] = []
    for coordinates, sha256 in lines:
        group, name, number = coordinates.split(":")
        found.append(Jar(group, name, number, sha256))
    return found


def fetch(cache: Path, *, on_progress: Callable[[int, int], None] | None = None) -> list[Path]:
    """Return the paths of all jars, fetching what the cache does not have; in the order of the list.

    on_progress: called with (jars ready, jars in all). With KAITSU_MAVEN_REPOSITORY they come from that address.
    :raises JarsMissing: one cannot be fetched, or its sum is not the one of our list.
    """
    jars, ready = listed(), 0
    context = _context(cache)

    def fetch_one(jar: Jar) -> Path:
        return _fetch(context, jar)

    paths: list[Path] = []
    with _locked(cache), ThreadPoolExecutor(8) as pool:
        for path in pool.map(fetch_one, jars):
            paths.append(path)
            ready += 1
            if on_progress:
                on_progress(ready, len(jars))
    return paths


def cached(cache: Path) -> bool:
    """Tell whether every jar lies in the cache; their sums are not looked at."""
    context = _context(cache)
    return all(_cached_path(context, jar).exists() for jar in listed())


def _context(cache: Path) -> MavenContext:
    mirror = os.environ.get(MIRROR)
    return MavenContext(
        repo_cache=cache / "jars", remote_repos={"mirror": mirror} if mirror else None, timeout=60
    )


def _cached_path(context: MavenContext, jar: Jar) -> Path:
    folder = context.repo_cache / Path(*jar.group.split("."), jar.name, jar.version)
    return folder / f"{jar.name}-{jar.version}.jar"


def _fetch(context: MavenContext, jar: Jar) -> Path:
    why = ""
    for _ in range(_TRIES):
        path = _cached_path(context, jar)
        try:
            if not path.exists():
                path = context.project(jar.group, jar.name).at_version(jar.version).artifact().resolve()
        except Exception as error:  # jgo raises whatever its HTTP client does
            why = f"{type(error).__name__}: {error}"
            continue
        if _sum(path) == jar.sha256:
            return path
        why = "its SHA-256 is not the one of ops/runtime/kafka_jars.txt"
        path.unlink(missing_ok=True)
    raise JarsMissing(
        f"{jar.coordinates}: {why}. Is the network there? Behind a proxy set HTTPS_PROXY; with a repository of your "
        f"own set {MIRROR} to its address."
    )


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(cache: Path) -> Generator[None]:
    """Let one process at a time fetch into the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "jars.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _rewrite(cache: Path) -> None:
    context = _context(cache)
    wanted = [context.create_dependency(root) for root in ROOTS]
    for dependency in wanted:
        dependency.scope = "compile"
    inputs, transitive = context.resolver.resolve(wanted)
    found = [*inputs, *(one for one in transitive if one.scope in {"compile", "runtime"})]
    lines: set[str] = set()
    for dependency in found:
        artifact = dependency.artifact
        coordinates = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
        lines.add(f"{coordinates} {_sum(artifact.resolve())}\n")
    head = "# Apache Kafka's jars: coordinates and SHA-256; written by `python -m ops.runtime.jars FOLDER`.\n"
    LIST.write_text(head + "".join(sorted(lines)))


if __name__ == "__main__":
    _rewrite(Path(sys.argv[1]))
