"""Which version of the price list holds, what it inherits, and that the shipped book says what its source says."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from services.billing.books import load_books, parse_tariff, parse_terms
from services.billing.domain.rating import Rater
from services.billing.domain.tariff import BadBook, Due, NotRatable, Tariff
from tests.unit.billing.books_for_tests import NEW, OLD, TERMS, charge

TWO = Tariff.of(
    [
        ("new", NEW, [charge("fee", 2_000)]),
        (
            "old",
            OLD,
            [charge("fee", 1_000), charge("m", 3_000, due=Due.MONTHLY, plan="p"), charge("kept", 7)],
        ),
    ]
)


@pytest.mark.parametrize(
    ("day", "version", "fee"),
    [
        (OLD, "old", 1_000),
        (date(2020, 10, 28), "old", 1_000),
        (NEW, "new", 2_000),
        (date(2030, 1, 1), "new", 2_000),
    ],
)
def test_the_version_of_the_day_of_the_work_holds(day: date, version: str, fee: int) -> None:
    held = TWO.in_force(day)

    assert held.id == version
    assert held.charges["fee"].net_yen == fee


def test_a_version_inherits_what_it_does_not_replace() -> None:
    assert TWO.in_force(NEW).charges["kept"].net_yen == 7
    assert TWO.in_force(NEW).monthly_fee("p", day=NEW).net_yen == 3_000


def test_work_before_the_first_version_has_no_price() -> None:
    with pytest.raises(NotRatable, match="no_tariff_in_force"):
        TWO.in_force(date(2019, 12, 31))


def test_a_plan_that_is_not_in_the_book_has_no_price() -> None:
    with pytest.raises(NotRatable, match="plan_without_price"):
        TWO.in_force(OLD).monthly_fee("ip32", day=OLD)


def test_the_lines_name_clause_and_version_of_the_day_and_explain_themselves() -> None:
    rater = Rater(TWO, load_books().rater.taxes, TERMS.fee_rounding)

    before, *_ = rater.activation("p", date(2020, 10, 28))
    fees = rater.activation("p", NEW)[1:]

    assert before.tariff_version == "old"
    assert before.charge.clause == "clause of m"
    assert dict(before.inputs) == {
        "unit_yen": 3_000,
        "days_used": 4,
        "month_days": 31,
        "from": "2020-10-28",
        "to": "2020-10-31",
    }
    assert "3,000 yen a month x 4 days used (2020-10-28 to 2020-10-31) / 31 days" in before.explanation
    assert [(fee.charge.code, fee.net_yen, fee.tariff_version) for fee in fees] == [
        ("fee", 2_000, "new"),
        ("kept", 7, "new"),
    ]


@pytest.mark.parametrize(
    "versions",
    [
        [],
        [("a", OLD, [charge("x", 1), charge("x", 2)])],
        [("a", OLD, [charge("x", 1)]), ("a", NEW, [charge("x", 1)])],
        [("a", OLD, [charge("x", 1)]), ("b", OLD, [charge("x", 1)])],
        [("a", OLD, [charge("x", 1, due=Due.MONTHLY, plan="p"), charge("y", 1, due=Due.MONTHLY, plan="p")])],
    ],
    ids=["empty", "charge twice", "id twice", "date twice", "plan twice"],
)
def test_a_book_that_contradicts_itself_is_refused(versions: list[tuple[str, date, list[object]]]) -> None:
    with pytest.raises(BadBook):
        Tariff.of(versions)  # pyright: ignore[reportArgumentType]


def test_the_shipped_book_says_what_the_price_list_says() -> None:
    version = load_books().rater.tariff.in_force(date(2026, 4, 1))

    assert {code: charge.net_yen for code, charge in version.charges.items()} == {
        "monthly.ip1_enterprise": 30_500,
        "monthly.ip8": 40_000,
        "monthly.ip16": 59_000,
        "construction.basic": 1_000,
        "construction.exchange": 1_000,
        "contract.fee": 800,
        "mail.addresses_2": 250,
        "mail.addresses_3": 350,
        "mail.addresses_4": 450,
        "mail.virus_check": 200,
    }
    assert [fee.code for fee in version.activation_fees()] == [
        "construction.basic",
        "construction.exchange",
        "contract.fee",
    ]


def test_under_the_old_rate_the_totals_are_those_that_the_price_list_prints() -> None:
    rater = load_books().rater

    lines = {line.charge.code: line for line in rater.activation("ip1_enterprise", date(2010, 6, 1))}
    printed = {"monthly.ip1_enterprise": 32_025, "construction.basic": 1_050, "contract.fee": 840}

    for code, with_tax in printed.items():
        line = lines[code]
        assert line.net_yen + line.net_yen * line.tax.percent / 100 == with_tax


ROW = """
[[version]]
id = "a"
effective_from = 2000-01-01
[[version.charge]]
code = "x.y"
due = "activation"
unit = "contract"
net_yen = {yen}
clause = "{clause}"
source = "s"
label_en = "e"
label_ja = "j"
{more}
"""


@pytest.mark.parametrize(
    ("yen", "clause", "more"),
    [("1.5", "c", ""), ("-1", "c", ""), ('"1"', "c", ""), ("1", "", ""), ("1", "c", "price = 3")],
    ids=["fraction", "negative", "text", "no clause", "unknown key"],
)
def test_a_row_without_whole_yen_or_clause_does_not_load(yen: str, clause: str, more: str) -> None:
    assert parse_tariff(ROW.format(yen="1", clause="c", more="")).in_force(OLD).charges["x.y"].net_yen == 1
    with pytest.raises(ValidationError):
        parse_tariff(ROW.format(yen=yen, clause=clause, more=more))


def test_rules_of_the_operator_without_a_clause_do_not_load() -> None:
    with pytest.raises(ValidationError):
        parse_terms("[close]\nat = 09:00:00\nagain_at = 09:00:00\n")
