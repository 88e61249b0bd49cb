"""Business clocks: one record that all processes read, moved by a driver or by the world, never back."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis import clock
from chassis.clock import (
    BadClockRecord,
    ClockRunsBackwards,
    RecordClock,
    advance_record,
    create_record,
    open_clock,
)
from chassis.testing import SteppedClock
from kernel.times import NaiveTime

START = datetime(2026, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


def _set_wall(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: at)


def test_a_stepped_clock_stands_until_it_is_moved_and_every_reader_sees_it(record: Path) -> None:
    create_record(record, START)
    readers = open_clock(str(record)), open_clock(str(record))

    assert [reader.now() for reader in readers] == [START, START]
    advance_record(record, START + DAY)
    assert [reader.now() for reader in readers] == [START + DAY, START + DAY]
    assert {reader.mode for reader in readers} == {"stepped"}


def test_a_stepped_clock_is_never_moved_back(record: Path) -> None:
    create_record(record, START)
    advance_record(record, START + DAY)

    with pytest.raises(ClockRunsBackwards):
        advance_record(record, START)
    create_record(record, START)  # as at a restart of the system
    assert open_clock(str(record)).now() == START + DAY


def test_a_virtual_clock_runs_at_its_rate_and_not_back_when_the_wall_clock_does(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = datetime(2026, 11, 1, tzinfo=UTC)
    _set_wall(monkeypatch, wall)
    create_record(record, START, rate=600)
    reader = open_clock(str(record))

    _set_wall(monkeypatch, wall + timedelta(seconds=10))
    assert reader.now() == START + timedelta(seconds=6000)
    _set_wall(monkeypatch, wall - DAY)
    assert reader.now() == START + timedelta(seconds=6000)
    assert reader.mode == "virtual"


def test_a_virtual_clock_goes_on_from_its_record(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = datetime(2026, 11, 1, tzinfo=UTC)
    _set_wall(monkeypatch, wall)
    create_record(record, START, rate=3600)
    _set_wall(monkeypatch, wall + timedelta(seconds=24))
    clock.pause_record(record)
    _set_wall(monkeypatch, wall + 7 * DAY)
    assert RecordClock(record).now() == START + DAY

    create_record(record, START, rate=60)
    _set_wall(monkeypatch, wall + 7 * DAY + timedelta(seconds=60))
    assert RecordClock(record).now() == START + DAY + timedelta(hours=1)


@pytest.mark.parametrize("rate", [0, -1, 3601])
def test_a_rate_out_of_bounds_is_refused(record: Path, rate: float) -> None:
    with pytest.raises(BadClockRecord):
        create_record(record, START, rate=rate)


def test_a_record_keeps_its_mode(record: Path) -> None:
    create_record(record, START, rate=60)

    with pytest.raises(BadClockRecord):
        create_record(record, START)
    with pytest.raises(BadClockRecord):
        advance_record(record, START + DAY)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"mode": "wall", "at": "2026-04-01T00:00:00+00:00", "rate": null}']
)
def test_what_is_no_record_is_refused(record: Path, text: str) -> None:
    with pytest.raises(BadClockRecord):
        open_clock(str(record))
    record.write_text(text)
    with pytest.raises(BadClockRecord):
        open_clock(str(record))


def test_a_time_without_zone_is_refused(record: Path) -> None:
    with pytest.raises(NaiveTime):
        create_record(record, START.replace(tzinfo=None))


def test_the_wall_clock_is_the_default_and_aware() -> None:
    found = open_clock("wall")

    assert found.mode == "wall"
    assert abs(found.now() - clock.utc_now()) < timedelta(seconds=5)


async def test_a_move_wakes_who_waits_and_each_task_hears_it_once(record: Path) -> None:
    create_record(record, START)
    reader = open_clock(str(record))
    heard: list[datetime] = []

    async def listen() -> None:
        await reader.changed(0)  # what was before is known
        await reader.changed(20)
        heard.append(reader.now())
        begun = clock.monotonic()
        await reader.changed(0.1)
        assert clock.monotonic() - begun >= 0.1

    listeners = [asyncio.create_task(listen()) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    advance_record(record, START + DAY)
    await asyncio.wait_for(asyncio.gather(*listeners), 5)

    assert heard == [START + DAY, START + DAY]


async def test_a_move_between_two_calls_is_not_missed(record: Path) -> None:
    create_record(record, START)
    reader = open_clock(str(record))
    await reader.changed(0)

    advance_record(record, START + DAY)
    begun = clock.monotonic()
    await reader.changed(10)

    assert clock.monotonic() - begun < 5


async def test_the_clock_of_tests_moves_and_never_back() -> None:
    found = SteppedClock(START)
    waiting = asyncio.create_task(found.changed(20))
    await asyncio.sleep(0)
    found.advance(START + DAY)
    await asyncio.wait_for(waiting, 1)

    assert found.now() == START + DAY
    with pytest.raises(ClockRunsBackwards):
        found.advance(START)


def test_records_are_small_json_for_people(record: Path) -> None:
    create_record(record, START)

    assert json.loads(record.read_text())["at"] == START.isoformat()
