"""The histories that are measured are lawful, end in a lit line and meet their patterns; costs are divided rightly."""

from __future__ import annotations

import pytest

from benchmarks.machine import work
from benchmarks.machine.__main__ import report
from benchmarks.machine.histories import BY_PATTERN, history
from benchmarks.machine.work import Cost
from services.provisioning.domain import lifecycle
from services.provisioning.domain.order import State


@pytest.mark.parametrize("pattern", BY_PATTERN)
@pytest.mark.parametrize("serial", [0, 1, 27, 28, 99_999])
def test_a_history_lights_the_line_in_its_pattern(pattern: int, serial: int) -> None:
    order = lifecycle.fold(BY_PATTERN[pattern](serial))

    assert order.state is State.ACTIVE
    assert order.pattern == pattern


def test_orders_differ_and_patterns_take_turns() -> None:
    orders = [lifecycle.fold(history(serial)) for serial in range(8)]

    assert [int(order.pattern) for order in orders] == [*BY_PATTERN, *BY_PATTERN]
    assert len({order.order_id for order in orders}) == len({order.order_no for order in orders}) == 8


def test_transitions_end_where_the_fold_ends_and_are_counted_without_the_opening() -> None:
    given = work.histories(8)

    cost, orders = work.apply_all(given)

    assert orders == [lifecycle.fold(facts) for facts in given]
    assert cost.count == sum(map(len, given)) - 8
    assert work.fold_all(given).count == 8


def test_a_lit_line_refuses_all_its_facts_once_more() -> None:
    given = work.histories(4)

    assert (
        work.refuse_all(given, [lifecycle.fold(facts) for facts in given]).count == sum(map(len, given)) - 4
    )


def test_a_cost_is_time_by_count() -> None:
    assert Cost(200, 0.5).per_second == 400
    assert Cost(200, 0.5).us == 2500


def test_the_report_puts_ratios_of_the_same_repetition_first() -> None:
    one, ten = [Cost(1000, 0.01), Cost(1000, 0.02)], [Cost(10_000, 0.2), Cost(10_000, 0.2)]
    samples = {
        (word, size): costs
        for word in ("transition", "fold", "refusal")
        for size, costs in ((1000, one), (10_000, ten))
    }

    text = report(samples, (1000, 10_000), {1000: 2_000_000, 10_000: 21_000_000}, 30_000_000)

    assert text.index("| fold of a whole history, CPU each | 1.50 [1.00..2.00] |") < text.index(
        "per second, one core"
    )
    assert "| memory of an order (tracemalloc) | 1.05 |" in text
    assert "300 MB more resident set" in text
    assert "Python allocated 210 MB" in text


def test_memory_grows_with_the_orders_that_are_kept() -> None:
    few, many = work.memory_bytes(100, traced=True), work.memory_bytes(1000, traced=True)

    assert 5 * few < many < 20 * few
