"""What people type, and the one text that it means. All numbers and addresses are invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import normalize
from services.intake.domain.normalize import Unfit

PHONES = [
    ("090-0000-0001", "+819000000001"),
    ("０９０－００００－０００１", "+819000000001"),
    ("090−0000−0001", "+819000000001"),
    ("090‐0000‑0001", "+819000000001"),
    ("090ー0000ー0001", "+819000000001"),
    ("090 0000 0001", "+819000000001"),
    ("090.0000.0001", "+819000000001"),
    ("(090)0000-0001", "+819000000001"),
    ("09000000001", "+819000000001"),
    ("+81 90-0000-0001", "+819000000001"),
    ("+81 (0)90-0000-0001", "+819000000001"),
    ("06000000001", "+816000000001"),
    ("070-0000-0001", "+817000000001"),
    ("080-0000-0001", "+818000000001"),
    ("050-0000-0001", "+815000000001"),
    ("0120-000-001", "+81120000001"),
    ("0800-000-0001", "+818000000001"),
    ("0570-000-001", "+81570000001"),
    ("0299-00-0001", "+81299000001"),
    ("01000-0-0001", None),
    ("020-0000-0001", None),
    ("090-0000-001", None),
    ("090-0000-00001", None),
    ("050-000-0001", None),
    ("0800-000-001", None),
    ("0120-0000-0001", None),
    ("00-0000-0000", None),
    ("190-0000-0001", None),
    ("90-0000-0001", None),
    ("", None),
    ("090-0000-000a", None),
    ("090-0000-0001 内線3", None),
    ("٠٩٠٠٠٠٠٠٠٠١", None),
    ("+1 90 0000 0001", None),
    ("++819000000001", None),
]


@pytest.mark.parametrize(("typed", "meant"), PHONES)
def test_phone_numbers(typed: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(Unfit, match="not_a_phone_number"):
            normalize.phone(typed)
    else:
        assert normalize.phone(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("みなと", "ミナト"),
        ("ﾐﾅﾄ ｶﾞｯｷ", "ミナト ガッキ"),
        ("ミナト　ショウジ", "ミナト ショウジ"),
        ("コーヒー", "コーヒー"),
        ("ゔぁいおりん", "ヴァイオリン"),
        ("ミナト・ショウジ", "ミナト・ショウジ"),
        ("か\u3099っき", "ガッキ"),
    ],
)
def test_kana_becomes_full_width_katakana(typed: str, meant: str) -> None:
    assert normalize.kana(typed, company=False) == meant


@pytest.mark.parametrize("typed", ["港", "minato", "ミナト1", "ミナト-", "ミナト&", "ゝ"])
def test_the_reading_of_a_person_holds_nothing_but_kana(typed: str) -> None:
    with pytest.raises(Unfit, match="not_katakana"):
        normalize.kana(typed, company=False)


@pytest.mark.parametrize(
    ("typed", "meant"), [("ＮＢミナト", "NBミナト"), ("b&b-ミナト", "B&B-ミナト"), ("ミナト24", "ミナト24")]
)
def test_the_reading_of_a_company_may_hold_letters_and_digits(typed: str, meant: str) -> None:
    assert normalize.kana(typed, company=True) == meant


def test_the_long_vowel_sign_is_no_hyphen_in_a_reading_and_no_vowel_in_a_number() -> None:
    assert normalize.kana("コーヒー", company=True) == "コーヒー"
    assert normalize.postal_code("101ー0001") == "1010001"


@pytest.mark.parametrize("typed", ["101-0001", "1010001", "〒101-0001", "１０１−０００１", " 101‐0001 "])
def test_postal_codes(typed: str) -> None:
    assert normalize.postal_code(typed) == "1010001"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hanako@minato.example", "hanako@minato.example"),
        (" Hanako@MINATO.Example ", "Hanako@minato.example"),
        ("ｈａｎａｋｏ＠ｍｉｎａｔｏ．ｅｘａｍｐｌｅ", "hanako@minato.example"),
        ("a.b+c_d@x-y.z.example", "a.b+c_d@x-y.z.example"),
        ("a@xn--wgv71a.example", "a@xn--wgv71a.example"),
    ],
)
def test_mail_addresses(typed: str, meant: str) -> None:
    assert normalize.email(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "a@",
        "@b.example",
        "a@b",
        "a@@b.example",
        "a＠@b.example",
        "a b@c.example",
        ".a@b.example",
        "a.@b.example",
        "a..b@c.example",
        '"a b"@c.example',
        "a@-b.example",
        "a@b-.example",
        "a@b..example",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "a@b.example, c@d.example",
        "A <a@b.example>",
        "あ@b.example",
        "a@日本.example",
        "x" * 65 + "@b.example",
        "a@" + "b" * 64 + ".example",
        "a@" + "b.example." * 26 + "example",
    ],
)
def test_what_is_no_mail_address(typed: str) -> None:
    with pytest.raises(Unfit, match="not_an_email"):
        normalize.email(typed)


@given(st.text())
def test_no_text_that_passes_can_break_a_header(typed: str) -> None:
    for read in (normalize.email, normalize.phone, normalize.postal_code, normalize.line(100)):
        try:
            found = read(typed)
        except Unfit:
            continue
        assert not set(found) & set("\r\n\0\v\f\u2028\u2029\u0085")


@given(st.text())
def test_a_normal_form_is_its_own_normal_form(typed: str) -> None:
    def person(text: str) -> str:
        return normalize.kana(text, company=False)

    for read in (normalize.email, normalize.phone, normalize.postal_code, normalize.line(50), person):
        try:
            once = read(typed)
        except Unfit:
            continue
        assert read(once) == once


def test_a_name_stays_as_its_owner_writes_it() -> None:
    assert normalize.line(100)("㈱髙﨑　商事 ") == "㈱髙﨑 商事"


def test_free_text_keeps_its_lines() -> None:
    assert normalize.paragraph(100)("a\r\nb\rc\td\n") == "a\nb\nc\td"
