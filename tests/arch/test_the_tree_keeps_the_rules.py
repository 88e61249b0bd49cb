"""The whole tree against the rules of rules.py, which test_the_rules_see.py has seen failing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.arch import rules
from tests.arch.tree import ROOT, Source, sources, tracked


def faults(rule: Callable[[Source], Iterable[rules.Fault]], *floors: str) -> list[str]:
    """Return everything that the rule finds under the folders."""
    return [f"{where}: {what}" for source in sources(*floors) for where, what in rule(source)]


def test_the_tree_was_read() -> None:
    assert {source.name.split("/")[0] for source in sources()} == {
        "kernel",
        "contracts",
        "chassis",
        "services",
        "ops",
    }


def test_only_the_clock_reads_the_clock() -> None:
    assert not faults(rules.clock_reads)


def test_no_statement_reads_the_clock_of_the_database() -> None:
    files = [name for name in tracked() if name.endswith(".sql")]

    assert files
    assert not [
        fault
        for name in files
        for fault in rules.sql_clock_reads(name, (ROOT / name).read_text(encoding="utf-8"))
    ]
    assert not faults(rules.sql_clock_reads_in_code)


def test_every_consumer_goes_through_the_chassis() -> None:
    assert not faults(rules.subscribers, "services")


def test_money_is_never_a_float() -> None:
    assert not faults(rules.floats, "services/billing", "kernel")


def test_nobody_but_the_chassis_opens_a_transaction() -> None:
    assert not faults(rules.transactions, "services")


def test_nobody_calls_out_inside_a_transaction() -> None:
    assert not faults(rules.network_in_transactions, "services", "chassis")


@pytest.mark.parametrize("floor", ["chassis", "services"])
def test_log_lines_are_events(floor: str) -> None:
    assert not faults(rules.log_words, floor)
