"""How reports, rules and answers of the crosswalk are shown: in JSON words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.provisioning.crosswalk import Change, Done
from services.provisioning.domain.crosswalk import Crosswalk, Meaning, Rule
from services.provisioning.store.crosswalk import Report


def candidates(book: Crosswalk, report: Report) -> tuple[Rule, ...]:
    """Return the rules that speak about a report."""
    return book.match(report.code, report.words, at=report.occurred_at).candidates


def meaning(meaning: Meaning | None) -> dict[str, Any] | None:
    """Return a meaning in JSON words."""
    return meaning and {
        "pattern": meaning.pattern,
        "reason": meaning.reason,
        "responsible": meaning.responsible,
        "action": meaning.action,
    }


def rule(rule: Rule) -> dict[str, Any]:
    """Return a rule in JSON words."""
    since = rule.since and instant(rule.since)
    return {
        "rule": rule.name,
        "kind": rule.kind,
        "match": rule.key,
        "meaning": meaning(rule.meaning),
        "since": since,
    }


def report(report: Report) -> dict[str, Any]:
    """Return a report without the carrier's words."""
    return {
        "report_id": str(report.report_id),
        "order_no": report.order_no,
        "code": report.code,
        "has_text": report.words is not None,
        "occurred_at": instant(report.occurred_at),
        "received_at": instant(report.received_at),
        "rule": report.rule,
        "meaning": meaning(report.meaning),
    }


def change(change: Change) -> dict[str, Any]:
    """Return what an answer would change of the past, in JSON words."""
    after = rule(change.after) if change.after else None
    return {
        **report(change.report),
        "after": after,
        "candidates": change.candidates,
        "breaks": change.breaks,
    }


def done(done: Done) -> dict[str, Any]:
    """Return what an answer did, in JSON words."""
    made = done.adopted
    return {
        **rule(made.rule),
        "by": made.by,
        "note": made.note,
        "adopted_at": instant(made.adopted_at),
        "settled": [report(one) for one in done.settled],
    }


def instant(at: datetime) -> str:
    """Return the instant, UTC."""
    return at.isoformat().replace("+00:00", "Z")
