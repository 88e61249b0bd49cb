"""`kaitsu orders`: the past, the story and repairs, readable at 80 columns, and what is asked of the service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from ops.cli import show
from services.provisioning.domain.order import Party, State
from tests.unit.ops.test_the_command_line import (
    ANSWERS,
    Services,
    kaitsu,
    order,
    services,  # noqa: F401  # pyright: ignore[reportUnusedImport] - every test here uses the fixture
)

REF = "FO-2604-000001-0"
PLAN = "3e0d1f8b-52a5-4b0e-9c37-2f6f7a0f6c11"
FACT = {
    "sequence": 3, "fact": "consult_done", "occurred_at": "2026-04-03T09:00:00Z",
    "details": {"consulted_on": "2026-04-03", "changed": ["plan"]},
}  # fmt: skip
AS_OF = {
    "order_no": REF, "at": "2026-04-03T11:00:00Z", "known_at": None, "facts": [FACT], "unfounded": [5],
    "order": {"order_no": REF, "state": "awaiting_service_order", "sequence": 2, "consulted_on": "2026-04-03"},
}  # fmt: skip
CHANGE = {
    "order_no": REF, "from": "2026-04-02T11:00:00Z", "to": "2026-04-05T11:00:00Z", "known_at": None,
    "facts": [FACT], "unfounded": [],
    "changes": [
        {"field": "state", "before": "awaiting_consult", "after": "awaiting_service_order", "facts": [2, 3]},
        {"field": "since", "before": None, "after": "2026-04-03T09:00:00Z", "facts": [3]},
    ],
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"order_no": REF, "state_before": "awaiting_service_order", "state_after": "cancelled", "code": None,
     "outcome": "planned"},
    {"order_no": "FO-2604-000002-8", "state_before": "active", "state_after": None, "code": "too_late",
     "outcome": "refused"},
]  # fmt: skip
MADE = {
    "plan_id": PLAN, "action": "cancel", "why": "a test", "planned_by": "me", "planned_at": "2026-04-02T00:00:00Z",
    "matching": 3, "outcomes": {"planned": 1, "refused": 1}, "orders": ROWS,
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "console", Console(width=80))


def answer(monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: Any) -> None:
    monkeypatch.setitem(ANSWERS, (method, path), body)


def replies(*answers: tuple[int, Any]) -> Callable[..., tuple[int, Any]]:
    """Return what answers with these, one after the other."""
    left = list(answers)

    def body(*_: object) -> tuple[int, Any]:
        return left.pop(0)

    return body


def fits(text: str) -> bool:
    return all(cell_len(line) <= 80 for line in text.splitlines())


def test_a_list_is_one_line_per_order_at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = max(State, key=len)
    row = {**order(1), "state": longest, "ball": max(Party, key=len)}
    monkeypatch.setattr(Services, "_body", replies((200, {"orders": [row], "next": None})))

    result = kaitsu("orders", "list")

    (line,) = [line for line in result.stdout.splitlines() if REF in line]
    assert fits(result.stdout)
    assert line.split() == [REF, longest, "2026-04-20", row["ball"], "1", "2026-04-18"]


def test_a_wide_terminal_shows_plan_and_area_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "console", Console(width=120))

    assert "ip8" in kaitsu("orders", "list", "--limit", "1").stdout


def test_an_order_as_it_was_is_asked_with_both_times(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "GET", f"/ops/orders/{REF}/as-of", AS_OF)

    result = kaitsu("orders", "as-of", REF, "2026-04-03", "--known-at", "2026-04-04T12:00")

    assert Services.asked[-1][2] == {"at": "2026-04-03", "known_at": "2026-04-04T12:00"}
    for text in (
        "2026-04-03 20:00",
        "awaiting_service_order",
        "2026-04-03 18:00",
        'changed=["plan"]',
        "Left out: 5",
    ):
        assert text in result.stdout
    assert fits(result.stdout)


def test_an_order_that_was_not_there_yet_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "GET", f"/ops/orders/{REF}/as-of", {**AS_OF, "order": None, "facts": []})

    assert "not there yet" in kaitsu("orders", "as-of", REF, "2026-03-01").stdout


def test_a_difference_names_fields_and_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "GET", f"/ops/orders/{REF}/diff", CHANGE)

    result = kaitsu("orders", "diff", REF, "2026-04-02", "2026-04-05")

    assert Services.asked[-1][2] == {"from": "2026-04-02", "to": "2026-04-05"}
    assert "awaiting_consult -> awaiting_service_order" in result.stdout
    assert "nothing -> 2026-04-03 18:00" in result.stdout
    assert "2,3" in result.stdout
    assert fits(result.stdout)


def test_nothing_changed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "GET", f"/ops/orders/{REF}/diff", {**CHANGE, "changes": [], "facts": []})

    assert "nothing changed" in kaitsu("orders", "diff", REF, "2026-04-02", "2026-04-05").stdout


def test_a_story_keeps_its_citations_and_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "4月3日(金)から、キャリアでのサービスオーダーの作成待ちです。[3, 2026-04-03] " * 4
    answer(monkeypatch, "GET", f"/ops/orders/{REF}/story", {"order_no": REF, "text": text})

    result = kaitsu("orders", "explain", REF)

    assert Services.asked[-1][2] == {"lang": "ja"}
    assert result.stdout.count("[3,") == 4
    assert fits(result.stdout)
    kaitsu("orders", "explain", REF, "--lang", "en")
    assert Services.asked[-1][2] == {"lang": "en"}


def test_a_plan_is_asked_and_shown_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "POST", "/ops/repairs", MADE)

    result = kaitsu(
        "orders", "plan", "cancel", "--party", "desk", "--reason", "other", "--why", "a test", "--by", "me",
        "--status", "awaiting_service_order", "--order", REF, "--opened-after", "2026-04-01", "--limit", "2",
    )  # fmt: skip

    assert Services.asked[-1] == (
        "POST",
        "/ops/repairs",
        {
            "action": {"kind": "cancel", "by": "desk", "reason": "other"},
            "filter": {"state": "awaiting_service_order", "refs": [REF], "opened_after": "2026-04-01"},
            "limit": 2,
            "by": "me",
            "why": "a test",
        },
    )
    assert "awaiting_service_order -> cancelled" in result.stdout
    assert "active: refused, too_late" in result.stdout
    assert "The filter takes 3 orders, this plan the first 2" in result.stdout
    assert f"kaitsu orders apply {PLAN}" in " ".join(result.stdout.split())
    assert fits(result.stdout)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("cancel", "--party", "desk", "--reason", "other"), "at least one condition"),
        (("cancel", "--area", "east", "--party", "desk"), "cancel needs --reason"),
        (("change-wish", "--area", "east"), "--party and --wished-on"),
        (("ask-again", "--area", "east", "--reason", "other"), "ask-again does not take --reason"),
    ],
)
def test_a_plan_that_lacks_something_says_what_and_asks_nobody(args: tuple[str, ...], said: str) -> None:
    result = kaitsu("orders", "plan", *args, "--why", "a test")

    assert result.exit_code == 1
    assert said in result.output
    assert Services.asked == []


def test_applying_goes_on_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    portions = [
        {"done": [{**ROWS[0], "outcome": "applied"}], "left": 1},
        {"done": [{**ROWS[1], "outcome": "changed_meanwhile", "code": None}], "left": 0},
    ]
    monkeypatch.setattr(Services, "_body", replies(*((200, each) for each in portions)))

    result = kaitsu("orders", "apply", PLAN, "--by", "me")

    assert [(path, given) for _, path, given in Services.asked] == [
        (f"/ops/repairs/{PLAN}/apply", {"by": "me"})
    ] * 2
    assert "Applied to 1 of 2 orders." in result.stdout
    assert "changed_meanwhile" in result.stdout


def test_an_interruption_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    portions = [(200, {"done": [ROWS[0]], "left": 1}), (503, {"title": "Try again shortly"})]
    monkeypatch.setattr(Services, "_body", replies(*portions))

    result = kaitsu("orders", "apply", PLAN)

    assert result.exit_code == 1
    assert "1 orders are done; run the same command again" in result.output


def test_a_second_apply_says_that_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "POST", f"/ops/repairs/{PLAN}/apply", {"done": [], "left": 0})

    assert "Nothing to do" in kaitsu("orders", "apply", PLAN).stdout


def test_taking_back_says_who_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    done = [{**ROWS[0], "outcome": "undone"}, {**ROWS[1], "outcome": "undo_refused"}]
    answer(monkeypatch, "POST", f"/ops/repairs/{PLAN}/undo", {"done": done, "left": 0})

    result = kaitsu("orders", "undo", PLAN, "--why", "the wrong ones", "--by", "me")

    assert Services.asked[-1][2] == {"by": "me", "why": "the wrong ones"}
    assert "Taken back for 1 of 2 orders." in result.stdout
    assert "too_late" in result.stdout


def test_plans_are_listed_and_one_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "GET", "/ops/repairs", {"plans": [MADE]})
    answer(monkeypatch, "GET", f"/ops/repairs/{PLAN}", MADE)

    assert PLAN in kaitsu("orders", "plans").stdout
    assert "too_late" in kaitsu("orders", "plans", PLAN).stdout
    assert json.loads(kaitsu("orders", "plans", PLAN, "--json").stdout) == MADE


def test_a_plan_id_that_is_none_is_told_before_anybody_is_asked() -> None:
    result = kaitsu("orders", "apply", "the-last-one")

    assert "kaitsu orders plans" in result.output
    assert Services.asked == []


@pytest.mark.parametrize("command", ["as-of", "diff", "explain", "plan", "apply", "undo", "plans"])
def test_every_command_explains_itself(command: str) -> None:
    result = kaitsu("orders", command, "--help")

    assert result.exit_code == 0
    assert len(result.stdout) > 300
