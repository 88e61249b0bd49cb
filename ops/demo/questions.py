"""The two Google Forms as their scripts send them: questions in order, with the item ids of each form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ops.demo.people import Area

FORMS: Final[dict[Area, tuple[str, str, int]]] = {
    "east": ("fiber-east-2026", "光回線お申込み(東日本)", 1001),
    "west": ("fiber-west-2026", "光回線お申込み(西日本)", 2001),
}
# field name: (title, type)
QUESTIONS: Final[dict[str, tuple[str, str]]] = {
    "customer_name": ("お客様名(法人名・屋号)", "TEXT"),
    "customer_kana": ("フリガナ", "TEXT"),
    "customer_class": ("区分", "MULTIPLE_CHOICE"),
    "contact_person": ("ご担当者名", "TEXT"),
    "postal_code": ("設場郵便番号", "TEXT"),
    "prefecture": ("都道府県", "TEXT"),
    "city": ("市区町村・番地", "TEXT"),
    "building": ("建物名・部屋番号", "TEXT"),
    "building_kind": ("建物種別", "MULTIPLE_CHOICE"),
    "phone": ("日中連絡先電話番号", "TEXT"),
    "email": ("メールアドレス", "TEXT"),
    "plan": ("申込プラン", "MULTIPLE_CHOICE"),
    "applied_on": ("申込日", "DATE"),
    "wished_on": ("開通希望日", "DATE"),
    "sales_name": ("営業担当者名", "TEXT"),
    "sales_email": ("営業担当者メール", "TEXT"),
    "sales_office": ("取扱店コード", "TEXT"),
    "remarks": ("備考", "PARAGRAPH_TEXT"),
    "confirm_fees": ("初期費用・月額費用の説明", "MULTIPLE_CHOICE"),
    "confirm_management": ("管理会社情報の確認", "MULTIPLE_CHOICE"),
    "confirm_installation": ("設置許可(穴あけ・ビス止め含む)の確認", "MULTIPLE_CHOICE"),
    "confirm_mdf": ("MDF/IDF開錠・作業許可の確認", "MULTIPLE_CHOICE"),
    "confirm_other_services": ("他社電話・警備サービスの利用確認", "MULTIPLE_CHOICE"),
    "confirm_visit": ("時刻指定・入館申請の確認", "MULTIPLE_CHOICE"),
}
CONFIRMATIONS: Final = tuple(name for name in QUESTIONS if name.startswith("confirm_"))


def answers(area: Area, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the answers in the form's order; a question without an answer is sent with an empty one."""
    first = FORMS[area][2]
    return [
        {"item_id": first + place, "title": title, "type": kind, "response": values.get(name, "")}
        for place, (name, (title, kind)) in enumerate(QUESTIONS.items())
    ]
