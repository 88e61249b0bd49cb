"""What is heard on the bus is never trusted, and what is shown can be read without a terminal."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from rich.console import Console

from ops.demo.bus import Heard, hear
from ops.demo.screen import Screen, details

START = datetime(2026, 4, 1, 23, tzinfo=UTC)


def record(value: bytes | None, **headers: bytes) -> Heard:
    return hear(SimpleNamespace(topic="kaitsu.works", key=b"k", value=value, headers=list(headers.items())))


def test_a_record_is_kept_whole_for_the_scan_whatever_it_holds() -> None:
    for value in (b"\xff\xfe", b"[1]", b"", None):
        one = record(value, ce_type=b"x.done.v1", ce_id=b"no uuid", ce_sequence=b"-3", odd=b"\xff")

        assert (one.type, one.id, one.sequence, one.data) == ("x.done.v1", None, 0, {})
        assert (value or b"") in one.raw
        assert b"k" in one.raw


def test_an_event_is_shown_by_its_telling_fields() -> None:
    text = details({"order_id": "…", "construction_on": "2026-04-20", "kind": "lit", "changed": []})

    assert text == "construction_on 2026-04-20  lit"


def test_without_a_terminal_there_is_a_line_every_five_days_and_one_at_the_end() -> None:
    page = io.StringIO()

    with Screen(Console(file=page, width=100), days=12) as screen:
        for day in range(13):
            for hour in (0, 3):
                now = START + timedelta(days=day, hours=hour)
                screen.show(start=START, now=now, posted=day, heard=[], seconds=day)

    lines = page.getvalue().splitlines()
    assert [line.split("day ")[1].split("/")[0].strip() for line in lines] == ["0", "5", "10", "12"]


def test_a_terminal_shows_the_last_events_under_the_progress_bar() -> None:
    page = io.StringIO()
    event = record(
        b'{"order_no": "FO-2604-000001-8", "kind": "lit"}',
        ce_type=b"notice.sent.v1",
        ce_time=b"2026-04-09T06:00:00Z",
    )

    with Screen(Console(file=page, width=100, force_terminal=True), days=12) as screen:
        screen.show(start=START, now=START, posted=3, heard=[event], seconds=1)

    for part in ("in Tokyo, 3 forms sent", "04-09 15:00", "notice.sent.v1", "FO-2604-000001-8"):
        assert part in page.getvalue()
