"""What a person sees while the days pass: a progress bar and the last events, or lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kernel.times import TOKYO, local_date
from ops.demo.bus import Heard, instant

_TAIL: Final = 8
_DAYS_PER_LINE: Final = 5
# What of an event is worth a column; never anything personal, as events hold nothing personal.
_SHOWN: Final = (
    "consulted_on",
    "construction_on",
    "withdrawn_on",
    "activated_on",
    "completed_on",
    "answer_by",
    "due_on",
    "number",
    "kind",
    "recipient",
    "total_yen",
    "plan",
    "area",
    "code",
    "cause",
    "reason",
    "dominant",
    "changed",
)
_PLAIN: Final = frozenset({"kind", "recipient", "plan", "area", "code", "cause", "reason", "number"})


class Screen:
    """Live on a terminal, lines elsewhere."""

    def __init__(self, console: Console, *, days: int) -> None:
        self._console, self._days = console, days
        self._live: Live | None = None
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f} days"),
            TimeElapsedColumn(), console=console, auto_refresh=False,
        )  # fmt: skip
        self._task = self._progress.add_task("business time", total=days)
        self._printed = -_DAYS_PER_LINE

    def __enter__(self) -> Screen:
        if self._console.is_terminal:
            self._live = Live(self._progress, console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(
        self, *, start: datetime, now: datetime, posted: int, heard: Sequence[Heard], seconds: float
    ) -> None:
        """Show how far business time is, and the last events."""
        day = (local_date(now) - local_date(start)).days
        shown_at = now.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M")
        if self._live:
            self._progress.update(
                self._task, completed=day, description=f"{shown_at} in Tokyo, {posted} forms sent"
            )
            self._live.update(Group(self._progress, _tail(heard[-_TAIL:])))
        elif day >= self._printed + _DAYS_PER_LINE or day >= self._days > self._printed:
            self._printed = day
            self._console.print(
                f"{seconds:6.1f} s  day {day:2d}/{self._days}  {shown_at}  {posted} forms, {len(heard)} events",
                highlight=False,
            )


def _tail(heard: Sequence[Heard]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, expand=True)
    table.add_column(style="dim", width=11)
    table.add_column(style="cyan", width=36, no_wrap=True)
    table.add_column(width=17, no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for one in heard:
        at = instant(one.occurred_at).astimezone(TOKYO).strftime("%m-%d %H:%M") if one.occurred_at else ""
        table.add_row(at, one.type, str(one.data.get("order_no") or ""), details(one.data))
    return table


def details(data: dict[str, Any]) -> str:
    """Return the telling fields of an event on one line."""
    shown = [name for name in _SHOWN if data.get(name) not in (None, [], "")]
    return "  ".join(f"{data[name]}" if name in _PLAIN else f"{name} {data[name]}" for name in shown)


def jars_line(console: Console) -> Callable[[int, int], None]:
    """Return what tells a person, once, that Kafka's jars were fetched and checked."""

    def show(done: int, total: int) -> None:
        if done == total:
            console.print(f"Kafka's {total} jars are there", highlight=False)

    return show
