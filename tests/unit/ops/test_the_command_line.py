"""The commands that ask services: what they send, what they show, and what they say when something is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from ops.cli.main import app
from ops.cli.rebuild import Rebuilt, told
from ops.cli.target import NoSystem, find
from ops.runtime.databases import SERVICES

TOKEN = "invented"
LETTER = {
    "id": 7, "consumer": "billing.kaitsu.works", "topic": "kaitsu.works", "partition": 3, "offset": 5, "subject": "s",
    "event_id": None, "type": "order.activated.v1", "sequence": 4, "correlation_id": None, "reason": "unexpected",
    "error_class": "KeyError", "detail": "", "status": "open", "tries": 5, "dead_at": "2026-04-20T00:00:00+00:00",
    "closed_at": None, "closed_by": None, "note": None, "value_bytes": 300, "header_bytes": 500,
}  # fmt: skip


def order(number: int) -> dict[str, Any]:
    return {
        "order_no": f"FO-2604-{number:06d}-0", "order_id": "o", "state": "active", "since": "2026-04-20T00:30:00Z",
        "ball": "nobody", "pattern": 1, "plan": "ip8", "area": "east", "opened_at": "2026-04-01T00:00:00Z",
        "dates": {"construction_on": "2026-04-18", "activated_on": None},
    }  # fmt: skip


class Services(BaseHTTPRequestHandler):
    """Answers for all four services; keeps what it was asked."""

    asked: ClassVar[list[tuple[str, str, dict[str, Any]]]] = []

    def do_GET(self) -> None:
        self._answer("GET", {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()})

    def do_POST(self) -> None:
        self._answer("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        pass

    def _answer(self, method: str, given: dict[str, Any]) -> None:
        path = urlsplit(self.path).path
        self.asked.append((method, path, given))
        status, body = self._body(method, path, given)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            status, body = 401, {"title": "A token is needed"}
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _body(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, Any]:
        if path == "/ops/orders":
            return 200, page(given)
        if path.endswith("/replay") and not given["note"]:
            return 409, {"title": "Refused again", "detail": "KeyError"}
        found = ANSWERS.get((method, path))
        return (200, found) if found else (404, {"title": "There is no such thing"})


def page(given: dict[str, Any]) -> dict[str, Any]:
    """450 orders, as many as are asked for."""
    first = int(given["after"][8:14]) + 1 if given.get("after") else 1
    rows = [order(number) for number in range(first, min(first + int(given["limit"]), 451))]
    return {"orders": rows, "next": rows[-1]["order_no"] if rows[-1] != order(450) else None}


FACT = {
    "sequence": 1, "fact": "consult_done", "occurred_at": "2026-04-02T00:00:00Z", "recorded_at": "2026-04-02T00:00:00Z",
    "details": {"by": "desk"},
}  # fmt: skip
ANSWERS: dict[tuple[str, str], Any] = {
    ("GET", "/ops/orders/FO-2604-000001-0"): {
        **order(1), "history": [FACT], "deadlines": [], "refusals": [{"code": "too_late"}]
    },
    ("GET", "/ops/dlq"): {"letters": [LETTER], "next": None},
    ("GET", "/ops/dlq/7"): LETTER,
    ("GET", "/ops/dlq/8"): LETTER | {"id": 8, "reason": "rejected"},
    ("GET", "/ops/dlq/9"): LETTER | {"id": 9, "reason": "rejected", "status": "replayed"},
    ("POST", "/ops/dlq/7/replay"): {"replayed": [7, 8]},
    ("POST", "/ops/dlq/7/discard"): {"discarded": [7], "waiting": [8]},
}  # fmt: skip


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[type[Services]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("KAITSU_OPS_TOKEN", TOKEN)
    for name in SERVICES:
        monkeypatch.setenv(f"KAITSU_{name.upper()}_URL", f"http://127.0.0.1:{server.server_port}")
    Services.asked.clear()
    yield Services
    server.shutdown()
    thread.join()
    server.server_close()


def kaitsu(*args: str) -> Result:
    return CliRunner().invoke(app, list(args))


def test_orders_are_listed_page_by_page_up_to_the_limit(services: type[Services]) -> None:
    result = kaitsu("orders", "list", "--limit", "450", "--status", "active", "--find", "FO-26", "--json")

    assert [row["order_no"][8:14] for row in json.loads(result.stdout)] == [f"{n:06d}" for n in range(1, 451)]
    assert [given["limit"] for _, _, given in services.asked] == ["200", "200", "50"]
    assert {(given["state"], given["q"]) for _, _, given in services.asked} == {("active", "FO-26")}


def test_an_order_is_shown_with_times_of_tokyo_and_what_was_refused() -> None:
    result = kaitsu("orders", "show", "FO-2604-000001-0")

    for text in ("2026-04-20 09:30", "consult_done", "by=desk", "too_late", "2026-04-18"):
        assert text in result.stdout


def test_a_refusal_of_a_service_is_told_in_its_words_with_exit_code_1() -> None:
    result = kaitsu("orders", "show", "FO-2604-999999-0")

    assert result.exit_code == 1
    assert "provisioning says 404: There is no such thing" in result.output
    assert "Traceback" not in result.output


def test_a_wrong_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAITSU_OPS_TOKEN", "guessed")

    assert "401: A token is needed" in kaitsu("orders", "list").output


def test_letters_of_all_services_are_listed() -> None:
    assert [row["service"] for row in json.loads(kaitsu("dlq", "list", "--json").stdout)] == list(SERVICES)
    assert "kaitsu dlq replay" in kaitsu("dlq", "list", "--service", "billing").stdout


@pytest.mark.parametrize(("letter", "warned"), [("7", False), ("8", True), ("9", False)])
def test_a_waiting_letter_that_does_not_hold_its_key_is_shown_with_what_a_replay_would_do(
    letter: str, warned: bool
) -> None:
    shown = kaitsu("dlq", "show", "billing", letter).stdout

    assert "order.activated.v1" in shown
    assert ("A replay runs it after them." in shown) is warned


def test_a_replay_says_who_and_why_and_what_was_replayed(services: type[Services]) -> None:
    result = kaitsu("dlq", "replay", "billing", "7", "--note", "mended", "--by", "me")

    assert services.asked[-1] == ("POST", "/ops/dlq/7/replay", {"by": "me", "note": "mended"})
    assert "Replayed 2 of billing: 7, 8" in result.stdout


def test_a_replay_that_fails_is_no_success() -> None:
    result = kaitsu("dlq", "replay", "billing", "7")

    assert result.exit_code == 1
    assert "Refused again: KeyError" in result.output


def test_a_discard_names_what_waits_behind() -> None:
    result = kaitsu("dlq", "discard", "billing", "7", "--note", "a test record")

    assert "kaitsu dlq replay billing 8" in result.stdout


def test_a_rebuild_tells_what_it_repaired_and_how_many_events_it_left_out_and_which() -> None:
    assert told(Rebuilt(7)) == ["7 events stand on their topics again."]

    lines = told(Rebuilt(7, ("billing contract.opened.v1 of s, number 2",), repaired=True))

    assert "half-way" in lines[0]
    assert lines[2].startswith("1 were left out")
    assert lines[3] == "  billing contract.opened.v1 of s, number 2"


def test_an_unknown_service_is_answered_with_the_known_ones() -> None:
    assert "intake, provisioning, billing, notify" in kaitsu("dlq", "show", "bills", "7").output


def test_a_service_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAITSU_BILLING_URL", "http://127.0.0.1:9")

    result = kaitsu("bills", "list")

    assert result.exit_code == 1
    assert "billing does not answer at http://127.0.0.1:9" in result.output


def test_without_a_system_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAITSU_OPS_TOKEN")

    assert "make up" in kaitsu("orders", "list").output


def test_the_system_that_runs_is_found_and_one_that_has_ended_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KAITSU_OPS_TOKEN")
    run = {
        "pid": os.getpid(), "clock": "wall", "kafka": "k:1", "postgres": "postgresql://x", "ops_token": TOKEN,
        "services": {"billing": {"url": "http://b"}}, "mails": "m", "logs": "l",
    }  # fmt: skip
    (tmp_path / ".kaitsu" / "up").mkdir(parents=True)
    (tmp_path / ".kaitsu" / "up" / "run.json").write_text(json.dumps(run))
    assert find(None).urls == {"billing": "http://b"}

    (tmp_path / ".kaitsu" / "up" / "run.json").write_text(json.dumps({**run, "pid": 2**22 + 1}))
    with pytest.raises(NoSystem):
        find(None)


def test_the_doctor_finds_this_machine_well_and_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    findings = {row["what"]: row for row in json.loads(kaitsu("doctor", "--json").stdout)}
    assert {row["verdict"] for row in findings.values()} <= {"ok", "note"}
    assert findings["packages"]["verdict"] == "ok"

    monkeypatch.setenv("KAITSU_POSTGRES", "postgresql://me:secret@127.0.0.1:9/x")
    result = kaitsu("doctor")

    assert result.exit_code == 1
    assert "Missing: your PostgreSQL" in result.output
    assert "secret" not in result.output


@pytest.mark.parametrize(
    "command",
    [
        "",
        "tail",
        "orders list",
        "orders show",
        "bills list",
        "bills show",
        "dlq list",
        "doctor",
        "demo",
        "up",
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    result = kaitsu(*command.split(), "--help")

    assert result.exit_code == 0
    assert len(result.stdout) > 200
