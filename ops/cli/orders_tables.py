"""Tables of orders that fit into 80 columns: no frames, one space between columns, days instead of instants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from kernel.times import TOKYO
from ops.cli import show


def lines(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows without a frame, under a title if there is one; only the last column is folded to fit."""
    made = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        header_style="dim",
    )
    for place, name in enumerate(columns, start=1):
        made.add_column(name, no_wrap=place < len(columns), overflow="fold")
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    show.console.print(made)


def say(text: str, *, style: str | None = None) -> None:
    """Print text as it is, broken at the width of the terminal."""
    show.console.print(text, style=style, markup=False, highlight=False)


def day(text: str | None) -> str:
    """Return the day in Tokyo of an instant."""
    return f"{datetime.fromisoformat(text).astimezone(TOKYO):%Y-%m-%d}" if text else ""
