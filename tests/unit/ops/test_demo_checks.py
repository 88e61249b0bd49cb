"""Each check of the demonstration keeps silent about a sound run and names what is broken in another."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rich.console import Console

from kernel.ids import KAITSU_NAMESPACE, derived_id
from ops.demo.bus import Heard
from ops.demo.checks import CHECKS, judge
from ops.demo.evidence import Answer, Evidence
from ops.demo.forms import Outcome, Post
from ops.demo.tables import show_all

AT = datetime(2026, 4, 2, tzinfo=UTC)
NUMBER = "FO-2604-000001-8"
ORDER = "11111111-1111-5111-8111-111111111111"


def post(name: str, outcome: Outcome, *, defects: frozenset[str] = frozenset()) -> Post:
    signature = "forged" if outcome == "refused" else "good"
    return Post(AT, "fiber-east-2026", name, b"{}", signature, outcome, defects)


def heard(type_: str, topic: str, sequence: int, subject: str = ORDER, **data: Any) -> Heard:
    return Heard(
        topic=topic,
        type=type_,
        id=derived_id(KAITSU_NAMESPACE, type_, subject, str(sequence)),
        subject=subject,
        sequence=sequence,
        occurred_at=AT.isoformat(),
        correlation_id=ORDER,
        data={"order_id": ORDER, "order_no": NUMBER} | data,
        raw=b"",
    )


def submission(name: str, status: str, deliveries: int = 1, *defects: str) -> dict[str, Any]:
    return {
        "submission_id": f"s-{name}",
        "webhook_id": name,
        "status": status,
        "deliveries": deliveries,
        "order_id": ORDER,
        "order_no": NUMBER,
        "defects": [{"field": field, "rule": "required"} for field in defects],
    }


def notice(kind: str, recipient: str) -> dict[str, Any]:
    name = f"{kind}-{recipient}"
    return {
        "notice_id": name,
        "message_id": f"<{name}@example.jp>",
        "order_id": ORDER,
        "kind": kind,
        "recipient": recipient,
        "status": "sent",
    }


NOTICES = [
    notice("lit", "customer"),
    notice("lit", "sales"),
    notice("invoice", "customer"),
    notice("defect", "sales"),
]
DATES = {"consulted_on": "2026-04-03", "construction_on": "2026-04-09", "activated_on": "2026-04-09"}
SOUND = Evidence(
    answers=[
        Answer(post("a", "order"), 202, "s-a"),
        Answer(post("a", "duplicate"), 202, "s-a"),
        Answer(post("b", "defect", defects=frozenset({"phone"})), 202, "s-b"),
        Answer(post("c", "edit"), 202, "s-c"),
        Answer(post("d", "refused"), 401, None),
    ],
    submissions=[submission("a", "order", 2), submission("b", "defect", 1, "phone"), submission("c", "edit")],
    quarantined=0,
    heard=[
        heard("order.submitted.v1", "kaitsu.orders", 1, submission_id="s-a"),
        heard("order.amended.v1", "kaitsu.orders", 2, submission_id="s-c"),
        heard("order.defect_found.v1", "kaitsu.orders", 1, subject="other", submission_id="s-b"),
        heard("order.activated.v1", "kaitsu.works", 1, **DATES, dominant=1),
        heard("invoice.issued.v1", "kaitsu.billing", 1, subject="account", order_ids=[ORDER]),
    ],
    orders={NUMBER: {"state": "active", "dates": DATES}},
    plans={NUMBER: {"dates": DATES}},
    invoices=[{"order_no": NUMBER, "month": "2026-04-01", "net_yen": 10, "tax_yen": 1, "total_yen": 11}],
    notices=NOTICES,
    mails=[row["message_id"] for row in NOTICES],
    leaks=[],
    dead_letters={"intake": 0, "billing": 0},
    closed_before=date(2026, 5, 1),
    explained={
        "number": "2026-000001",
        "order_no": NUMBER,
        "activated_on": "2026-04-09",
        "due_on": "2026-05-31",
        "lines": [
            {
                "label_en": "Monthly fee",
                "clause": "3",
                "tariff_version": "t",
                "explanation": "22/30",
                "net_yen": 10,
            }
        ],
        "taxes": [
            {"percent": "10", "base_yen": 10, "rounding": "down", "rate_code": "standard", "tax_yen": 1}
        ],
        "total_yen": 11,
    },
)


def broken_by(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    return {verdict.promise: verdict.broken for verdict in judge(evidence) if not verdict.kept}


def test_a_sound_run_keeps_every_promise() -> None:
    assert broken_by(SOUND) == {}


def changed(name: str, place: int, **fields: Any) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        rows = [dict(row) for row in getattr(evidence, name)]
        rows[place].update(fields)
        return replace(evidence, **{name: rows})

    return change


def without(name: str, place: int) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        rows = list(getattr(evidence, name))
        del rows[place]
        return replace(evidence, **{name: rows})

    return change


def doubled(name: str, place: int) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        rows = list(getattr(evidence, name))
        return replace(evidence, **{name: [*rows, rows[place]]})

    return change


def with_(**fields: Any) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, **fields)


BREAKS: list[tuple[str, Callable[[Evidence], Evidence], str]] = [
    ("every submission answered", changed("submissions", 0, status="received"), "ended as received"),
    ("every submission answered", changed("submissions", 0, deliveries=1), "1 deliveries noted, 2 answered"),
    ("every submission answered", changed("submissions", 0, deliveries=3), "3 deliveries noted, 2 answered"),
    ("every submission answered", changed("submissions", 0, submission_id="s-x"), "different answers"),
    ("every submission answered", without("submissions", 0), "is lost"),
    ("every submission answered", doubled("submissions", 0), "stored 2 times"),
    ("every submission answered", without("answers", 3), "was never answered 2xx"),
    ("every submission answered", without("heard", 0), "the bus has"),
    ("what was wrong", changed("submissions", 1, defects=[]), "defects [] instead of ['phone']"),
    ("what was wrong", changed("submissions", 0, status="defect"), "defect instead of order"),
    ("forged and stale", with_(quarantined=1), "1 bodies in quarantine"),
    ("forged and stale", with_(answers=[Answer(post("d", "refused"), 202, "s-d")]), "answered 202"),
    ("every order is at", with_(orders={}), "unknown to provisioning"),
    ("every order is at", without("heard", 0), "was never submitted"),
    ("every activation", with_(invoices=[]), "0 invoices at billing, 1 on the bus"),
    ("every activation", doubled("invoices", 0), "2 invoices at billing"),
    ("every activation", without("heard", 4), "1 invoices at billing, 0 on the bus"),
    ("every activation", without("heard", 3), "invoiced but not lit"),
    ("at least one line", with_(heard=SOUND.heard[:3], invoices=[]), "0 lines lit, 0 invoices issued"),
    ("at least one line", without("heard", 3), "0 lines lit, 1 invoices issued"),
    ("at least one line", without("heard", 4), "1 lines lit, 0 invoices issued"),
    ("the dates", with_(plans={}), "the sandbox does not know it"),
    ("the dates", with_(plans={NUMBER: {"dates": DATES | {"construction_on": "2026-04-10"}}}), "instead of"),
    ("every mail intent", without("mails", 0), "sent, 0 mails"),
    ("every mail intent", doubled("mails", 0), "sent, 2 mails"),
    ("every mail intent", without("notices", 0), "not told of lit"),
    ("every mail intent", changed("notices", 1, status="pending"), "pending, 1 mails"),
    ("every event", doubled("heard", 0), "on the bus 2 times"),
    ("every event", without("heard", 0), "has a gap"),
    ("no topic", with_(leaks=["kaitsu.works: a name"]), "a name"),
    ("nothing is in", with_(dead_letters={"billing": 2}), "billing: 2 dead letters"),
]


@pytest.mark.parametrize(("promise", "change", "told"), BREAKS)
def test_a_broken_promise_is_named(promise: str, change: Callable[[Evidence], Evidence], told: str) -> None:
    broken = broken_by(change(SOUND))

    (name,) = [name for name in broken if name.startswith(promise)]
    assert any(told in text for text in broken[name])


def test_every_check_has_been_seen_failing() -> None:
    assert {promise for promise, _, _ in BREAKS} >= {
        next(start for start, _, _ in BREAKS if name.startswith(start)) for name in CHECKS
    }


def test_an_activation_in_an_open_month_needs_no_invoice_yet() -> None:
    early = replace(
        SOUND,
        invoices=[],
        heard=SOUND.heard[:4],
        notices=[row for row in NOTICES if row["kind"] != "invoice"],
        mails=[row["message_id"] for row in NOTICES if row["kind"] != "invoice"],
        closed_before=date(2026, 4, 1),
    )

    assert not any(promise.startswith("every activation") for promise in broken_by(early))


def test_where_parts_were_killed_an_event_may_be_sent_again_but_nothing_may_be_missing() -> None:
    again = doubled("mails", 0)(doubled("heard", 0)(changed("submissions", 0, deliveries=3)(SOUND)))

    assert broken_by(replace(again, rough=True)) == {}
    assert broken_by(replace(without("mails", 0)(SOUND), rough=True)) != {}
    assert broken_by(replace(without("heard", 0)(SOUND), rough=True)) != {}


def test_the_tables_show_numbers_and_verdicts_as_plain_text() -> None:
    page = io.StringIO()

    show_all(Console(file=page, width=140), SOUND, judge(SOUND))

    text = page.getvalue()
    for part in ("duplicate", "simulated law", "N+6 to N+7", "22/30", "¥11", "invoice.issued.v1", "kept"):
        assert part in text
    assert "BROKEN" not in text
