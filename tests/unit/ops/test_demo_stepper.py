"""When the clock may be moved: only when nobody has anything to do and nothing is on its way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError  # pyright: ignore[reportMissingTypeStubs]

from chassis.clock import create_record
from ops.demo.stepper import NotQuiet, Part, Stepper

START = datetime(2026, 4, 2, tzinfo=UTC)
LATER = START + timedelta(hours=3)
CALM: dict[str, Any] = {
    "now": START.isoformat(),
    "outbox": 0,
    "due": 0,
    "next_due": None,
    "activity": 7,
}


class Fakes:
    """Two services and a bus whose answers are given; what is asked beyond the last answer gets the last one."""

    def __init__(self, tmp_path: Path) -> None:
        self.answers: dict[str, list[dict[str, Any]]] = {"one": [CALM], "two": [CALM]}
        self.behind: list[dict[str, int]] = [{}]
        self.asked = 0
        self.broker_away = 0
        record = tmp_path / "clock.json"
        create_record(record, START)
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        parts = [Part(name, f"http://{name}", "token") for name in self.answers]
        self.stepper = Stepper(record, parts, self._lags, http)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token"
        self.asked += 1
        return httpx.Response(200, json=self._next(self.answers[request.url.host]))

    async def _lags(self) -> Mapping[str, int]:
        if self.broker_away:
            self.broker_away -= 1
            raise KafkaConnectionError
        return self._next(self.behind)

    @staticmethod
    def _next(answers: list[Any]) -> Any:
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


async def test_a_quiet_system_settles_after_two_looks_and_names_the_earliest_next_instant(
    fakes: Fakes,
) -> None:
    fakes.answers["one"] = [CALM | {"next_due": (LATER + timedelta(days=1)).isoformat()}]
    fakes.answers["two"] = [CALM | {"next_due": LATER.isoformat()}]

    assert await fakes.stepper.settle() == LATER
    assert fakes.asked == 4


async def test_a_system_with_nothing_left_to_do_has_no_next_instant(fakes: Fakes) -> None:
    assert await fakes.stepper.settle() is None


@pytest.mark.parametrize(
    ("noise", "told"),
    [
        ({"outbox": 2}, "one: outbox 2"),
        ({"due": 1}, "one: due 1"),
        ({"now": (START - timedelta(hours=3)).isoformat()}, "one: its clock shows"),
    ],
)
async def test_who_is_not_quiet_is_named(fakes: Fakes, noise: dict[str, Any], told: str) -> None:
    fakes.answers["one"] = [CALM | noise]

    with pytest.raises(NotQuiet, match=told):
        await fakes.stepper.settle(limit_s=0.05)


async def test_records_that_nobody_has_read_are_named(fakes: Fakes) -> None:
    fakes.behind = [{"billing.kaitsu.works": 3}]

    with pytest.raises(NotQuiet, match=r"billing\.kaitsu\.works is 3 behind"):
        await fakes.stepper.settle(limit_s=0.05)


async def test_a_broker_that_is_away_is_waited_for(fakes: Fakes) -> None:
    fakes.broker_away = 2

    assert await fakes.stepper.settle() is None
    assert fakes.broker_away == 0


async def test_a_service_that_moved_between_two_looks_is_looked_at_again(fakes: Fakes) -> None:
    fakes.answers["two"] = [CALM, CALM | {"activity": 8}]

    assert await fakes.stepper.settle() is None
    assert fakes.asked == 8


async def test_a_service_that_does_not_answer_is_named(fakes: Fakes) -> None:
    fakes.answers["two"] = [{"status": "no"}]

    with pytest.raises(NotQuiet, match="two: no answer"):
        await fakes.stepper.settle(limit_s=0.05)


async def test_the_clock_is_moved_and_the_steps_are_counted(fakes: Fakes) -> None:
    fakes.stepper.move(LATER)

    assert fakes.stepper.now == LATER
    assert fakes.stepper.steps == 1
