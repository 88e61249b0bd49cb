"""`kaitsu tail` on a real Kafka: filters, order, formats, and that it leaves no trace."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner, Result

from contracts.envelope import Envelope, to_headers
from contracts.event import Event
from contracts.orders import OrderSubmittedV1
from contracts.partners import DeskConsultDoneV1
from contracts.registry import EVENT_TYPES
from contracts.topics import source_of
from kernel.ids import derived_id
from ops.cli.main import app
from ops.runtime.topics import admin

START = datetime(2026, 4, 20, 0, 0, tzinfo=UTC)  # nine in the morning in Tokyo
EXAMPLES = Path("contracts/examples")


def example(type_: str, **fields: object) -> Event:
    text = sorted((EXAMPLES / type_).glob("*.json"))[0].read_text()
    return EVENT_TYPES[type_].model_validate_json(json.dumps({**json.loads(text), **fields}, default=str))


def order_id(number: int) -> UUID:
    return derived_id(UUID(int=7), "order", str(number))


def send(servers: str, event: Event, *, at: datetime, sequence: int = 1) -> None:
    id_ = derived_id(UUID(int=0), event.type, event.key, str(sequence))
    envelope = Envelope(
        id=id_, source=source_of(event.topic), type=event.type, subject=event.key, sequence=sequence,
        occurred_at=at, recorded_at=at, correlation_id=id_,
    )  # fmt: skip
    put(servers, event.topic, event.to_json(), to_headers(envelope), event.key.encode())


def put(
    servers: str, topic: str, value: bytes, headers: Sequence[tuple[str, str | bytes | None]], key: bytes
) -> None:
    producer = Producer({"bootstrap.servers": servers})
    producer.produce(topic, value, key, headers=list(headers))
    assert producer.flush(20) == 0


@pytest.fixture
def servers(fresh_topics: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a Kafka with five events of two orders and one record that is no event; `kaitsu` looks at it."""
    servers = ",".join(fresh_topics)
    monkeypatch.setenv("KAITSU_KAFKA", servers)
    monkeypatch.setenv("KAITSU_OPS_TOKEN", "x")
    for number in (1, 2):
        no = f"FO-2604-00000{number}-1"
        order = {"order_id": order_id(number), "order_no": no}
        area = {"area": ("east", "west")[number - 1]}
        send(servers, example("order.submitted.v1", **order, **area), at=START + timedelta(hours=number))
        send(servers, example("desk.consult_done.v1", order_no=no), at=START + timedelta(hours=3 + number))
    activated = example("order.activated.v1", order_id=order_id(1), order_no="FO-2604-000001-1")
    send(servers, activated, at=START + timedelta(days=30))
    put(servers, "kaitsu.partners.desk", b"\xff not json", [("ce_type", b"\xfe")], b"FO-2604-000002-1")
    return servers


def tail(*args: str) -> Result:
    result = CliRunner().invoke(app, ["tail", "--format", "json", *args])
    assert result.exit_code == 0, result.output
    return result


def shown(*args: str) -> list[str]:
    return [json.loads(line)["headers"]["ce_type"] for line in tail(*args).stdout.splitlines()]


@pytest.mark.usefixtures("servers")
def test_events_are_shown_in_the_order_of_business_time() -> None:
    assert shown()[:4] == [
        OrderSubmittedV1.type, OrderSubmittedV1.type, DeskConsultDoneV1.type, DeskConsultDoneV1.type
    ]  # fmt: skip
    assert len(shown()) == 6
    assert shown("--last", "1", "--type", "order.*") == ["order.activated.v1"]


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize(
    ("args", "types"),
    [
        (("--type", "order.activated"), ["order.activated.v1"]),
        (
            ("--type", "order.submitted.v1", "--type", "order.activated.v1"),
            ["order.submitted.v1"] * 2 + ["order.activated.v1"],
        ),
        (
            ("--order", "FO-2604-000001-1"),
            ["order.submitted.v1", "desk.consult_done.v1", "order.activated.v1"],
        ),
        (("--order", str(order_id(2))), ["order.submitted.v1"]),
        (("--partner", "desk", "--type", "desk.*"), ["desk.consult_done.v1"] * 2),
        (("--where", "area=west"), ["order.submitted.v1"]),
        (("--where", "area=west", "--where", "order_no=FO-2604-000001-1"), []),
        (("--since", "2026-05-01", "--type", "*.v1"), ["order.activated.v1"]),
        (("--since", "2026-04-20T13:30", "--type", "desk.*"), ["desk.consult_done.v1"]),
        (("--since", "2026-04-20T04:30+00:00", "--type", "desk.*"), ["desk.consult_done.v1"]),
        (("--since", "1h", "--type", "order.activated"), ["order.activated.v1"]),
    ],
)
def test_filters_leave_what_was_asked_for(args: tuple[str, ...], types: list[str]) -> None:
    assert shown(*args) == types


@pytest.mark.usefixtures("servers")
def test_a_record_that_is_no_event_is_shown_without_its_content() -> None:
    lines = [json.loads(line) for line in tail("--partner", "desk").stdout.splitlines()]
    pretty = CliRunner().invoke(app, ["tail", "--partner", "desk"]).stdout

    assert next(line for line in lines if line["data"] is None)["key"] == "FO-2604-000002-1"
    assert "unreadable=kaitsu.partners.desk/" in pretty
    assert "not json" not in pretty
    assert "FO-2604-000001-1" in pretty


def test_it_belongs_to_no_group_and_commits_nothing(servers: str) -> None:
    tail()

    groups = admin(servers).list_consumer_groups().result(10).valid
    assert [group.group_id for group in groups] == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--partner", "nobody"), "carrier, desk"),
        (("--since", "yesterday"), "15m, 2h"),
        (("--where", "area"), "FIELD=VALUE"),
    ],
)
def test_what_cannot_be_understood_says_what_is_expected(
    servers: str, args: tuple[str, ...], words: str
) -> None:
    result = CliRunner().invoke(app, ["tail", *args])

    assert result.exit_code != 0
    assert words in result.output


@pytest.fixture
def heard_ctrl_c() -> Iterator[None]:
    """A shell starts its background jobs deaf for Ctrl-C, and a child would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_ctrl_c")
def test_it_follows_until_it_is_interrupted(servers: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ops",
        "tail",
        "--follow",
        "--format",
        "json",
        "--type",
        "order.*",
        "--last",
        "1",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout
        assert json.loads(follower.stdout.readline())["headers"]["ce_type"] == "order.activated.v1"

        send(servers, example("order.submitted.v1", order_id=order_id(3)), at=START)

        assert json.loads(follower.stdout.readline())["data"]["order_id"] == str(order_id(3))
        follower.send_signal(signal.SIGINT)
        end = time.monotonic() + 10
        while follower.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        follower.kill()  # does nothing to one that ended
        assert follower.returncode == 0


def test_without_kafka_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAITSU_KAFKA", "127.0.0.1:9")
    monkeypatch.setenv("KAITSU_OPS_TOKEN", "x")
    monkeypatch.setattr("ops.cli.stream._TIMEOUT_S", 1.0)

    result = CliRunner().invoke(app, ["tail"])

    assert result.exit_code == 1
    assert "127.0.0.1:9" in result.output
    assert "doctor" in result.output
