"""Reported delays, those that wait for a person, and the rules that people made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Connection
from services.provisioning.domain.crosswalk import (
    Action,
    Kind,
    Meaning,
    Reason,
    Responsible,
    Rule,
    normal_code,
    normal_text,
)
from services.provisioning.domain.patterns import Pattern


@dataclass(frozen=True)
class Report:
    """A delay that the carrier reported. words may name a person: they are shown to the one who opens the report only.

    rule, meaning, settled_at: nothing while it waits. settled_by: the request whose answer settled it.
    """

    report_id: UUID
    order_no: str
    code: str | None
    words: str | None
    occurred_at: datetime
    received_at: datetime
    correlation_id: UUID
    traceparent: str | None
    rule: str | None = None
    meaning: Meaning | None = None
    settled_at: datetime | None = None
    settled_by: UUID | None = None


@dataclass(frozen=True)
class Adopted:
    """A rule that a person made; adopted_at: business time."""

    rule: Rule
    request_id: UUID
    report_id: UUID
    by: str
    note: str
    adopted_at: datetime


async def lock(conn: Connection, *, alone: bool) -> None:
    """Let no rule be adopted before the caller's transaction ends; alone: let nobody match either.

    Everybody takes this lock before any lock on numbers or orders.
    """
    await conn.execute(
        """
        SELECT CASE WHEN $1 THEN pg_advisory_xact_lock(hashtextextended('crosswalk', 0))
                    ELSE pg_advisory_xact_lock_shared(hashtextextended('crosswalk', 0))
                END
        """,
        alone,
    )


async def known(conn: Connection, report_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of the claims that were heard before."""
    rows = await conn.fetch(
        "SELECT report_id FROM delay_reports WHERE report_id = ANY ($1)", sorted(set(report_ids))
    )
    return {row["report_id"] for row in rows}


async def add(conn: Connection, reports: Sequence[Report]) -> None:
    """Keep reports in the order of arrival."""
    await conn.executemany(
        """
        INSERT INTO delay_reports (report_id, order_no, code, words, code_key, words_key, occurred_at, received_at,
                                   correlation_id, traceparent, rule, pattern, reason, responsible, action, settled_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """,
        [
            (
                one.report_id, one.order_no, one.code, one.words, normal_code(one.code), normal_text(one.words),
                one.occurred_at, one.received_at, one.correlation_id, one.traceparent, one.rule,
                *_meaning(one.meaning), one.settled_at,
            )
            for one in reports
        ],
    )  # fmt: skip


async def settle(
    conn: Connection, settled: Sequence[tuple[UUID, Rule]], *, request_id: UUID, now: datetime
) -> None:
    """Note which rule mapped reports that had waited."""
    await conn.executemany(
        """
        UPDATE delay_reports
           SET rule = $2, pattern = $3, reason = $4, responsible = $5, action = $6, settled_at = $7, settled_by = $8
         WHERE report_id = $1 AND rule IS NULL
        """,
        [(id_, rule.name, *_meaning(rule.meaning), now, request_id) for id_, rule in settled],
    )


async def report(conn: Connection, report_id: UUID) -> Report | None:
    """Return one report with its words, or None if there is none."""
    row = await conn.fetchrow("SELECT * FROM delay_reports WHERE report_id = $1", report_id)
    return _report(row) if row else None


async def touched_by(conn: Connection, kind: Kind, key: str) -> list[Report]:
    """Return all reports, queued and mapped, that hold this code or phrase, as they arrived: no other can change."""
    rows = await conn.fetch(
        """
        SELECT *
          FROM delay_reports
         WHERE CASE WHEN $1 = 'code' THEN code_key = $2 ELSE strpos(words_key, $2) > 0 END
         ORDER BY position
        """,
        kind.value,
        key,
    )
    return [_report(row) for row in rows]


async def queue(conn: Connection, *, after: UUID | None, limit: int) -> list[Report]:
    """Return reports that wait, the first that arrived first; after: the last one of the page before."""
    rows = await conn.fetch(
        """
        SELECT *
          FROM delay_reports
         WHERE rule IS NULL
           AND position > coalesce((SELECT position FROM delay_reports WHERE report_id = $1), 0)
         ORDER BY position
         LIMIT $2
        """,
        after,
        limit,
    )
    return [_report(row) for row in rows]


async def queue_size(conn: Connection) -> tuple[int, datetime | None]:
    """Return how many reports wait, and since when the oldest does."""
    row = await conn.fetchrow(
        "SELECT count(*) AS waiting, min(received_at) AS oldest FROM delay_reports WHERE rule IS NULL"
    )
    assert row is not None
    return row["waiting"], row["oldest"]


async def settled_by(conn: Connection, request_id: UUID) -> list[Report]:
    """Return the reports that an answer settled, as they arrived."""
    rows = await conn.fetch("SELECT * FROM delay_reports WHERE settled_by = $1 ORDER BY position", request_id)
    return [_report(row) for row in rows]


async def adopt(conn: Connection, adopted: Adopted) -> None:
    """Keep a rule that a person made."""
    rule = adopted.rule
    await conn.execute(
        """
        INSERT INTO crosswalk_rules (rule_id, version, kind, key, pattern, reason, responsible, action, since,
                                     request_id, report_id, adopted_by, note, adopted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        rule.id, rule.version, rule.kind.value, rule.key, *_meaning(rule.meaning), rule.since,
        adopted.request_id, adopted.report_id, adopted.by, adopted.note, adopted.adopted_at,
    )  # fmt: skip


async def adopted(conn: Connection) -> list[Adopted]:
    """Return all rules that people made, in all versions."""
    rows = await conn.fetch("SELECT * FROM crosswalk_rules ORDER BY rule_id, version")
    return [
        Adopted(
            Rule(
                row["rule_id"], row["version"], Kind(row["kind"]), row["key"], _read(row), row["since"]
            ),
            row["request_id"], row["report_id"], row["adopted_by"], row["note"], row["adopted_at"],
        )
        for row in rows
    ]  # fmt: skip


def _meaning(meaning: Meaning | None) -> tuple[int | None, str | None, str | None, str | None]:
    if meaning is None:
        return None, None, None, None
    pattern = meaning.pattern and meaning.pattern.value
    return pattern, meaning.reason.value, meaning.responsible.value, meaning.action.value


def _read(row: Any) -> Meaning:
    pattern = Pattern(row["pattern"]) if row["pattern"] else None
    return Meaning(pattern, Reason(row["reason"]), Responsible(row["responsible"]), Action(row["action"]))


def _report(row: Any) -> Report:
    return Report(
        row["report_id"], row["order_no"], row["code"], row["words"], row["occurred_at"], row["received_at"],
        row["correlation_id"], row["traceparent"], row["rule"], _read(row) if row["rule"] else None,
        row["settled_at"], row["settled_by"],
    )  # fmt: skip
