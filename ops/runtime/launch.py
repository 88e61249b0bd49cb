"""How the parts of the system are started: their commands, their ports, their migrations, and when they are ready."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx

from ops.runtime.environment import Surroundings
from ops.runtime.ports import answers, free_port, port_is_free
from ops.runtime.processes import ServiceProcess
from ops.runtime.trouble import Trouble

_MIGRATE_S: Final = 120.0
_PYTHON: Final = (sys.executable, "-m")


class MigrationFailed(Trouble):
    """A service's database could not be brought up to date."""


def commands(http_parts: Iterable[str], around: Surroundings, mails: Path) -> dict[str, list[str]]:
    """Return the command of each part that is not an engine, in the order of their start."""
    modules = {name: "ops.sandbox" if name == "sandbox" else f"services.{name}" for name in http_parts}
    smtp = [*_PYTHON, "ops.runtime.smtp", str(around.ports["smtp"]), str(mails)]
    return {"smtp": smtp, **{name: [*_PYTHON, module] for name, module in modules.items()}}


def migration(service: str) -> list[str]:
    """Return the command that brings a service's database up to date."""
    return [*_PYTHON, f"services.{service}", "migrate"]


def migrate(runs: Sequence[ServiceProcess]) -> None:
    """Run migrations at the same time.  :raises MigrationFailed: one failed; the text holds its log."""
    for run in runs:
        run.start()
    codes = [run.join(_MIGRATE_S) for run in runs]
    for run, code in zip(runs, codes, strict=True):
        if code:
            raise MigrationFailed(
                f"{run.name} ended with code {code}; the end of {run.log_path}:\n{run.log_end}"
            )


def wait_ready(process: ServiceProcess, around: Surroundings, timeout: float) -> None:
    """Return when the part says that it is ready.  :raises NotStarted: it ended, or was not in time."""
    if process.name == "smtp":
        process.wait_until(lambda: answers(around.ports["smtp"]), timeout=timeout)
        return
    url = f"{around.url(process.name)}/ready"
    with httpx.Client(timeout=5, trust_env=False) as client:
        process.wait_until(lambda: _says_yes(client, url), timeout=timeout, step=0.05)


def keep_ports(path: Path, names: Iterable[str], *, busy: Set[str]) -> dict[str, int]:
    """Return the port of each part, kept in the file; one that a stranger took is chosen anew.

    busy: parts that run, so that their ports are rightly taken.
    """
    kept: dict[str, int] = {}
    with suppress(OSError, ValueError):
        kept = json.loads(path.read_text())
    for name in names:
        if name not in kept or not (name in busy or port_is_free(kept[name])):
            kept[name] = free_port(avoid=kept.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept))
    return kept


def all_at_once(acts: Sequence[Callable[[], object]]) -> None:
    """Run them at the same time; the first error is raised when all have ended."""
    if not acts:
        return
    with ThreadPoolExecutor(len(acts)) as pool:
        done = [pool.submit(act) for act in acts]
    for each in done:
        each.result()


def _says_yes(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.HTTPError:
        return False
