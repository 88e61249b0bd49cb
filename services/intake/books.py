"""The forms and rules of data/, checked once at the start: a wrong line stops the service, not a customer."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated, Final, Literal

import holidays
from pydantic import BaseModel, ConfigDict, Field

from kernel.calendar import BusinessCalendar
from services.intake.domain.application import CONFIRMATION, Application
from services.intake.domain.checks import Rules
from services.intake.domain.forms import Form, Question

CALENDAR_YEARS: Final = range(2000, 2051)
# Our words for what the forms offer, as the contracts have them; a form may offer fewer.
WORDS: Final[Mapping[str, frozenset[str]]] = {
    "customer_class": frozenset(("company", "person", "government", "embassy")),
    "building_kind": frozenset(("detached", "collective")),
    "plan": frozenset(("ip1_enterprise", "ip8", "ip16")),
}
CONFIRMATIONS: Final = tuple(
    CONFIRMATION + name for name in ("fees", "management", "installation", "mdf", "other_services", "visit")
)
_CONFIRMED: Final = frozenset(("confirmed", "unconfirmed"))
_FIELDS: Final = frozenset(each.name for each in fields(Application)) - {"confirmed"} | set(CONFIRMATIONS)

_Text = Annotated[str, Field(min_length=1)]
_MonthDay = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$")]
_Days = Annotated[int, Field(ge=0, le=3660)]


class BadBook(ValueError):
    """The data file contradicts itself or the contracts."""


@dataclass(frozen=True)
class Books:
    """The forms by key, and the rules."""

    forms: Mapping[str, Form]
    rules: Rules


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Rules(_Strict):
    oldest_days: _Days
    oldest_clause: _Text
    wish_business_days: _Days
    wish_clause: _Text
    unconfirmed: Literal["defect", "recorded"]
    unconfirmed_clause: _Text
    closed_on: list[_MonthDay]
    closed_clause: _Text


class _Across(_Strict):
    prefecture: _Text
    city: _Text


class _Areas(_Strict):
    east: list[_Text]
    west: list[_Text]
    also_east: list[_Across]


class _Question(_Strict):
    field: _Text
    title: _Text
    type: Literal["TEXT", "PARAGRAPH_TEXT", "MULTIPLE_CHOICE", "DATE"]
    required: bool
    choices: dict[_Text, _Text] = {}

    def question(self) -> Question:
        return Question(self.field, self.title, self.type, self.required, self.choices)


class _Form(_Strict):
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
    title: _Text
    area: Literal["east", "west"]
    items: dict[str, Annotated[int, Field(ge=0)]]


class _File(_Strict):
    rules: _Rules
    areas: _Areas
    question: list[_Question]
    form: Annotated[list[_Form], Field(min_length=1)]


def parse_books(text: str) -> Books:
    """Return forms and rules of a TOML text.

    :raises pydantic.ValidationError: a row has not the shape.  :raises BadBook: questions, choices, items or
    prefectures are missing, unknown or doubled.
    """
    file = _File.model_validate(tomllib.loads(text))
    questions = _questions(file.question)
    forms = [_form(row, questions) for row in file.form]
    if len({form.key for form in forms}) != len(forms):
        raise BadBook("a form stands twice")
    rules = Rules(
        calendar=calendar_of(file.rules.closed_on),
        oldest_days=file.rules.oldest_days,
        wish_business_days=file.rules.wish_business_days,
        unconfirmed_is_defect=file.rules.unconfirmed == "defect",
        areas=_areas(file.areas),
        across=tuple((place.prefecture, place.city) for place in file.areas.also_east),
    )
    return Books({form.key: form for form in forms}, rules)


def _questions(rows: list[_Question]) -> Mapping[str, Question]:
    found = {row.field: row.question() for row in rows}
    if len(found) != len(rows) or len({row.title for row in rows}) != len(rows):
        raise BadBook("a question stands twice")
    if found.keys() != _FIELDS:
        raise BadBook(f"questions are missing or unknown: {', '.join(sorted(found.keys() ^ _FIELDS))}")
    for name, question in found.items():
        words = _CONFIRMED if name.startswith(CONFIRMATION) else WORDS.get(name, frozenset())
        if not set(question.choices.values()) <= words or bool(question.choices) != bool(words):
            raise BadBook(f"the choices of {name} are not our words")
    return found


def _form(row: _Form, questions: Mapping[str, Question]) -> Form:
    if row.items.keys() != questions.keys():
        raise BadBook(f"items of {row.key} are missing or unknown")
    if len(set(row.items.values())) != len(row.items):
        raise BadBook(f"an item id of {row.key} stands twice")
    return Form(row.key, row.area, {row.items[name]: question for name, question in questions.items()})


def _areas(rows: _Areas) -> Mapping[str, str]:
    found = dict.fromkeys(rows.east, "east") | dict.fromkeys(rows.west, "west")
    if len(found) != 47 or len(rows.east) + len(rows.west) != 47:
        raise BadBook("Japan has 47 prefectures, each in one area")
    if any(found.get(place.prefecture) != "west" for place in rows.also_east):
        raise BadBook("a place across the border lies in a prefecture of the west")
    return found


def calendar_of(closed_on: Iterable[str], *, years: Iterable[int] = CALENDAR_YEARS) -> BusinessCalendar:
    """Return weekdays without the public holidays of Japan and without the days (MM-DD) closed every year.

    :raises ValueError: a closed day is no date.
    """
    covered = tuple(years)
    public: Iterable[date] = holidays.country_holidays("JP", years=covered)
    closures = [date.fromisoformat(f"{year:04d}-{day}") for year in covered for day in closed_on]
    return BusinessCalendar.of(public, years=covered, closures=closures)


@cache
def load_books() -> Books:
    """Return the forms and rules of this installation.  :raises ValueError: see parse_books."""
    return parse_books(
        (resources.files("services.intake") / "data" / "forms.toml").read_text(encoding="utf-8")
    )
