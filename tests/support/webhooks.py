"""Signed form posts for tests: bodies as a form-bound script sends them, with whatever a test wants to be wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chassis import webhook_signature
from chassis.clock import utc_now
from services.intake.books import load_books

EAST: Final = "fiber-east-2026"
WEST: Final = "fiber-west-2026"
CLEAN: Final[Mapping[str, str]] = {
    "customer_name": "株式会社みなと商事",
    "customer_kana": "ミナトショウジ",
    "customer_class": "法人",
    "contact_person": "佐藤 花子",
    "postal_code": "101-0001",
    "prefecture": "東京都",
    "city": "千代田区神田1-2-3",
    "building": "",
    "building_kind": "戸建",
    "phone": "090-0000-0001",
    "email": "hanako@minato.example",
    "plan": "IP8",
    "applied_on": "2026-04-20",
    "wished_on": "",
    "sales_name": "鈴木 一郎",
    "sales_email": "ichiro@hanbai.example",
    "sales_office": "TK1042",
    "remarks": "",
    "confirm_fees": "確認済",
    "confirm_management": "確認済",
    "confirm_installation": "確認済",
    "confirm_mdf": "確認済",
    "confirm_other_services": "確認済",
    "confirm_visit": "確認済",
}
CLEAN_WEST: Final[Mapping[str, str]] = {**CLEAN, "prefecture": "大阪府", "city": "大阪市北区梅田1-2-3"}


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of webhook-signature, as Standard Webhooks has it."""
    return webhook_signature.sign(secret, webhook_id, timestamp, body)


def headers(secret: str, webhook_id: str, body: bytes, *, at: datetime | None = None) -> dict[str, str]:
    """Return the headers of a signed post. at: wall time, now if not given."""
    timestamp = int((at or utc_now()).timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, webhook_id, timestamp, body),
    }


def answers(form: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the answers in the form's order; an unanswered question has an empty one."""
    return [
        {
            "item_id": item_id,
            "title": question.title,
            "type": question.type,
            "response": values.get(question.field, ""),
        }
        for item_id, question in load_books().forms[form].items.items()
    ]


def document(
    response_id: str = "r-1",
    *,
    form: str = EAST,
    submitted_at: str = "2026-04-20T01:00:00.000Z",
    edited: bool = False,
    **changes: str,
) -> dict[str, Any]:
    """Return a clean submission of the form with changed answers, before it is written."""
    clean = CLEAN_WEST if form == WEST else CLEAN
    known = form if form in load_books().forms else EAST
    return {
        "form_id": form,
        "form_title": "光回線お申込み",
        "response_id": response_id,
        "submitted_at": submitted_at,
        "edited": edited,
        "respondent_email": None,
        "answers": answers(known, {**clean, **changes}),
    }


def webhook_id(submission: Mapping[str, Any]) -> str:
    """Return the webhook id of a submission."""
    return f"{submission['form_id']}:{submission['response_id']}:{submission['submitted_at']}"


def body_of(submission: Mapping[str, Any]) -> bytes:
    """Return the bytes that the form's script sends."""
    return json.dumps(submission, ensure_ascii=False, separators=(",", ":")).encode()
