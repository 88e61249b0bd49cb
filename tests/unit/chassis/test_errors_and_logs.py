"""What errors mean, and that neither they nor log lines carry what a person typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
import structlog
from aiokafka.errors import KafkaConnectionError  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given
from hypothesis import strategies as st

from chassis import errors, logs
from chassis.errors import Kind

SECRET = "山田太郎 090-1234-5678"


def _postgres(code: str) -> asyncpg.PostgresError:
    return asyncpg.PostgresError.new({"C": code, "M": SECRET, "D": f"Failing row contains ({SECRET})."})


@pytest.mark.parametrize(
    "code", ["40001", "40P01", "53100", "53300", "57014", "57P01", "08006", "25006", "55P03"]
)
def test_a_bad_world_is_waited_for(code: str) -> None:
    assert errors.kind_of(_postgres(code)) is Kind.WORLD


@pytest.mark.parametrize("code", ["22003", "22021", "23505", "23514", "23P01"])
def test_a_broken_rule_is_the_datas_fault(code: str) -> None:
    assert errors.kind_of(_postgres(code)) is Kind.DATA


@pytest.mark.parametrize("code", ["42703", "42501", "40002", "P0001", "XX000", "25P02"])
def test_any_other_state_is_a_bug(code: str) -> None:
    assert errors.kind_of(_postgres(code)) is Kind.BUG


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionResetError(), Kind.WORLD),
        (TimeoutError(), Kind.WORLD),
        (OSError("Multiple exceptions: connect call failed"), Kind.WORLD),
        (KafkaConnectionError(), Kind.WORLD),
        (asyncpg.InterfaceError("connection is closed"), Kind.WORLD),
        (asyncpg.InterfaceError("pool is closing"), Kind.WORLD),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), Kind.BUG),
        (FileNotFoundError(), Kind.BUG),
        (ValueError(), Kind.BUG),
        (KeyError(), Kind.BUG),
    ],
)
def test_errors_of_clients_and_of_ours(error: Exception, kind: Kind) -> None:
    assert errors.kind_of(error) is kind


def test_a_description_names_state_and_place_but_quotes_nothing() -> None:
    found: list[dict[str, Any]] = []
    for error in (_postgres("23505"), ValueError(SECRET)):
        try:
            raise error
        except Exception as caught:
            found.append(errors.describe(caught))

    assert found[0]["sqlstate"] == "23505"
    assert found[1]["error"] == "ValueError"
    assert "test_errors_and_logs.py" in found[1]["at"][-1]
    assert "山田" not in str(found)


@given(
    st.sampled_from(
        ["name", "customer_name", "email", "phone", "kana", "address", "payload", "postal_address"]
    )
)
def test_suspicious_keys_are_masked(key: str) -> None:
    assert logs.mask(None, "info", {key: SECRET, "order_id": "x"}) == {key: "[masked]", "order_id": "x"}


@contextmanager
def _logging(capsys: pytest.CaptureFixture[str]) -> Generator[Callable[[], list[Any]]]:
    """Give a function that returns what was logged; logging is set back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("aiokafka", "faststream", "httpx", "uvicorn")}
    logs.configure("toy", "INFO")
    try:
        yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        root.handlers[:], root.level = before
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def test_lines_are_json_with_wall_time_and_the_context_of_this_work_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with _logging(capsys) as lines:
        log = structlog.stdlib.get_logger("fresh")
        logs.start_work(correlation_id="one")
        log.info("order_noted", count=1)
        logs.start_work(work="two")
        log.info("order_noted", customer_name=SECRET)

        first, second = lines()
        assert (first["event"], first["correlation_id"], first["count"], first["service"]) == (
            "order_noted",
            "one",
            1,
            "toy",
        )
        assert first["at_wall"].endswith("+00:00")
        assert "correlation_id" not in second
        assert second["customer_name"] == "[masked]"


def test_exceptions_of_libraries_are_logged_without_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    with _logging(capsys) as lines:
        try:
            raise _postgres("23505")
        except asyncpg.PostgresError:
            logging.getLogger("some.library").exception("it broke")
            structlog.stdlib.get_logger("fresh").exception("order_failed")

        found = lines()
        assert [line["sqlstate"] for line in found] == ["23505", "23505"]
        assert "山田" not in json.dumps(found, ensure_ascii=False)


def test_a_flood_is_thinned_and_counted_and_others_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    with _logging(capsys) as lines:
        kafka, other = logging.getLogger("aiokafka.conn"), logging.getLogger("chassis.toy")
        for number in range(500):
            kafka.warning("connect to %s failed", number)
        for _ in range(3):
            other.warning("mine")
        kafka.error("something else")

        found = [line["event"] for line in lines()]
        assert found == ["connect to 0 failed", "mine", "mine", "mine", "something else"]


def test_the_next_line_after_a_flood_says_how_many_were_dropped() -> None:
    thin = logs.FloodFilter("aiokafka")
    records = [logging.LogRecord("aiokafka.x", 30, "f", 1, "lost %s", ("it",), None) for _ in range(4)]
    for at, record in zip((0.0, 1.0, 9.9, 10.1), records, strict=True):
        record.created = at

    assert [thin.filter(record) for record in records] == [True, False, False, True]
    assert records[-1].getMessage() == "lost it (and 2 more like it)"
