"""Rates, shares and layers on made-up marks; the bare loop's rows are the machine's, its statements the store's."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from benchmarks.consumer import rows, workload
from benchmarks.consumer.report import layers_of, report, shares
from benchmarks.consumer.runs import Mark, Run, window
from benchmarks.consumer.sampled import place_of
from contracts.envelope import from_headers
from contracts.partners import CarrierProvisionalDateHeldV1, Claim
from services.provisioning import translate
from services.provisioning.books import load_rules
from services.provisioning.domain import lifecycle
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.outlook import Forecaster
from services.provisioning.prediction_book import load_rule_table


def consulted(count: int) -> list[FiberOrder]:
    """Return orders as the stage prepares them."""
    rules, made = load_rules(), list[FiberOrder]()
    for serial in range(1, count + 1):
        opened, said = workload.submission(serial), workload.consult(serial)
        at, correlation = opened.envelope.occurred_at, opened.envelope.correlation_id
        fact = translate.opening(opened.event, at=at, correlation_id=correlation, rules=rules)  # pyright: ignore
        order = lifecycle.open_order(fact, at).after
        assert isinstance(said.event, Claim)
        at = said.envelope.occurred_at
        made.append(lifecycle.apply(order, translate.said(said.event, at=at, rules=rules), at).after)
    return made


async def made(count: int) -> dict[UUID, rows.Rows]:
    """Return the rows of the claims about so many orders."""
    forecaster = Forecaster(load_rule_table())
    claims = workload.claims(count)
    return dict(await rows.rows_of(consulted(count), {}, claims, load_rules(), forecaster))


def saved(row: rows.Rows) -> dict[str, Any]:
    """Return the order as the claim leaves it, in JSON words."""
    (columns,) = [columns for text, columns in row.writes.items() if "UPDATE orders" in text]
    return columns[0][0]


async def test_the_rows_of_the_bare_loop_are_those_of_the_machine() -> None:
    found = await made(8)

    states = {row.order_no: State(saved(row)["state"]) for row in found.values()}
    assert sorted(states.values()) == [State.ACTIVE] * 6 + [State.DATE_HELD] * 2
    assert len(found) == len(workload.claims(8))
    for row in found.values():
        texts = " ".join(row.writes)
        assert all(table in texts for table in ("order_history", "order_turns", "deadlines"))
        assert row.outgoing


async def test_the_rows_of_a_batch_stand_behind_each_other_and_an_order_is_saved_once() -> None:
    found = list((await made(2)).values())
    whole = rows.together(found)

    (saves,) = [columns for text, columns in whole.items() if "UPDATE orders" in text]
    (history,) = [columns for text, columns in whole.items() if "order_history" in text]
    assert len(saves[0]) == len(set(saves[1])) == 2
    assert len(history[0]) == sum(
        len(columns[0]) for row in found for text, columns in row.writes.items() if "order_history" in text
    )
    first = {row.order_id: row for row in reversed(found)}
    for order_id, read in zip(saves[1], saves[2], strict=True):
        (columns,) = [columns for text, columns in first[order_id].writes.items() if "UPDATE orders" in text]
        assert read == columns[2][0]


async def test_rows_are_found_by_the_id_that_a_claim_has_when_it_has_come_in() -> None:
    claims = workload.claims(4)

    ids = [from_headers(workload.sent(one).headers, topic=workload.TOPIC).id for one in claims]
    assert list(await made(4)) == ids


def test_what_comes_first_of_every_order_comes_first() -> None:
    claims = workload.claims(4)

    numbers = [str(one.event.model_dump()["order_no"]) for one in map(workload.submission, range(1, 5))]
    assert [one.event.key for one in claims[:4]] == numbers
    assert len(claims) == sum(len(workload.story(serial)) for serial in range(1, 5))
    assert sum(isinstance(one.event, CarrierProvisionalDateHeldV1) for one in claims) == 1
    assert max(one.envelope.occurred_at for one in claims) < workload.NOW


def mark(at: float, done: int, client: float = 0, postgres: float = 0) -> Mark:
    return Mark(at, done, client, postgres)


def test_time_begins_when_a_tenth_is_done_and_ends_with_the_last() -> None:
    marks = [mark(0, 0), mark(1, 50), mark(2, 150), mark(3, 500), mark(5, 1000), mark(9, 1000)]

    first, last = window(marks, 1000)

    assert (first.at, last.at) == (2, 5)
    with pytest.raises(ValueError, match="end"):
        window(marks[:4], 1000)


def test_a_run_is_events_by_time_and_cpu_by_events() -> None:
    run = Run.between("service", 1, mark(2, 200, 1.0, 3.0), mark(6, 1000, 1.4, 3.08))

    assert run.rate == 200
    assert run.client_us == pytest.approx(500)
    assert run.postgres_us == pytest.approx(100)
    with pytest.raises(ValueError, match="nothing"):
        Run.between("service", 1, mark(2, 200), mark(3, 200))


def runs_of(side: str, rates: Sequence[float], cpu_us: float, processes: int = 1) -> list[Run]:
    return [Run(side, processes, rate, cpu_us / 2, cpu_us / 2) for rate in rates]


def test_shares_are_taken_within_each_repetition() -> None:
    runs = {
        ("service", 1): runs_of("service", [800, 100, 300], 200),
        ("bare", 1): runs_of("bare", [1000, 200, 300], 100),
    }

    by_rate, by_cpu = (shares(runs, ("service", 1), ("bare", 1), cpu=cpu) for cpu in (False, True))

    assert (by_rate.median, by_rate.low, by_rate.high) == (0.8, 0.5, 1.0)
    assert by_cpu.median == 0.5


def test_the_report_calls_missed_what_is_missed() -> None:
    runs = {
        ("service", 1): runs_of("service", [740], 1),
        ("bare", 1): runs_of("bare", [1000], 1),
        ("service", 2): runs_of("service", [860], 1, 2),
        ("bare", 2): runs_of("bare", [1000], 1, 2),
        ("writes only", 1): runs_of("writes only", [2000], 1),
        ("one by one", 1): runs_of("one by one", [10], 1),
    }

    text = report(runs, {"chassis.outbox.put": 3, "asyncio": 1}, events=1000, few=10, machine="one of glass")

    lines = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("|")}
    assert lines["share of the bare loop, one process"].endswith("| aim 0.75: MISSED |")
    assert lines["share of the bare loop, two processes"].endswith("| aim 0.85: met |")
    assert lines["against one transaction per message"].endswith("| aim 12: met |")
    assert "74.00 [" in lines["against one transaction per message"]
    assert lines["outbox"] == "| outbox | 75% |"
    assert text.index("share of the bare loop") < text.index("events/s")


def test_samples_are_told_by_layer() -> None:
    samples = {
        "services.provisioning.domain.order.__init__": 4,
        "services.provisioning.domain.lifecycle.apply": 2,
        "services.provisioning.handlers.__call__": 1,
        "services.provisioning.store.orders.save_many": 2,
        "aiokafka": 1,
    }

    assert layers_of(samples) == [
        ("the machine (domain)", 0.6),
        ("rows to and from the database (store)", 0.2),
        ("casework and handlers", 0.1),
        ("event loop and drivers", 0.1),
    ]


def test_a_sample_belongs_to_the_innermost_of_our_modules() -> None:
    assert place_of(None) == "other"
    assert place_of(inspect.currentframe()) == "other"  # tests are none of the product's modules
