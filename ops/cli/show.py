"""How answers look: tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from kernel.times import TOKYO

# Into a pipe or a file nothing is cut off at 80 columns.
console: Final = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 200)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def as_json(content: object) -> None:
    """Print JSON."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; columns that begin with `#` stand to the right."""
    made = Table(title=title, title_justify="left")
    for place, name in enumerate(columns):
        right = name.startswith("#")
        made.add_column(
            name.removeprefix("#"),
            justify="right" if right else "left",
            no_wrap=right or not place,
            overflow="fold",
        )
    for row in rows:
        made.add_row(*("" if cell is None else _text(cell) for cell in row))
    console.print(made)


def pairs(title: str, content: Mapping[str, object]) -> None:
    """Print names and values, leaving out what is empty."""
    made = Table(title=title, title_justify="left", show_header=False)
    made.add_column(style="dim")
    made.add_column()
    for name, value in content.items():
        if value not in (None, "", [], {}):
            made.add_row(name, _text(value))
    console.print(made)


def instant(text: str | None) -> str:
    """Return an instant as people in Tokyo read it, to the minute."""
    return f"{datetime.fromisoformat(text).astimezone(TOKYO):%Y-%m-%d %H:%M}" if text else ""


def yen(amount: int) -> str:
    """Return whole yen."""
    return f"¥{amount:,}"


def brief(data: Mapping[str, Any], *, without: Iterable[str] = ()) -> str:
    """Return `name=value` of what is not empty; ids tell people nothing and are left out."""
    left = set(without)
    shown = {
        name: value
        for name, value in data.items()
        if name not in left and not name.endswith("_id") and value not in (None, "", [], {})
    }
    return " ".join(f"{name}={_text(value)}" for name, value in shown.items())


def _text(value: object) -> str:
    if isinstance(value, str):
        return instant(value) if _INSTANT.fullmatch(value) else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
