"""What a form asks, and how far the answers that arrive are still those of the form that we know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as filled
from enum import StrEnum


class Drifted(StrEnum):
    """How the form itself differs from the one that we know."""

    RENAMED = "renamed_question"
    RECREATED = "recreated_question"
    UNKNOWN = "unknown_question"
    MISSING = "missing_question"
    DOUBLED = "doubled_question"
    RETYPED = "retyped_question"


@dataclass(frozen=True)
class Question:
    """One question. choices: what the form shows, and our word for it; empty where people type freely."""

    field: str
    title: str
    type: str
    required: bool
    choices: Mapping[str, str] = filled(default_factory=dict[str, str])


@dataclass(frozen=True)
class Form:
    """A form; items: its questions by item id, in the form's order. area: east or west."""

    key: str
    area: str
    items: Mapping[int, Question]


@dataclass(frozen=True)
class Answer:
    """One answer as it came; a question with several answers has a tuple."""

    item_id: int
    title: str
    type: str
    response: str | tuple[str, ...]


@dataclass(frozen=True)
class Drift:
    """One difference between form and answers; item_id: as it came; field: ours, where it can be told."""

    reason: Drifted
    item_id: int | None = None
    field: str | None = None


@dataclass(frozen=True)
class Read:
    """The answers by field, as they were typed, and every drift. An unanswered question is an empty text."""

    values: Mapping[str, str]
    drifts: tuple[Drift, ...]


def read_answers(form: Form, answers: Sequence[Answer]) -> Read:
    """Return the answers by field; a drift means that a person must look, because a value may mean something else.

    An optional question may be absent: Google leaves unanswered ones out. A required one cannot be unanswered, so
    that its absence means that the form lost it.
    """
    values = {question.field: "" for question in form.items.values()}
    drifts: list[Drift] = []
    counts = Counter(answer.item_id for answer in answers)
    for answer in answers:
        drift = _drift(form, answer, counts)
        if drift:
            drifts.append(drift)
        elif isinstance(answer.response, str):
            values[form.items[answer.item_id].field] = answer.response
    here = counts.keys() | {drift.item_id for drift in drifts}
    stood_in = {drift.field for drift in drifts}
    drifts += [
        Drift(Drifted.MISSING, item_id, question.field)
        for item_id, question in form.items.items()
        if question.required and item_id not in here and question.field not in stood_in
    ]
    return Read(values, tuple(dict.fromkeys(drifts)))


def _drift(form: Form, answer: Answer, counts: Mapping[int, int]) -> Drift | None:
    question = form.items.get(answer.item_id)
    if question is None:
        twin = next((each for each in form.items.values() if each.title == answer.title), None)
        if twin is None:
            return Drift(Drifted.UNKNOWN, answer.item_id)
        return Drift(Drifted.RECREATED, answer.item_id, twin.field)
    if counts[answer.item_id] > 1:
        return Drift(Drifted.DOUBLED, answer.item_id, question.field)
    if question.title != answer.title:
        return Drift(Drifted.RENAMED, answer.item_id, question.field)
    if question.type != answer.type or not isinstance(answer.response, str):
        return Drift(Drifted.RETYPED, answer.item_id, question.field)
    return None
