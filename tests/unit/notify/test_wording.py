"""Every letter has a text that renders, says what it must, and says nothing that it must not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from services.notify import data
from services.notify.data import load_phrases, load_wording
from services.notify.domain.notices import AUDIENCE, Facts, Letter, Role
from services.notify.domain.people import Contact
from services.notify.domain.wording import BadTemplate, Wording, parse_template, salutation

FOLDER = Path(data.__file__).parent
PEOPLE = Contact(
    order_no="FO-2604-000001-5",
    customer_name="株式会社みなと商事",
    customer_person="佐藤 花子",
    customer_email="hanako@minato.example",
    sales_name="鈴木 一郎",
    sales_email="suzuki@agent.example",
)
FACTS: dict[Letter, Facts] = {
    Letter.DEFECT: {"order_no": None, "defects": [["phone", "??", "sales"], ["new_field", "??", "desk"]]},
    Letter.CONSULT: {"due_on": "2026-04-03"},
    Letter.CONSTRUCTION_DATE: {"construction_on": "2026-04-20"},
    Letter.DATE_POSTPONED: {"withdrawn_on": "2026-04-20", "reason": "permits"},
    Letter.DATE_REPLACED: {"construction_on": "2026-05-11", "previous_on": "2026-04-20"},
    Letter.DATE_LOST: {"construction_on": "2026-04-20", "answer_by": "2026-04-13"},
    Letter.PROMISE: {"promised_on": "2026-04-28", "reason": "promise_consulted"},
    Letter.LIT: {"activated_on": "2026-04-20"},
    Letter.INVOICE: {
        "number": "2026-04-00001",
        "month": "2026-04-01",
        "total_yen": 1_234_567,
        "due_on": "2026-05-31",
    },
}
ALL = [(letter, role) for letter, (_, roles) in AUDIENCE.items() for role in roles]


@pytest.fixture(scope="module")
def wording() -> Wording:
    return load_wording(signature="――\n開通デスク")


@pytest.mark.parametrize(("letter", "role"), ALL)
def test_every_letter_renders_with_its_facts_its_people_and_the_signature(
    wording: Wording, letter: Letter, role: Role
) -> None:
    text = wording.write(letter, role, FACTS[letter], PEOPLE)

    assert "{" not in text.subject + text.body
    assert "\n" not in text.subject
    assert text.body.startswith(salutation(PEOPLE, role))
    assert text.body.endswith("――\n開通デスク\n")
    assert PEOPLE.order_no is not None
    assert PEOPLE.order_no in text.body


@pytest.mark.parametrize(("letter", "role"), ALL)
def test_no_letter_names_the_registration_center_a_phone_number_or_an_address(
    wording: Wording, letter: Letter, role: Role
) -> None:
    text = wording.write(letter, role, FACTS[letter], PEOPLE)

    assert "登録センター" not in text.body
    assert "@" not in text.subject + text.body
    assert not re.search(r"\b0\d{1,4}-\d{1,4}-\d{3,4}\b", text.body)


@pytest.mark.parametrize(
    ("letter", "role", "said"),
    [
        (Letter.CONSULT, Role.CUSTOMER, ["2026年4月3日(金)までに", "お電話"]),
        (Letter.CONSULT, Role.SALES, ["受け付けました", "株式会社みなと商事 様"]),
        (Letter.CONSTRUCTION_DATE, Role.CUSTOMER, ["工事日: 2026年4月20日(月)"]),
        (Letter.DATE_POSTPONED, Role.CUSTOMER, ["2026年4月20日(月)", "許可申請"]),
        (
            Letter.DATE_REPLACED,
            Role.SALES,
            ["新しい工事日: 2026年5月11日(月)", "以前の工事日: 2026年4月20日(月)"],
        ),
        (Letter.DATE_LOST, Role.SALES, ["解除", "2026年4月13日(月)"]),
        (Letter.LIT, Role.CUSTOMER, ["開通日: 2026年4月20日(月)"]),
        (Letter.INVOICE, Role.CUSTOMER, ["2026年4月分", "2026-04-00001", "1,234,567円", "2026年5月31日(日)"]),
    ],
)
def test_dates_and_yen_are_written_as_people_read_them(
    wording: Wording, letter: Letter, role: Role, said: list[str]
) -> None:
    text = wording.write(letter, role, FACTS[letter], PEOPLE)

    for words in said:
        assert words in text.body


def test_a_defect_mail_names_every_field_in_japanese_and_how_to_mend_it(wording: Wording) -> None:
    facts: Facts = {"defects": [["phone", "unheard_of", "sales"], ["city", "unheard_of", "desk"]]}

    text = wording.write(Letter.DEFECT, Role.SALES, facts, PEOPLE)

    unknown = load_phrases(signature="").rules["unknown"]
    assert (
        f"・日中連絡先電話番号: {unknown}\n・市区町村・番地: {unknown}(当デスクで確認いたします)\n"
        in text.body
    )
    assert "回答を編集" in text.body


def test_an_order_without_a_number_yet_says_so(wording: Wording) -> None:
    people = Contact(None, "みなと", "", "", "鈴木", "s@agent.example")

    text = wording.write(Letter.DEFECT, Role.SALES, {"order_no": None, "defects": []}, people)

    assert "お申込み番号: (未採番)" in text.body


def test_words_of_people_are_never_read_as_a_template(wording: Wording) -> None:
    people = Contact("FO-2604-000001-5", "{signature}{0.__class__}", "{due_on}", "", "", "")

    text = wording.write(Letter.CONSULT, Role.CUSTOMER, FACTS[Letter.CONSULT], people)

    assert text.body.startswith("{signature}{0.__class__}\n{due_on} 様\n")


@pytest.mark.parametrize(
    ("name", "person", "greeting"),
    [
        ("株式会社みなと", "佐藤", "株式会社みなと\n佐藤 様"),
        ("山田 太郎", "", "山田 太郎 様"),
        ("", "", "お客様"),
        ("", "佐藤", "佐藤 様"),
    ],
)
def test_the_customer_is_greeted_by_name(name: str, person: str, greeting: str) -> None:
    assert salutation(Contact(None, name, person, "", "", ""), Role.CUSTOMER) == greeting


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{salutation} {due_on} {order_no} {signature}", "件名"),
        ("件名: a\n\n", "件名"),
        ("件名:\n\n{salutation}{due_on}{order_no}{signature}", "件名"),
        ("件名: a\nb\n\n{salutation}{due_on}{order_no}{signature}", "件名"),
        ("件名: a\n\n{salutation}{due_on}{order_no}{signature}{phone}", "unknown words"),
        ("件名: {customer_name}\n\n{salutation}{due_on}{order_no}{signature}", "unknown words"),
        ("件名: a\n\n{salutation}{due_on}{order_no}", "missing words"),
        ("件名: a\n\n{salutation}{order_no}{signature}", "missing words"),
        ("件名: a\n\n{salutation}{due_on!r}{order_no}{signature}", "no format"),
        ("件名: a\n\n{salutation}{due_on:>10}{order_no}{signature}", "no format"),
        ("件名: a\n\n{salutation}{due_on.year}{order_no}{signature}", "unknown words"),
        ("件名: a\n\n{salutation}{due_on}{order_no}{signature}{", "braces"),
    ],
)
def test_a_template_that_breaks_a_rule_is_refused_when_it_is_loaded(text: str, rule: str) -> None:
    with pytest.raises(BadTemplate, match=rule):
        parse_template("consult.customer.txt", text, letter=Letter.CONSULT)


@pytest.mark.parametrize(("letter", "role"), ALL)
def test_the_house_does_not_start_without_one_of_its_letters(
    tmp_path: Path, letter: Letter, role: Role
) -> None:
    shutil.copytree(FOLDER, tmp_path / "data", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "data" / "templates" / f"{letter}.{role}.txt").unlink()

    with pytest.raises(BadTemplate, match="is missing"):
        load_wording(signature="", root=tmp_path / "data")


def test_a_letter_that_nobody_sends_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "data", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "data" / "templates" / "cancelled.customer.txt").write_text("件名: a\n\nb", encoding="utf-8")

    with pytest.raises(BadTemplate, match="no letter of ours"):
        load_wording(signature="", root=tmp_path / "data")


@pytest.mark.parametrize("table", ["rules", "reasons"])
def test_codes_that_are_younger_than_the_phrases_have_a_word(tmp_path: Path, table: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "data", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "data" / "phrases.toml"
    before, mark, after = file.read_text(encoding="utf-8").partition(f"[{table}]")
    file.write_text(before + mark + re.sub(r"(?m)^unknown = .*$", "", after, count=1), encoding="utf-8")

    with pytest.raises(BadTemplate, match="unknown"):
        load_wording(signature="", root=tmp_path / "data")
