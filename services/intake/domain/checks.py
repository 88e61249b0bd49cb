"""Every rule for the answers of a form; a check names all defects, never only the first."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from kernel.calendar import BusinessCalendar, CalendarHasNoYear
from services.intake.domain import normalize
from services.intake.domain.application import CONFIRMATION, Application, Value
from services.intake.domain.forms import Form, Question
from services.intake.domain.normalize import Unfit


@dataclass(frozen=True)
class Rules:
    """What the operator asks of an application; see data/forms.toml for the clauses.

    areas: prefecture to area; across: (prefecture, begin of the city) of places that belong to the other area too.
    """

    calendar: BusinessCalendar
    oldest_days: int
    wish_business_days: int
    unconfirmed_is_defect: bool
    areas: Mapping[str, str]
    across: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Defect:
    """One broken rule of one field; answered_by: sales, or desk where sales cannot mend it."""

    field: str
    rule: str
    answered_by: str = "sales"


@dataclass(frozen=True)
class Checked:
    """What a check found: an application, or defects. values: the normal forms of all fields that are fit."""

    application: Application | None
    defects: tuple[Defect, ...]
    values: Mapping[str, Value]


_READERS: Final[Mapping[str, Callable[[str], Value]]] = {
    "customer_name": normalize.line(100),
    "contact_person": normalize.line(60),
    "postal_code": normalize.postal_code,
    "city": normalize.line(120),
    "building": normalize.line(80),
    "phone": normalize.phone,
    "email": normalize.email,
    "applied_on": normalize.day,
    "wished_on": normalize.day,
    "sales_name": normalize.line(60),
    "sales_email": normalize.email,
    "sales_office": normalize.office,
    "remarks": normalize.paragraph(2000),
}


def check(
    form: Form,
    answers: Mapping[str, str],
    *,
    submitted_on: date,
    rules: Rules,
    standing: Application | None = None,
) -> Checked:
    """Return the application, or everything that is wrong with the answers.

    answers: as typed, by field. submitted_on: local date of the submission. standing: what the order says already;
    an application date that stands unchanged is not asked about its age again.
    """
    questions = {question.field: question for question in form.items.values()}
    values: dict[str, Value] = {}
    defects: list[Defect] = []
    for name, question in questions.items():
        found = _read(question, answers.get(name, ""), answers, rules)
        if isinstance(found, Defect):
            defects.append(found)
        else:
            values[name] = found
    defects += _across_fields(form, values, submitted_on=submitted_on, rules=rules, standing=standing)
    broken = {defect.field for defect in defects}
    fit = {name: value for name, value in values.items() if name not in broken}
    place = {name: number for number, name in enumerate(questions)}
    ordered = tuple(sorted(defects, key=lambda defect: place[defect.field]))
    return Checked(None if defects else _application(values), ordered, fit)


def _read(question: Question, text: str, answers: Mapping[str, str], rules: Rules) -> Value | Defect:
    if not text.strip():
        return Defect(question.field, "required") if question.required else None
    if question.choices:
        return _choice(question, text, rules)
    try:
        return _typed(question.field, text, answers, rules)
    except Unfit as error:
        return Defect(question.field, error.rule)


def _choice(question: Question, text: str, rules: Rules) -> Value | Defect:
    name = question.field
    word = question.choices.get(unicodedata.normalize("NFC", text.strip()))
    if word is None:  # people cannot type here: the form offers something that we do not know
        return Defect(name, "unknown_choice", "desk")
    unconfirmed = name.startswith(CONFIRMATION) and word != "confirmed"
    return Defect(name, "not_confirmed") if unconfirmed and rules.unconfirmed_is_defect else word


def _typed(name: str, text: str, answers: Mapping[str, str], rules: Rules) -> Value:
    if name == "customer_kana":
        return normalize.kana(text, company=answers.get("customer_class", "").strip() != "個人")
    if name == "prefecture":
        return _prefecture(text, rules)
    return _READERS[name](text)


def _prefecture(text: str, rules: Rules) -> str:
    found = unicodedata.normalize("NFKC", text).strip()
    if found not in rules.areas:
        raise Unfit("not_a_prefecture")
    return found


def _across_fields(
    form: Form,
    values: Mapping[str, Value],
    *,
    submitted_on: date,
    rules: Rules,
    standing: Application | None,
) -> list[Defect]:
    defects: list[Defect] = []
    prefecture, city = values.get("prefecture"), values.get("city")
    if isinstance(prefecture, str) and not _in_area(form.area, prefecture, city, rules):
        defects.append(Defect("prefecture", "wrong_area"))
    if values.get("building_kind") == "collective" and "building" in values and not values["building"]:
        defects.append(Defect("building", "required_for_collective"))
    applied_on, wished_on = values.get("applied_on"), values.get("wished_on")
    if isinstance(applied_on, date):
        unchanged = standing is not None and standing.applied_on == applied_on
        defects += _applied(applied_on, submitted_on, rules, unchanged=unchanged)
    if isinstance(wished_on, date):
        defects += _wished(wished_on, applied_on if isinstance(applied_on, date) else None, rules)
    return defects


def _in_area(area: str, prefecture: str, city: object, rules: Rules) -> bool:
    if rules.areas[prefecture] == area:
        return True
    return isinstance(city, str) and any(
        prefecture == place and city.startswith(begin) for place, begin in rules.across
    )


def _applied(applied_on: date, submitted_on: date, rules: Rules, *, unchanged: bool) -> list[Defect]:
    if applied_on > submitted_on:
        return [Defect("applied_on", "in_the_future")]
    if not unchanged and submitted_on - applied_on > timedelta(days=rules.oldest_days):
        return [Defect("applied_on", "too_old")]
    return []


def _wished(wished_on: date, applied_on: date | None, rules: Rules) -> list[Defect]:
    """Return what is wrong with the wish, which may be two things.

    Source: line-application.md, "Wanted start date".
    """
    defects: list[Defect] = []
    try:
        if not rules.calendar.is_business_day(wished_on):
            defects.append(Defect("wished_on", "not_a_business_day"))
    except CalendarHasNoYear:
        return [Defect("wished_on", "beyond_the_calendar")]
    try:
        if applied_on and wished_on < rules.calendar.add_business_days(applied_on, rules.wish_business_days):
            defects.append(Defect("wished_on", "too_early"))
    except CalendarHasNoYear:  # the application's date is beyond belief, and has its own defect
        return defects
    return defects


def _application(values: Mapping[str, Value]) -> Application:
    confirmed = tuple(
        name.removeprefix(CONFIRMATION)
        for name, value in values.items()
        if name.startswith(CONFIRMATION) and value == "confirmed"
    )
    said: dict[str, Any] = {
        name: value for name, value in values.items() if not name.startswith(CONFIRMATION)
    }
    return Application(**said, confirmed=confirmed)
