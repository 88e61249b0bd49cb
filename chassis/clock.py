"""The only place that reads the wall clock or makes random ids; business time is a clock of its own."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Protocol
from weakref import WeakKeyDictionary

from kernel.times import require_aware

Mode = Literal["wall", "stepped", "virtual"]
MAX_RATE: Final = 3600
_LOOK_S: Final = 0.02


class ClockRunsBackwards(ValueError):
    """Somebody asked a clock record to go to an instant before the one that it shows."""


class BadClockRecord(ValueError):
    """The file is no clock record, or one of another mode than is asked for."""


def utc_now() -> datetime:
    """Return the wall time, UTC: for signatures, leases, retries and logs, never for business."""
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    """Return a random id."""
    return uuid.uuid4()


def monotonic() -> float:
    """Return seconds of a clock that only measures distances."""
    return time.monotonic()


class Clock(Protocol):
    """Business time of this process."""

    @property
    def mode(self) -> Mode:
        """Who moves the clock: the world, a driver step by step, or the world at a rate."""
        ...

    def now(self) -> datetime:
        """Return the business time, UTC; it never goes back."""
        ...

    async def changed(self, timeout_s: float) -> None:
        """Return at once when a driver moved the clock since this task's last call, else after timeout_s."""
        ...


class WallClock:
    """Business time is wall time."""

    mode: Mode = "wall"

    def now(self) -> datetime:
        """Return the wall time, UTC."""
        return utc_now()

    async def changed(self, timeout_s: float) -> None:
        """Wait."""
        await asyncio.sleep(timeout_s)


class RecordClock:
    """Business time is what a record file says; all processes that read the file agree."""

    def __init__(self, path: Path) -> None:
        """:raises BadClockRecord: the file is missing or no clock record."""
        self._path = path
        self._stamp: tuple[int, int] = self._stat()
        self._record = read_record(path)
        self._latest = _time_of(self._record)
        self._seen: WeakKeyDictionary[asyncio.Task[Any], tuple[int, int]] = WeakKeyDictionary()
        self.mode: Mode = self._record["mode"]

    def now(self) -> datetime:
        """Return the business time, UTC; it never goes back, even when the wall clock does."""
        stamp = self._stat()
        if stamp != self._stamp:
            self._record, self._stamp = read_record(self._path), stamp
        self._latest = max(self._latest, _time_of(self._record))
        return self._latest

    async def changed(self, timeout_s: float) -> None:
        """Return at once when the record was replaced since this task's last call, else after timeout_s."""
        task = asyncio.current_task()
        assert task is not None
        until = monotonic() + timeout_s
        while self._seen.get(task) == self._stat() and monotonic() < until:  # noqa: ASYNC110 - a file moves it
            await asyncio.sleep(min(_LOOK_S, timeout_s))
        self._seen[task] = self._stat()

    def _stat(self) -> tuple[int, int]:
        try:
            found = os.stat(self._path)
        except OSError:
            raise BadClockRecord(f"no clock record at {self._path}") from None
        return found.st_ino, found.st_mtime_ns


def open_clock(setting: str) -> Clock:
    """Return the clock of a setting: `wall`, or the path of a clock record.

    :raises BadClockRecord: the file is missing or no clock record.
    """
    return WallClock() if setting == "wall" else RecordClock(Path(setting))


def create_record(path: str | Path, start: datetime, *, rate: float | None = None) -> None:
    """Write a record: stepped without rate, virtual with a rate (business seconds per second, at most 3,600).

    A record that exists goes on from where it stands, or from start when that is later; it never goes back.
    :raises BadClockRecord: the rate is out of bounds, or the file holds a record of the other mode.
    """
    if rate is not None and not 0 < rate <= MAX_RATE:
        raise BadClockRecord(f"rate must be above 0 and at most {MAX_RATE}")
    mode: Mode = "stepped" if rate is None else "virtual"
    at = require_aware(start)
    target = Path(path)
    if target.exists():
        record = read_record(target)
        if record["mode"] != mode:
            raise BadClockRecord(f"{target} is a {record['mode']} clock")
        at = max(at, _time_of(record))
    _write(target, mode, at, rate)


def advance_record(path: str | Path, to: datetime) -> None:
    """Move a stepped record to an instant.

    :raises ClockRunsBackwards: the record shows a later instant.  :raises BadClockRecord: it is not stepped.
    """
    target = Path(path)
    record = read_record(target)
    if record["mode"] != "stepped":
        raise BadClockRecord("only a stepped clock is moved by hand")
    if require_aware(to) < _time_of(record):
        raise ClockRunsBackwards(f"{to.isoformat()} is before {record['at']}")
    _write(target, "stepped", require_aware(to), None)


def pause_record(path: str | Path) -> None:
    """Stop a virtual record where it stands, so that the next create_record goes on from there.

    :raises BadClockRecord: it is not virtual.
    """
    record = read_record(Path(path))
    if record["mode"] != "virtual":
        raise BadClockRecord("only a virtual clock is paused")
    _write(Path(path), "virtual", _time_of(record), None)


def read_record(path: Path) -> dict[str, Any]:
    """Return the record.  :raises BadClockRecord: missing, or not a clock record."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        record: dict[str, Any] = json.loads(path.read_text())
        _time_of(record)
        if record["mode"] in {"stepped", "virtual"}:
            return record
    raise BadClockRecord(f"no clock record at {path}")


def _time_of(record: dict[str, Any]) -> datetime:
    at = datetime.fromisoformat(record["at"])
    if record["rate"] is None:
        return at
    passed = (utc_now() - datetime.fromisoformat(record["wall"])).total_seconds()
    return at + timedelta(seconds=max(0.0, passed) * record["rate"])


def _write(path: Path, mode: Mode, at: datetime, rate: float | None) -> None:
    record = {"mode": mode, "at": at.isoformat(), "wall": utc_now().isoformat(), "rate": rate}
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(record))
    os.replace(draft, path)
