"""Order numbers catch slips, and derived ids repeat themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import (
    KAITSU_NAMESPACE,
    BadOrderNo,
    check_order_no,
    derived_id,
    form_order_id,
    format_order_no,
)

ORDER_NOS = st.builds(format_order_no, st.integers(2000, 2099), st.integers(1, 12), st.integers(1, 999_999))


@given(ORDER_NOS)
def test_every_formatted_number_passes_its_own_check(order_no: str) -> None:
    assert check_order_no(order_no) == order_no


@given(ORDER_NOS, st.integers(0, 14), st.integers(1, 9))
def test_a_single_wrong_digit_is_always_found(order_no: str, place: int, shift: int) -> None:
    spots = [index for index, char in enumerate(order_no) if char.isdigit()]
    spot = spots[place % len(spots)]
    wrong = order_no[:spot] + str((int(order_no[spot]) + shift) % 10) + order_no[spot + 1 :]

    with pytest.raises(BadOrderNo):
        check_order_no(wrong)


def test_the_worked_example_of_the_standard_gives_its_check_digit() -> None:
    # ISO 7064 MOD 11,10 of 0794 is 5 (the standard's own example).
    from kernel.ids import check_digit

    assert check_digit("0794") == 5


@pytest.mark.parametrize(
    "text",
    ["", "FO-2613-000001-0", "FO-2609-000001", "fo-2609-000001-9", "FO-2609-000001-9\n", "FO-２609-000001-9"],
)
def test_a_wrong_shape_is_refused(text: str) -> None:
    with pytest.raises(BadOrderNo):
        check_order_no(text)


@pytest.mark.parametrize("serial", [0, 1_000_000])
def test_a_serial_that_does_not_fit_is_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        format_order_no(2026, 9, serial)


def test_the_same_response_is_the_same_order_and_parts_do_not_run_together() -> None:
    assert form_order_id("a", "bc") == form_order_id("a", "bc")
    assert form_order_id("a", "bc") != form_order_id("ab", "c")
    assert derived_id(KAITSU_NAMESPACE, "x") != derived_id(KAITSU_NAMESPACE, "y")
