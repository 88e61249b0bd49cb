"""Percentiles, spreads, ratios, verdicts and tables on samples made up for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.figures import NoMarkers, Spread


def test_a_spread_is_the_median_between_the_ends() -> None:
    assert Spread.of([3.0, 1.0, 10.0]) == Spread(3.0, 1.0, 10.0)
    assert Spread.of([4.0, 1.0, 2.0, 10.0]).median == 3.0
    assert Spread.of([1234.5]).text(figures.whole) == "1,234 [1,234..1,234]"


def test_nothing_has_no_spread() -> None:
    with pytest.raises(ValueError, match="samples"):
        Spread.of([])


@pytest.mark.parametrize(("share", "wanted"), [(0.01, 1), (0.1, 1), (0.5, 5), (0.51, 6), (0.99, 10), (1, 10)])
def test_a_percentile_is_a_sample_that_enough_samples_do_not_exceed(share: float, wanted: float) -> None:
    assert figures.percentile([float(each) for each in (9, 10, 1, 2, 3, 8, 7, 6, 5, 4)], share) == wanted


@pytest.mark.parametrize("share", [0, 1.01, -0.5])
def test_a_percentile_beyond_the_samples_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        figures.percentile([1.0], share)


def test_what_ran_side_by_side_is_divided() -> None:
    # The median of the ratios (0.5) is not the ratio of the medians (10 / 40).
    assert figures.ratios([10, 50, 5], [20, 100, 40]) == [0.5, 0.5, 0.125]


@pytest.mark.parametrize(("over", "under"), [([1.0], []), ([1.0], [0.0]), ([1.0], [1.0, 2.0])])
def test_ratios_need_pairs_and_something_below(over: list[float], under: list[float]) -> None:
    with pytest.raises(ValueError, match="pairs"):
        figures.ratios(over, under)


def test_a_missed_aim_is_called_missed() -> None:
    assert figures.verdict(0.75, at_least=0.75) == "aim 0.75: met"
    assert figures.verdict(0.7499, at_least=0.75) == "aim 0.75: MISSED"


def test_a_table_has_rows_as_wide_as_its_head() -> None:
    assert figures.table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    with pytest.raises(ValueError, match="cells"):
        figures.table(["a", "b"], [["1"]])


def test_only_what_stands_between_the_markers_is_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter\n<!-- y: begin --><!-- y: end -->\n"
    )

    figures.write_page("x", "new", page=page)
    figures.write_page("x", "newer\n", page=page)

    assert page.read_text() == (
        "before\n<!-- x: begin -->\nnewer\n<!-- x: end -->\nafter\n<!-- y: begin --><!-- y: end -->\n"
    )


@pytest.mark.parametrize("page", ["", "<!-- x: begin -->", "<!-- x: end --><!-- x: begin -->"])
def test_a_page_without_both_markers_is_left_alone(page: str) -> None:
    with pytest.raises(NoMarkers):
        figures.between_markers(page, "x", "new")
