"""The scan finds a planted name, phone or mail in every writing, and nothing where there is none."""

from __future__ import annotations

import json
from uuid import NAMESPACE_URL, uuid5

import pytest

from ops.demo.privacy import Secrets

SECRETS = Secrets(
    [
        "佐藤 健太",
        "ミナトショテン",
        "田中みなと書店3号店",
        "090-0000-0123",
        "sato00001@okyakusama.example.jp",
        "070-0000-",
    ]
)


@pytest.mark.parametrize(
    "leak",
    [
        "佐藤 健太",
        "佐藤健太",
        "佐藤\u3000健太",
        "フリガナ:ミナトショテン",
        "田中みなと書店3号店",
        "090-0000-0123",
        "09000000123",
        "2026-04-02 1-09000000123-4",
        "+819000000123",
        "+81-90-0000-0123",
        "SATO00001@okyakusama.example.jp",
        "to=<sato00001@okyakusama.example.jp>.",
    ],
)
def test_a_leak_is_found_in_every_writing(leak: str) -> None:
    plain = f"before {leak} after".encode()
    escaped = json.dumps({"text": f"before {leak} after"}).encode()

    assert len(set(SECRETS.found_in(plain))) == 1
    assert len(set(SECRETS.found_in(escaped))) == 1


def test_ids_dates_and_other_peoples_names_are_no_leaks() -> None:
    ids = [str(uuid5(NAMESPACE_URL, str(number))) for number in range(2000)]
    clean = f"{ids} 2026-04-02T09:00:00Z FO-2604-000123-4 高橋 誠 080-1111-2222 ops@example.jp".encode()

    assert list(SECRETS.found_in(clean)) == []


def test_a_number_that_was_typed_too_short_is_a_secret_too() -> None:
    assert list(SECRETS.found_in(b"phone 0700000x")) == ["0700000"]
