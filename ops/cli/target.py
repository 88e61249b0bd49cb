"""Where the system is that a command talks to: one that runs on this machine, or addresses from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import psutil
import typer

from ops.runtime.databases import SERVICES
from ops.runtime.trouble import Trouble

STATE: Final = Path(".kaitsu")
TOKEN: Final = "KAITSU_OPS_TOKEN"  # noqa: S105 - the name of a variable
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        help="Folder of the system to talk to; without it the one that runs on .kaitsu, or KAITSU_KAFKA, "
        "KAITSU_OPS_TOKEN and KAITSU_<SERVICE>_URL.",
    ),
]


class NoSystem(Trouble):
    """There is no system to talk to."""


@dataclass(frozen=True)
class Target:
    """Addresses and the ops token; admin_dsn only for a system of this machine, or when KAITSU_POSTGRES says so."""

    kafka: str
    ops_token: str
    urls: Mapping[str, str] = field(default_factory=dict[str, str])
    clock: str | None = None
    admin_dsn: str | None = None
    logs: str | None = None

    def get(self, service: str, path: str, **query: str | int | None) -> Any:
        """Return the JSON answer of a GET.  :raises Trouble: no answer, or a refusal."""
        return self._ask("GET", service, path, params={k: v for k, v in query.items() if v is not None})

    def post(self, service: str, path: str, body: Mapping[str, object]) -> Any:
        """Return the JSON answer of a POST.  :raises Trouble: no answer, or a refusal."""
        return self._ask("POST", service, path, json=dict(body))

    def rows(self, service: str, path: str, name: str, *, most: int, **query: str | int | None) -> list[Any]:
        """Return at most so many rows of a listing, page by page.  :raises Trouble: as get."""
        rows: list[Any] = []
        after: str | int | None = None
        while len(rows) < most:
            page = self.get(service, path, **query, after=after, limit=min(200, most - len(rows)))
            rows += page[name]
            after = page.get("next")
            if after is None:
                break
        return rows

    def _ask(self, method: str, service: str, path: str, **more: Any) -> Any:
        if service not in self.urls:
            raise Trouble(f"No address of {service} is known: set KAITSU_{service.upper()}_URL.")
        url = f"{self.urls[service]}{path}"
        try:
            with httpx.Client(timeout=15, trust_env=False) as client:
                headers = {"Authorization": f"Bearer {self.ops_token}"}
                answer = client.request(method, url, headers=headers, **more)
        except httpx.HTTPError as error:
            where = f" Its log: {self.logs}/{service}.log" if self.logs else ""
            raise Trouble(f"{service} does not answer at {url} ({type(error).__name__}).{where}") from None
        if answer.is_success:
            return answer.json()
        raise Trouble(f"{service} says {answer.status_code}: {_reason(answer)}")


def find(state: Path | None) -> Target:
    """Return the system to talk to.

    :raises NoSystem: none runs on the folder and the environment names none; the text says what to do.
    """
    if state is None and (given := _given()):
        return given
    folders = [state] if state else [STATE, *sorted(path.parent for path in STATE.glob("*/run.json"))]
    running = [run for folder in folders if (run := read_run_file(folder))]
    if not running:
        where = state or STATE
        raise NoSystem(
            f"No system runs on {where}. Start one in another terminal with `make up` (or `kaitsu up`), or name yours: "
            f"KAITSU_KAFKA=host:port, {TOKEN}=..., KAITSU_PROVISIONING_URL=http://... (and the other services)."
        )
    run = running[0]
    return Target(
        kafka=run["kafka"],
        ops_token=run["ops_token"],
        urls={name: entry["url"] for name, entry in run["services"].items()},
        clock=run["clock"],
        admin_dsn=run["postgres"],
        logs=run["logs"],
    )


def read_run_file(folder: Path) -> dict[str, Any] | None:
    """Return what the system that runs on the folder says about itself, or None if none does."""
    try:
        run = json.loads((folder / "run.json").read_text())
    except (OSError, ValueError):
        return None
    return run if psutil.pid_exists(run["pid"]) else None


def _given() -> Target | None:
    """Return the system that the environment names, if it names one."""
    if not os.environ.get(TOKEN):
        return None
    urls = {
        name: url.rstrip("/") for name in SERVICES if (url := os.environ.get(f"KAITSU_{name.upper()}_URL"))
    }
    return Target(
        kafka=os.environ.get("KAITSU_KAFKA", ""),
        ops_token=os.environ[TOKEN],
        urls=urls,
        admin_dsn=os.environ.get("KAITSU_POSTGRES"),
    )


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return ": ".join(text for text in (problem.get("title"), problem.get("detail")) if text)
    except (ValueError, AttributeError):
        return answer.reason_phrase
