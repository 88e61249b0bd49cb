"""When a month is closed, who is late, and when is to be paid."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.times import TOKYO, at_local, local_date
from services.billing.books import calendar_of, load_books
from services.billing.domain.cycle import ask_again_at, close_of, due_on, first_cycle
from tests.unit.billing.books_for_tests import TERMS

CALENDAR = calendar_of([(12, 31), (1, 2), (1, 3)])
NINE = time(9)


def test_april_is_closed_on_the_first_of_may_at_nine_in_tokyo() -> None:
    assert close_of(date(2026, 4, 20), TERMS) == datetime(2026, 5, 1, 0, 0, tzinfo=UTC)
    assert close_of(date(2026, 12, 31), TERMS) == datetime(2027, 1, 1, 0, 0, tzinfo=UTC)


def test_an_activation_that_is_known_in_its_month_is_billed_at_its_close() -> None:
    cycle = first_cycle(date(2026, 4, 20), known_at=at_local(date(2026, 4, 20), time(17)), terms=TERMS)

    assert (cycle.month, cycle.bill_at, cycle.late) == (
        date(2026, 4, 1),
        at_local(date(2026, 5, 1), NINE),
        False,
    )


def test_known_in_the_morning_of_the_close_is_still_in_time() -> None:
    cycle = first_cycle(date(2026, 4, 30), known_at=at_local(date(2026, 5, 1), NINE), terms=TERMS)

    assert (cycle.bill_at, cycle.late) == (at_local(date(2026, 5, 1), NINE), False)


@pytest.mark.parametrize(
    ("known_at", "bill_on"),
    [
        (at_local(date(2026, 5, 1), time(9, 0, 1)), date(2026, 6, 1)),
        (at_local(date(2026, 5, 31), time(23, 59)), date(2026, 6, 1)),
        (at_local(date(2026, 6, 1), time(8, 59)), date(2026, 6, 1)),
        (at_local(date(2026, 6, 1), time(9, 1)), date(2026, 7, 1)),
        (at_local(date(2026, 12, 5), NINE), date(2027, 1, 1)),
    ],
)
def test_who_is_known_after_the_close_of_its_month_is_late_and_billed_at_the_next_close(
    known_at: datetime, bill_on: date
) -> None:
    cycle = first_cycle(date(2026, 4, 20), known_at=known_at, terms=TERMS)

    assert (cycle.month, cycle.bill_at, cycle.late) == (date(2026, 4, 1), at_local(bill_on, NINE), True)


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    known_at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(TOKYO)),  # noqa: DTZ001 - hypothesis adds the zone
)
def test_no_cycle_is_billed_before_its_month_ends_or_before_it_is_known(
    day: date, known_at: datetime
) -> None:
    cycle = first_cycle(day, known_at=known_at, terms=TERMS)

    assert cycle.bill_at >= max(known_at, close_of(day, TERMS))
    assert cycle.bill_at - max(known_at, close_of(day, TERMS)) <= timedelta(days=31)
    assert local_date(cycle.bill_at).day == 1
    assert cycle.late == (known_at > close_of(day, TERMS))


def test_asking_again_is_due_on_the_next_morning() -> None:
    assert ask_again_at(at_local(date(2026, 5, 1), NINE), TERMS) == at_local(date(2026, 5, 2), NINE)
    assert ask_again_at(at_local(date(2026, 5, 1), time(0, 30)), TERMS) == at_local(date(2026, 5, 2), NINE)


@pytest.mark.parametrize(
    ("issued_on", "pay_until"),
    [
        (date(2026, 4, 1), date(2026, 4, 30)),
        (date(2026, 5, 1), date(2026, 6, 1)),  # 31 May 2026 is a Sunday
        (date(2026, 12, 1), date(2027, 1, 4)),  # 31 December and the first days of January are closed
        (date(2026, 4, 16), date(2026, 4, 30)),
        (date(2026, 4, 17), date(2026, 6, 1)),  # fewer than 14 days would be left
        (date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_payment_is_due_at_a_months_end_moved_to_a_business_day(issued_on: date, pay_until: date) -> None:
    assert due_on(issued_on, terms=TERMS, calendar=CALENDAR) == pay_until


def test_the_shipped_rules_are_the_ones_that_these_tests_use() -> None:
    shipped = load_books().terms

    assert (shipped.closes_at, shipped.due_months, shipped.due_days_at_least) == (NINE, 0, 14)
    assert (shipped.fee_rounding, shipped.tax_rounding) == (TERMS.fee_rounding, TERMS.tax_rounding)
