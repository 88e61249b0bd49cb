"""A local mail server that delivers nothing: every mail becomes a file, with an index of Message-IDs.

`python -m ops.runtime.smtp PORT FOLDER`; FOLDER gets 000001.eml, … and index.jsonl (message_id, file, received_at).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.clock import utc_now

HOST: Final = "127.0.0.1"
INDEX: Final = "index.jsonl"


class Catcher:
    """Keeps what it is given before it says that it has it; a mail that comes twice is kept twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._kept = max((int(path.stem) for path in folder.glob("*.eml") if path.stem.isdigit()), default=0)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self._kept += 1
        path = self._folder / f"{self._kept:06d}.eml"
        draft = path.with_suffix(".draft")
        draft.write_bytes(content)
        os.replace(draft, path)
        entry = {
            "message_id": str(message_from_bytes(content, policy=default)["Message-ID"] or ""),
            "file": path.name,
            "received_at": utc_now().isoformat(),
        }
        with (self._folder / INDEX).open("a") as index:
            index.write(f"{json.dumps(entry)}\n")
        return "250 kept"


def message_ids(folder: Path) -> list[str]:
    """Return the Message-IDs of all mails in the order of their arrival; one that came twice stands twice."""
    try:
        lines = (folder / INDEX).read_text().splitlines()
    except FileNotFoundError:
        return []
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [entry["message_id"] for entry in entries]


async def serve(port: int, folder: Path) -> None:
    """Accept mails until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    catcher = Catcher(folder)

    def session() -> SMTP:
        return SMTP(catcher, hostname="mail.kaitsu.example", ident="kaitsu", enable_SMTPUTF8=True, loop=loop)

    async with await loop.create_server(session, HOST, port):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
