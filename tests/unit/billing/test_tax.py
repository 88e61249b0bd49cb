"""Consumption tax: rounded once per rate and invoice, against an oracle that knows only integers."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import services.billing
from kernel.periods import Period
from kernel.yen import Rounding, Yen
from services.billing.books import load_books
from services.billing.domain.tariff import BadBook, NotRatable
from services.billing.domain.tax import TaxDecision, TaxRate, TaxTable, tax_sums

TABLE = load_books().rater.taxes


def decision(percent: int, code: str | None = None) -> TaxDecision:
    """Return a decision for a rate of that height."""
    return TaxDecision(code or f"rate-{percent}", Decimal(percent), date(2026, 4, 1), "test")


def oracle(lines: Sequence[tuple[int, int]], method: Rounding) -> int:
    """Return the tax of (percent, yen) lines by whole numbers only: per rate one division, rounded by hand."""
    total = 0
    for percent in {percent for percent, _ in lines}:
        hundredths = percent * sum(yen for own, yen in lines if own == percent)
        whole, rest = divmod(hundredths, 100)
        up = {Rounding.DOWN: False, Rounding.HALF_UP: rest >= 50, Rounding.UP: rest > 0}[method]
        total += whole + up
    return total


def test_three_lines_of_105_yen_bear_31_yen_and_not_30() -> None:
    (only,) = tax_sums([(decision(10), Yen(105))] * 3, rounding=Rounding.DOWN)

    assert (only.base_yen, only.tax_yen) == (315, 31)


@settings(max_examples=2_000, deadline=None)
@given(
    lines=st.lists(st.tuples(st.sampled_from([3, 5, 8, 10]), st.integers(0, 10**8)), min_size=1, max_size=40),
    method=st.sampled_from(Rounding),
)
def test_the_tax_agrees_with_the_oracle_to_the_yen(lines: list[tuple[int, int]], method: Rounding) -> None:
    sums = tax_sums([(decision(percent), Yen(yen)) for percent, yen in lines], rounding=method)

    assert sum(part.tax_yen for part in sums) == oracle(lines, method)
    assert sum(part.base_yen for part in sums) == sum(yen for _, yen in lines)


def test_rates_of_equal_height_but_another_code_are_rounded_apart() -> None:
    lines = [(decision(8, "standard-2014"), Yen(19)), (decision(8, "reduced-2019"), Yen(19))]

    assert [part.tax_yen for part in tax_sums(lines, rounding=Rounding.DOWN)] == [1, 1]


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(1989, 4, 1), 3),
        (date(1997, 3, 31), 3),
        (date(1997, 4, 1), 5),
        (date(2014, 3, 31), 5),
        (date(2014, 4, 1), 8),
        (date(2019, 9, 30), 8),
        (date(2019, 10, 1), 10),
        (date(2026, 4, 20), 10),
    ],
)
def test_one_off_work_bears_the_rate_of_its_day(day: date, percent: int) -> None:
    made = TABLE.for_work(day)

    assert made.percent == percent
    assert made.decided_by == day


def test_a_monthly_fee_bears_the_rate_of_the_last_day_of_its_service() -> None:
    september = Period(date(2019, 9, 15), date(2019, 10, 1))

    assert TABLE.for_service(september).percent == 8
    assert TABLE.for_service(Period(date(2019, 9, 15), date(2019, 10, 2))).percent == 10


def test_a_day_before_the_first_rate_has_no_tax() -> None:
    with pytest.raises(NotRatable, match="no_tax_rate_in_force"):
        TABLE.for_work(date(1989, 4, 1) - timedelta(days=1))


@pytest.mark.parametrize(
    "rates",
    [
        [],
        [TaxRate("a", Decimal(3), date(2000, 1, 1), "s"), TaxRate("a", Decimal(5), date(2001, 1, 1), "s")],
        [TaxRate("a", Decimal(3), date(2000, 1, 1), "s"), TaxRate("b", Decimal(5), date(2000, 1, 1), "s")],
    ],
)
def test_a_table_that_contradicts_itself_is_refused(rates: list[TaxRate]) -> None:
    with pytest.raises(BadBook):
        TaxTable.of(rates)


def test_no_float_comes_near_money() -> None:
    found: list[str] = []
    files = sorted(Path(services.billing.__path__[0]).rglob("*.py"))
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, (float, complex))
            name = isinstance(node, ast.Name) and node.id in {"float", "round"}
            division = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            if literal or name or (division and not divides_by_decimal(node)):
                found.append(f"{file.name}:{getattr(node, 'lineno', 0)}")

    assert len(files) > 15
    assert found == []


def divides_by_decimal(node: ast.AST) -> bool:
    """Return whether the divisor is a Decimal by its looks, or the / joins paths."""
    assert isinstance(node, ast.BinOp)
    right = ast.unparse(node.right)
    return right.startswith("Decimal(") or right == "_HUNDRED" or "resources." in ast.unparse(node.left)
