"""`kaitsu up` that is refused, or fails while starting, leaves the folder as it found it."""

from __future__ import annotations

import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from rich.console import Console

from ops.demo.up import Wishes, run_up
from ops.runtime.system import System, SystemRuns
from ops.runtime.trouble import Trouble


@pytest.fixture(autouse=True)
def signals() -> Generator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def wishes(state: Path, rate: float | None) -> Wishes:
    return Wishes(rate=rate, sandbox=True, state=state, cache=state / "cache")


@pytest.mark.parametrize("rate", [None, 3600.0])
def test_a_refused_second_up_changes_nothing(tmp_path: Path, rate: float | None) -> None:
    first = System(tmp_path)
    first.hold()
    (tmp_path / "run.json").write_text("{}")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(SystemRuns):
        run_up(wishes(tmp_path, rate), Console(quiet=True))

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    first.stop()


def test_a_start_that_fails_claims_no_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: System, *, clock: str) -> None:
        raise Trouble("no engines today")

    monkeypatch.setattr(System, "start", fail)
    with pytest.raises(Trouble, match="no engines"):
        run_up(wishes(tmp_path, None), Console(quiet=True))

    assert not (tmp_path / "run-clock").exists()
