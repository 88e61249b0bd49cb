"""Every rule of a form, alone and together; what is clean comes out in normal form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.intake.books import CONFIRMATIONS
from services.intake.domain.checks import check
from tests.support.webhooks import CLEAN, EAST, WEST
from tests.unit.intake.samples import BOOKS, TODAY, checked, edited, form, found

REQUIRED = [question.field for question in form().items.values() if question.required]
OPTIONAL = ["contact_person", "building", "wished_on", "remarks"]


def test_a_clean_form_has_no_defect_and_comes_out_in_normal_form() -> None:
    result = checked(
        phone="０９０-００００-０００１", customer_kana="みなと　しょうじ", postal_code="〒101－0001"
    )

    assert result.defects == ()
    assert result.application is not None
    assert result.application.phone == "+819000000001"
    assert result.application.customer_kana == "ミナト ショウジ"
    assert result.application.postal_code == "1010001"
    assert result.application.customer_class == "company"
    assert result.application.plan == "ip8"
    assert result.application.applied_on == TODAY
    assert result.application.building is None
    assert result.application.confirmed == (
        "fees", "management", "installation", "mdf", "other_services", "visit",
    )  # fmt: skip


def test_the_forms_ask_what_they_should() -> None:
    assert sorted([*REQUIRED, *OPTIONAL]) == sorted(CLEAN)


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_a_required_question_needs_an_answer(field: str, blank: str) -> None:
    assert found(**{field: blank}) == [(field, "required")]


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_question_needs_none(field: str) -> None:
    result = checked(**{field: "  "})

    assert result.application is not None
    assert getattr(result.application, field) is None


@pytest.mark.parametrize("field", CONFIRMATIONS)
def test_what_sales_did_not_confirm_goes_back_to_sales(field: str) -> None:
    (defect,) = checked(**{field: "未確認"}).defects

    assert (defect.field, defect.rule, defect.answered_by) == (field, "not_confirmed", "sales")


def test_an_operator_may_let_unconfirmed_orders_through_and_keeps_what_was_confirmed() -> None:
    rules = replace(BOOKS.rules, unconfirmed_is_defect=False)

    result = check(form(), {**CLEAN, "confirm_mdf": "未確認"}, submitted_on=TODAY, rules=rules)

    assert result.application is not None
    assert "mdf" not in result.application.confirmed
    assert len(result.application.confirmed) == 5


@pytest.mark.parametrize("field", ["customer_class", "building_kind", "plan", "confirm_fees"])
def test_a_choice_that_we_do_not_know_is_for_the_desk(field: str) -> None:
    (defect,) = checked(**{field: "その他"}).defects

    assert (defect.field, defect.rule, defect.answered_by) == (field, "unknown_choice", "desk")


BROKEN = [
    ("customer_kana", "港商事", "not_katakana"),
    ("customer_kana", "ミナト!", "not_katakana"),
    ("customer_name", "み" * 101, "too_long"),
    ("customer_name", "みなと\x00", "control_characters"),
    ("customer_name", "みなと\r\nBcc: x", "control_characters"),
    ("customer_name", "みなと\u2028商事", "control_characters"),
    ("customer_name", "\u202eみなと", "control_characters"),
    ("city", "x" * 121, "too_long"),
    ("postal_code", "101-001", "not_a_postal_code"),
    ("postal_code", "10100011", "not_a_postal_code"),
    ("postal_code", "000-0000", "not_a_postal_code"),
    ("postal_code", "abc-defg", "not_a_postal_code"),
    ("prefecture", "東京", "not_a_prefecture"),
    ("prefecture", "Tokyo", "not_a_prefecture"),
    ("prefecture", "大阪府", "wrong_area"),
    ("phone", "0312345", "not_a_phone_number"),
    ("email", "x", "not_an_email"),
    ("email", "a@b.example\r\nBcc: c@d.example", "control_characters"),
    ("email", "a@b.example\x00", "control_characters"),
    ("sales_email", "a@b", "not_an_email"),
    ("applied_on", "2026-04-21", "in_the_future"),
    ("applied_on", "2026-01-19", "too_old"),
    ("applied_on", "2026/04/20", "not_a_date"),
    ("applied_on", "2026-02-30", "not_a_date"),
    ("applied_on", "令和8年4月20日", "not_a_date"),
    ("sales_office", "tk1042", "not_an_office_code"),
    ("sales_office", "TK104", "not_an_office_code"),
    ("sales_office", "TK10421", "not_an_office_code"),
    ("remarks", "x" * 2001, "too_long"),
    ("remarks", "a\x07b", "control_characters"),
    ("wished_on", "soon", "not_a_date"),
    ("wished_on", "2099-01-05", "beyond_the_calendar"),
]


@pytest.mark.parametrize(("field", "text", "rule"), BROKEN)
def test_each_broken_rule_is_named_alone(field: str, text: str, rule: str) -> None:
    assert found(**{field: text}) == [(field, rule)]


def test_all_defects_are_named_at_once_in_the_forms_order() -> None:
    broken = {
        "customer_name": "", "customer_kana": "港", "customer_class": "x", "contact_person": "\x01",
        "postal_code": "1", "prefecture": "x", "city": "", "building_kind": "x", "phone": "1", "email": "1",
        "plan": "x", "applied_on": "x", "wished_on": "x", "sales_name": "", "sales_email": "x",
        "sales_office": "x", "remarks": "\x01", **dict.fromkeys(CONFIRMATIONS, "未確認"),
    }  # fmt: skip

    assert [field for field, _ in found(**broken)] == list(broken)


def test_what_is_fit_of_a_broken_form_can_be_used_and_nothing_else() -> None:
    values = checked(phone="1", prefecture="大阪府").values

    assert "phone" not in values
    assert "prefecture" not in values, "also where only another rule of it is broken"
    assert values["sales_email"] == "ichiro@hanbai.example"


# 47 prefectures: the split of NTT East and West. Source: japanese-standards.md, section 7.
EAST_ONES = tuple(
    """
    北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県
    新潟県 山梨県 長野県
    """.split()  # noqa: SIM905 - a list of names is read better so
)
WEST_ONES = tuple(
    """
    富山県 石川県 福井県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県
    岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県
    """.split()  # noqa: SIM905
)


def test_every_prefecture_fits_the_form_of_its_area_and_no_other() -> None:
    assert (len(EAST_ONES), len(WEST_ONES)) == (17, 30)
    for prefecture in EAST_ONES:
        assert found(EAST, prefecture=prefecture) == []
        assert found(WEST, prefecture=prefecture) == [("prefecture", "wrong_area")]
    for prefecture in WEST_ONES:
        assert found(WEST, prefecture=prefecture) == []
        assert found(EAST, prefecture=prefecture) == [("prefecture", "wrong_area")]


@pytest.mark.parametrize("city", ["熱海市泉1-2", "裾野市茶畑3"])
def test_places_across_the_border_fit_both_forms(city: str) -> None:
    assert found(EAST, prefecture="静岡県", city=city) == []
    assert found(WEST, prefecture="静岡県", city=city) == []
    assert found(EAST, prefecture="静岡県", city="静岡市葵区1") == [("prefecture", "wrong_area")]


def test_a_building_of_many_parties_needs_its_name_and_room() -> None:
    assert found(building_kind="集合") == [("building", "required_for_collective")]
    assert found(building_kind="集合", building="第一ビル 101") == []
    assert found(building_kind="集合", building="\x01") == [("building", "control_characters")]


@pytest.mark.parametrize("applied_on", ["2026-04-20", "2026-04-01", "2026-01-20"])
def test_an_application_may_be_90_days_old(applied_on: str) -> None:
    assert found(applied_on=applied_on) == []


def test_an_unchanged_application_date_is_not_asked_about_its_age_again() -> None:
    clean = checked().application
    assert clean is not None
    standing = replace(clean, applied_on=date(2026, 1, 5))

    assert edited(standing, applied_on="2026-01-05").defects == ()
    assert [each.rule for each in edited(standing, applied_on="2026-01-06").defects] == ["too_old"]


# Applied on Monday 20 April 2026. Business days after it: 21 22 23 24 27 28 | 29 is a holiday | 30 = 7th.
@pytest.mark.parametrize(
    ("wished_on", "rules"),
    [
        ("2026-04-30", []),
        ("2026-05-07", []),
        ("2026-04-28", ["too_early"]),
        ("2026-04-29", ["not_a_business_day", "too_early"]),
        ("2026-04-20", ["too_early"]),
        ("2026-05-02", ["not_a_business_day"]),
        ("2026-05-06", ["not_a_business_day"]),
        ("2026-12-29", ["not_a_business_day"]),
        ("2027-01-03", ["not_a_business_day"]),
        ("2026-09-22", ["not_a_business_day"]),
        ("2027-01-04", []),
    ],
)
def test_a_wish_is_a_business_day_from_the_seventh_after_the_application(
    wished_on: str, rules: list[str]
) -> None:
    assert found(wished_on=wished_on) == [("wished_on", rule) for rule in rules]


def test_a_wish_is_still_judged_when_the_application_date_is_broken() -> None:
    assert found(applied_on="x", wished_on="2026-05-02") == [
        ("applied_on", "not_a_date"),
        ("wished_on", "not_a_business_day"),
    ]
    assert found(applied_on="2000-01-01", wished_on="2026-05-07") == [("applied_on", "too_old")]
    assert found(applied_on="2099-12-31", wished_on="2026-05-07") == [("applied_on", "in_the_future")]
    for beyond in ("0001-01-01", "9999-12-31"):
        assert found(applied_on=beyond, wished_on="2026-05-07") == [("applied_on", "not_a_date")]


def test_the_last_day_of_the_calendar_is_not_beyond_it() -> None:
    late = date(2050, 12, 28)
    values = {**CLEAN, "applied_on": (late - timedelta(days=1)).isoformat(), "wished_on": late.isoformat()}

    result = check(form(), values, submitted_on=late, rules=BOOKS.rules)

    assert [(each.field, each.rule) for each in result.defects] == []
