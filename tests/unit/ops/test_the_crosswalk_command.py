"""`kaitsu crosswalk`: what it asks for, and that it can be read at 80 columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.cli.crosswalk import app
from ops.cli.target import Target

REPORT = "11111111-1111-5111-8111-111111111111"
MEANING = {"pattern": 3, "reason": "general_works", "responsible": "carrier", "action": "delay"}
RULE = {
    "rule": "phrase-0123456789@1",
    "kind": "phrase",
    "match": "電柱建替",
    "meaning": MEANING,
    "since": None,
}
ROW = {
    "report_id": REPORT, "order_no": "FO-2604-000001-0", "code": "X9", "has_text": True, "meaning": None, "rule": None,
    "received_at": "2026-04-02T03:00:00Z", "occurred_at": "2026-04-02T03:00:00Z", "candidates": ["a@1", "b@2"],
}  # fmt: skip
OPTIONS = (
    "--phrase",
    "電柱建替",
    "--reason",
    "general_works",
    "--responsible",
    "carrier",
    "--action",
    "delay",
)
ANSWERS: dict[str, Any] = {
    "/ops/crosswalk": {"reports": [ROW], "next": None},
    "/ops/crosswalk/rules": {"rules": [RULE]},
    f"/ops/crosswalk/{REPORT}": {**ROW, "text": "words", "candidates": [RULE]},
    f"/ops/crosswalk/{REPORT}/try": {"rule": RULE, "changes": [{**ROW, "after": RULE}], "breaks": 1},
    f"/ops/crosswalk/{REPORT}/answer": {**RULE, "settled": [ROW]},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Give the list of what is asked of a system that answers."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def ask(_self: Target, _method: str, _service: str, path: str, **more: Any) -> Any:
        seen.append((path, more.get("json", {})))
        return ANSWERS[path]

    def found(_state: Path | None) -> Target:
        return Target("", "token")

    monkeypatch.setattr(Target, "_ask", ask)
    monkeypatch.setattr("ops.cli.crosswalk.find", found)
    return seen


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("list",), "FO-2604-000001-0"),
        (("show", REPORT), "words"),
        (("rules",), "電柱建替"),
        (("try", REPORT, *OPTIONS), "would be refused"),
        (("answer", REPORT, *OPTIONS, "--note", "asked"), "adopted"),
    ],
)
def test_each_command_shows_what_matters(
    asked: list[tuple[str, dict[str, Any]]], words: tuple[str, ...], shown: str
) -> None:
    result = CliRunner().invoke(app, words)

    assert result.exit_code == 0, result.output
    assert shown in result.output
    assert len(asked) == 1


def test_the_same_answer_is_the_same_request(asked: list[tuple[str, dict[str, Any]]]) -> None:
    for note in ("asked", "asked", "else"):
        CliRunner().invoke(app, ("answer", REPORT, *OPTIONS, "--by", "me", "--note", note))

    ids = [body["request_id"] for _, body in asked]
    assert ids[0] == ids[1] != ids[2]


def test_a_code_or_a_phrase_is_needed(asked: list[tuple[str, dict[str, Any]]]) -> None:
    assert CliRunner().invoke(app, ("try", REPORT, *OPTIONS[2:])).exit_code == 2
    assert asked == []
