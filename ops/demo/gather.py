"""Asks every side at the end of a run: the services over HTTP, the mail server's folder, the logs, the bus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32
from pathlib import Path
from typing import Any, Final

import httpx

from ops.demo.bus import Heard
from ops.demo.privacy import Secrets
from ops.demo.stepper import Part

_PAGE: Final = 200


@dataclass(frozen=True)
class Services:
    """The /ops routes of the running parts, by name."""

    http: httpx.AsyncClient
    parts: Mapping[str, Part]

    async def get(self, name: str, path: str, **params: Any) -> Any:
        """Return the answer's JSON.  :raises httpx.HTTPError: it is no 2xx."""
        part = self.parts[name]
        answer = await self.http.get(
            f"{part.url}{path}", params=params, headers={"authorization": f"Bearer {part.token}"}, timeout=20
        )
        answer.raise_for_status()
        return answer.json()

    async def rows(self, name: str, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of a paged listing."""
        found: list[dict[str, Any]] = []
        after: dict[str, Any] = {}
        while True:
            page = await self.get(name, path, limit=_PAGE, **params, **after)
            found += page[key]
            if page.get("next") is None:
                return found
            after = {"after": page["next"]}


def stored_mails(folder: Path) -> list[str]:
    """Return the Message-ID of every mail that the server stored, one per file."""
    return [
        str(message_from_bytes(path.read_bytes(), policy=compat32)["Message-ID"]).strip()
        for path in sorted(folder.rglob("*.eml"))
    ]


def leaks(
    secrets: Secrets, heard: Sequence[Heard], logs: Iterable[Path], listings: Mapping[str, bytes]
) -> list[str]:
    """Return where a secret of the run was found, and how often; never the secret itself."""
    found: list[str] = []
    by_topic: dict[str, list[bytes]] = {}
    for one in heard:
        by_topic.setdefault(f"topic {one.topic}", []).append(one.raw)
    blobs = {name: b"\n".join(raw) for name, raw in by_topic.items()}
    blobs |= {f"log {path.name}": path.read_bytes() for path in logs}
    blobs |= {f"dead-letter listing of {name}": raw for name, raw in listings.items()}
    for name, blob in blobs.items():
        if count := sum(1 for _ in secrets.found_in(blob)):
            found.append(f"{name}: {count} names, phones or mail addresses")
    return found
