"""What becomes of a submission: an order, defects, an edit, or a case for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.ids import OrderId
from kernel.times import local_date
from services.intake.domain.application import Application, People, people_in, people_of
from services.intake.domain.checks import Defect, Rules, check
from services.intake.domain.forms import Answer, Drift, Form, read_answers
from services.intake.domain.versions import changed_fields

# The sender's clock may run a little ahead of ours; a day is no clock any more.
FUTURE: Final = timedelta(days=1)


class Status(StrEnum):
    """What a submission ended as; received and stuck are given by the store."""

    RECEIVED = "received"
    ORDER = "order"
    DEFECT = "defect"
    EDIT = "edit"
    TRIAGE = "triage"
    STUCK = "stuck"


class Effect(StrEnum):
    """What an edit did to its order."""

    AMENDED = "amended"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Submission:
    """One stored form submission. submitted_at: the form's word; received_at: business time of the first POST."""

    submission_id: UUID
    order_id: OrderId
    form: str
    response_id: str
    submitted_at: datetime
    received_at: datetime
    answers: Sequence[Answer]


@dataclass(frozen=True)
class Standing:
    """What is known of one form response. version: of the order's content, 0 while there is no order.

    newest_at: submitted_at of the newest submission that was judged; began_with: the first one that was, which
    names the whole process; application: what the order says, None while there is none; people: whom to reach.
    """

    order_id: OrderId
    form: str
    response_id: str
    began_with: UUID
    newest_at: datetime
    version: int = 0
    application: Application | None = None
    people: People | None = None


@dataclass(frozen=True)
class Outcome:
    """What becomes of one submission, and how the response stands after it (None: nothing was judged)."""

    submission: Submission
    status: Status
    standing: Standing | None
    defects: tuple[Defect, ...] = ()
    drifts: tuple[Drift, ...] = ()
    reason: str | None = None
    effect: Effect | None = None
    changed: tuple[str, ...] = ()


def decide(form: Form | None, submission: Submission, before: Standing | None, rules: Rules) -> Outcome:
    """Return what becomes of the submission; before: how its response stood, None if none was judged yet.

    A drifted form, a form that is gone, or a time in the future is a case for a person and changes nothing.
    A submission that is not newer than the newest judged one is kept as an edit without effect.
    Defects never change an order that stands; they are told, and the order keeps its last clean content.
    """
    if form is None:
        return Outcome(submission, Status.TRIAGE, before, reason="unknown_form")
    if submission.submitted_at > submission.received_at + FUTURE:
        return Outcome(submission, Status.TRIAGE, before, reason="submitted_in_the_future")
    read = read_answers(form, submission.answers)
    if read.drifts:
        return Outcome(submission, Status.TRIAGE, before, drifts=read.drifts, reason="form_changed")
    if before and submission.submitted_at <= before.newest_at:
        return Outcome(submission, Status.EDIT, before, effect=Effect.SUPERSEDED)
    after = _newest(form, submission, before)
    found = check(
        form,
        read.values,
        submitted_on=local_date(submission.submitted_at),
        rules=rules,
        standing=after.application,
    )
    if found.application is None:
        if after.version == 0:
            after = replace(after, people=people_in(found.values))
        return Outcome(submission, Status.DEFECT, after, defects=found.defects)
    return _clean(submission, after, found.application)


def _newest(form: Form, submission: Submission, before: Standing | None) -> Standing:
    if before:
        return replace(before, newest_at=submission.submitted_at)
    return Standing(
        order_id=submission.order_id,
        form=form.key,
        response_id=submission.response_id,
        began_with=submission.submission_id,
        newest_at=submission.submitted_at,
    )


def _clean(submission: Submission, before: Standing, application: Application) -> Outcome:
    after = replace(
        before, version=before.version + 1, application=application, people=people_of(application)
    )
    if before.application is None:
        return Outcome(submission, Status.ORDER, after)
    changed = changed_fields(before.application, application)
    if not changed:
        return Outcome(submission, Status.EDIT, before, effect=Effect.UNCHANGED)
    return Outcome(submission, Status.EDIT, after, effect=Effect.AMENDED, changed=changed)
