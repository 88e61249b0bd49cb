"""Snapshots of every event's schema: what was promised, kept as files so that a change is seen in the diff.

`python -m contracts.snapshot` writes contracts/schemas/; tests compare it with the classes and with the git base.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from contracts.event import Event
from contracts.registry import EVENT_TYPES

SCHEMAS: Final = Path(__file__).with_name("schemas")


def snapshot(cls: type[Event]) -> dict[str, Any]:
    """Return the promise of one type: its JSON schema, its topic and the field that is its key."""
    document = cls.schema_document()
    return {"$id": document.pop("$id"), "x-topic": cls.topic, "x-key": cls.key_field, **document}


def text_of(document: dict[str, Any]) -> str:
    """Return the document as it stands in a file: the same input gives the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def drift(folder: Path = SCHEMAS) -> dict[str, str | None]:
    """Return what must be written to make the folder equal to the classes: file name to text, None = delete."""
    wanted = {f"{type_}.json": text_of(snapshot(cls)) for type_, cls in EVENT_TYPES.items()}
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    changed: dict[str, str | None] = {name: text for name, text in wanted.items() if found.get(name) != text}
    return changed | {name: None for name in found if name not in wanted}


def write(folder: Path = SCHEMAS) -> list[str]:
    """Make the folder equal to the classes and return the names of the files that changed."""
    folder.mkdir(exist_ok=True)
    changes = drift(folder)
    for name, text in changes.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(text, encoding="utf-8")
    return sorted(changes)


if __name__ == "__main__":
    import sys

    sys.stdout.write("".join(f"{name}\n" for name in write()) or "the snapshots are up to date\n")
