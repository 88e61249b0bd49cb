"""The answer of a person to a reported delay that no rule maps: tried on the past, then a rule, then heard again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from prometheus_client import Gauge

from chassis import metrics
from chassis.db import Connection
from chassis.logs import get_logger
from contracts.envelope import Cause
from contracts.partners import CarrierDelayReportedV1
from services.provisioning.casework import Casework
from services.provisioning.crosswalk_book import load_crosswalk
from services.provisioning.domain.crosswalk import PATTERNS, Crosswalk, Kind, Match, Meaning, Rule, key_of
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster
from services.provisioning.said import Said
from services.provisioning.store import crosswalk as store
from services.provisioning.store.crosswalk import Adopted, Report

log = get_logger(__name__)
QUEUE: Final = Gauge(
    "kaitsu_crosswalk_queue",
    "Reported delays that wait for a person, as last seen",
    registry=metrics.REGISTRY,
)
OLDEST_S: Final = Gauge(
    "kaitsu_crosswalk_oldest_seconds", "Since when the oldest of them waits", registry=metrics.REGISTRY
)
_PERSONAL: Final = re.compile(r"[0-9０-９]{4,}|[@＠]|(?<![客仕同多模])様")


class Unusable(ValueError):
    """An answer that cannot become a rule; field: which part of it, rule: why."""

    def __init__(self, field: str, rule: str, detail: str) -> None:
        super().__init__(rule)
        self.field, self.rule, self.detail = field, rule, detail


class Conflict(Exception):
    """An answer that must not become a rule now; changes: what it would do to the past."""

    def __init__(self, rule: str, detail: str, changes: tuple[Change, ...] = ()) -> None:
        super().__init__(rule)
        self.rule, self.detail, self.changes = rule, detail, changes


class NoReport(LookupError):
    """There is no such report."""


@dataclass(frozen=True)
class Answer:
    """What a person decided. words: the code or phrase that shall match from now on; since: only reports said later."""

    kind: Kind
    words: str
    meaning: Meaning
    since: datetime | None = None


@dataclass(frozen=True)
class Change:
    """A report of the past that the new rule would map differently; after: None where a person must answer."""

    report: Report
    before: Meaning | None
    after: Rule | None
    candidates: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        """Whether the report was mapped already and would now mean something else."""
        return self.before is not None


@dataclass(frozen=True)
class Trial:
    """A rule as it would be adopted, and what it does to the past."""

    rule: Rule
    book: Crosswalk
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Done:
    """What an answer did: the rule, and the reports that it settled, as they arrived."""

    adopted: Adopted
    settled: tuple[Report, ...]


async def load(conn: Connection) -> Crosswalk:
    """Return all rules: those of the file and those that people made."""
    return Crosswalk((*load_crosswalk().rules, *(one.rule for one in await store.adopted(conn))))


async def try_out(conn: Connection, report_id: UUID, answer: Answer) -> Trial:
    """Return what the answer would do, without doing it.

    :raises NoReport: there is none.  :raises Conflict: it is answered already.  :raises Unusable: the answer's code
    or phrase is empty, personal, not in the report, or does not decide it.
    """
    asked = await store.report(conn, report_id)
    if asked is None:
        raise NoReport
    if asked.rule:
        raise Conflict("already_answered", f"Rule {asked.rule} settled this report")
    book = await load(conn)
    rule = _rule(book, answer)
    after = book.with_rule(rule)
    touched = await store.touched_by(conn, rule.kind, rule.key)
    if asked.report_id not in {one.report_id for one in touched}:
        raise Unusable("match", "not_in_report", "The report holds no such code or phrase")
    if _match(after, asked, asked=asked, rule=rule).rule is None:
        raise Unusable(
            "match", "still_ambiguous", "Other rules still say something else: take a longer phrase"
        )
    changes = [_change(book, after, one, asked=asked, rule=rule) for one in touched]
    return Trial(rule, after, tuple(change for change in changes if change))


async def answer(
    conn: Connection,
    report_id: UUID,
    answer: Answer,
    *,
    request_id: UUID,
    by: str,
    note: str,
    rules: Rules,
    forecaster: Forecaster,
    now: datetime,
) -> Done:
    """Adopt the answer as a rule and hear every report that waited and now maps, in the caller's transaction.

    The same request again changes nothing and returns what it did.

    :raises NoReport: there is none.  :raises Unusable: as `try_out`.  :raises Conflict: somebody else was first, the
    request's id was used for another answer, or earlier reports would mean something else.
    """
    await store.lock(conn, alone=True)
    for earlier in await store.adopted(conn):
        if earlier.request_id == request_id:
            return await _again(conn, earlier, report_id, answer)
    trial = await try_out(conn, report_id, answer)
    if broken := tuple(change for change in trial.changes if change.breaks):
        raise Conflict(
            "past_would_change", f"{len(broken)} earlier reports would mean something else", broken
        )
    made = Adopted(trial.rule, request_id, report_id, by, note, now)
    await store.adopt(conn, made)
    mapped = [(change.report, change.after) for change in trial.changes if change.after]
    await _hear(conn, mapped, rules=rules, forecaster=forecaster, now=now)
    await store.settle(conn, [(one.report_id, rule) for one, rule in mapped], request_id=request_id, now=now)
    log.info("rule_adopted", rule=trial.rule.name, settled=len(mapped))
    return Done(made, tuple(await store.settled_by(conn, request_id)))


async def measure(conn: Connection, now: datetime) -> None:
    """Set the figures of the queue."""
    waiting, oldest = await store.queue_size(conn)
    QUEUE.set(waiting)
    OLDEST_S.set((now - oldest).total_seconds() if oldest else 0)


async def _hear(
    conn: Connection,
    mapped: list[tuple[Report, Rule]],
    *,
    rules: Rules,
    forecaster: Forecaster,
    now: datetime,
) -> None:
    numbers = {one.order_no for one, _ in mapped}
    work = await Casework.begin(conn, numbers=numbers, rules=rules, forecaster=forecaster, now=now)
    for one, rule in mapped:
        claim = CarrierDelayReportedV1(order_no=one.order_no, code=one.code, text=one.words)
        cause = Cause(one.report_id, one.correlation_id, one.traceparent)
        work.hear(Said(claim, cause, one.occurred_at), by_rule=rule)
    await work.write(conn)


async def _again(conn: Connection, earlier: Adopted, report_id: UUID, answer: Answer) -> Done:
    rule = earlier.rule
    same = (earlier.report_id, rule.kind, rule.key, rule.meaning, rule.since) == (
        report_id,
        answer.kind,
        key_of(answer.kind, answer.words),
        answer.meaning,
        answer.since,
    )
    if not same:
        raise Conflict("request_id_reused", f"This request id made {rule.name}, by another answer")
    return Done(earlier, tuple(await store.settled_by(conn, earlier.request_id)))


def _rule(book: Crosswalk, answer: Answer) -> Rule:
    """Return the answer as a rule: a new version where the code or phrase has one."""
    key = key_of(answer.kind, answer.words)
    if len(key) < (1 if answer.kind is Kind.CODE else 2):
        raise Unusable("match", "too_short", "Two characters are the least for a phrase, one for a code")
    if answer.kind is Kind.PHRASE and _PERSONAL.search(answer.words):
        raise Unusable(
            "match", "personal_data", "A phrase must not name or reach a person: no numbers, no names"
        )
    if answer.meaning.pattern not in {None, *PATTERNS}:
        raise Unusable(
            "pattern", "not_a_reported_pattern", "3 to 7, or none: 1 is no delay, 2 has its own claim"
        )
    versions = book.versions(answer.kind, key)
    id_ = versions[-1].id if versions else f"{answer.kind}-{sha256(key.encode()).hexdigest()[:10]}"
    version = versions[-1].version + 1 if versions else 1
    return Rule(id_, version, answer.kind, key, answer.meaning, answer.since)


def _match(book: Crosswalk, report: Report, *, asked: Report, rule: Rule) -> Match:
    """Return what a report means; the one that the person looked at is under the new rule whenever it was said."""
    at = report.occurred_at
    if rule.since and report.report_id == asked.report_id:
        at = max(at, rule.since)
    return book.match(report.code, report.words, at=at)


def _change(
    before: Crosswalk, after: Crosswalk, report: Report, *, asked: Report, rule: Rule
) -> Change | None:
    """Return what the new rule does to a report of the past, or None if it means the same."""
    then = before.match(report.code, report.words, at=report.occurred_at)
    now = _match(after, report, asked=asked, rule=rule)
    if report.rule:
        if now.meaning in {then.meaning, report.meaning}:
            return None
    elif now.rule is None:
        return None
    names = tuple(one.name for one in now.candidates)
    return Change(report, report.meaning, now.rule, names)
