"""How a day was counted: a frozen value that says which calendar, from which day, which days were left out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from kernel.calendar import BusinessCalendar, CalendarHasNoYear, Closed


class Unit(StrEnum):
    """Which days are counted; GIVEN: none, somebody named the day."""

    BUSINESS = "business"
    CALENDAR = "calendar"
    GIVEN = "given"


class Start(StrEnum):
    """The day from which is counted, or who named a day that was not counted."""

    ARRIVAL = "arrival"
    TRY = "try"
    CONSULT = "consult"
    REGISTRATION = "registration"
    INQUIRY = "inquiry"
    WORKS = "works"
    SURVEY = "survey"
    CONSTRUCTION = "construction"
    ANSWER = "answer"
    WISH = "wish"
    TODAY = "today"


@dataclass(frozen=True)
class HolidayName:
    """What a public holiday is called in both languages."""

    english: str
    japanese: str


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """A calendar with its name and those of its holidays; one object per calendar, compared by identity."""

    name: str
    days: BusinessCalendar
    holiday_names: Mapping[date, HolidayName]


@dataclass(frozen=True)
class Skipped:
    """A day that did not count, and why; the names are those of a public holiday, else empty."""

    on: date
    reason: Closed
    english: str = ""
    japanese: str = ""


@dataclass(frozen=True)
class Arithmetic:
    """The way to a day: days (negative: before) of a unit, counted from a day that is not counted itself.

    calendar: name of the calendar of business days, empty for other units. skipped: in the order of counting.
    """

    start: Start
    from_on: date
    days: int
    unit: Unit
    calendar: str
    skipped: tuple[Skipped, ...]
    result_on: date

    def in_english(self) -> str:
        """Return one line for people."""
        result, first = _english(self.result_on), _english(self.from_on)
        name, by_whom = _STARTS[self.start][:2]
        if self.unit is Unit.GIVEN:
            return f"{result}: {by_whom}"
        number = abs(self.days)
        of = f" ({_CALENDARS.get(self.calendar, (self.calendar,))[0]})" if self.calendar else ""
        days = f"{number} {self.unit.value} day{'' if number == 1 else 's'}{of}"
        left_out = ", ".join(f"{_english(day.on)} {day.english or day.reason.value}" for day in self.skipped)
        way = f"{days} {'before' if self.days < 0 else 'after'} the {name} on {first}"
        return f"{result}: {way}" + (f"; not counted: {left_out}" if left_out else "")

    def in_japanese(self) -> str:
        """Return one line for people (日本語)."""
        result, first = _japanese(self.result_on), _japanese(self.from_on)
        name, by_whom = _STARTS[self.start][2:]
        if self.unit is Unit.GIVEN:
            return f"{result}:{by_whom}"
        of = f"({_CALENDARS.get(self.calendar, ('', self.calendar))[1]})" if self.calendar else ""
        unit = "営業日" if self.unit is Unit.BUSINESS else "日"
        days = f"{abs(self.days)}{unit}{'前' if self.days < 0 else '後'}{of}"
        left_out = "、".join(
            f"{_japanese(day.on)}{day.japanese or _REASONS[day.reason]}" for day in self.skipped
        )
        return f"{result}:{name}{first}の{days}" + (f"。数えない日:{left_out}" if left_out else "")

    def as_json(self) -> dict[str, Any]:
        """Return plain words for tables and interfaces; `from_json` gives the same value back."""
        return {
            "start": self.start.value,
            "from_on": self.from_on.isoformat(),
            "days": self.days,
            "unit": self.unit.value,
            "calendar": self.calendar,
            "skipped": [
                {
                    "on": day.on.isoformat(),
                    "reason": day.reason.value,
                    "english": day.english,
                    "japanese": day.japanese,
                }
                for day in self.skipped
            ],
            "result_on": self.result_on.isoformat(),
        }

    @classmethod
    def from_json(cls, words: Mapping[str, Any]) -> Arithmetic:
        """Return the value that these words were made of.

        :raises KeyError: a word is missing.  :raises ValueError: a word means nothing.
        """
        return cls(
            Start(words["start"]),
            date.fromisoformat(words["from_on"]),
            words["days"],
            Unit(words["unit"]),
            words["calendar"],
            tuple(
                Skipped(date.fromisoformat(day["on"]), Closed(day["reason"]), day["english"], day["japanese"])
                for day in words["skipped"]
            ),
            date.fromisoformat(words["result_on"]),
        )


def given(start: Start, day: date) -> Arithmetic:
    """Return a day that somebody named; nothing was counted."""
    return Arithmetic(start, day, 0, Unit.GIVEN, "", (), day)


@lru_cache(maxsize=65536)
def count(start: Start, day: date, days: int, calendar: WorkCalendar | None) -> Arithmetic:
    """Return the way from a day, which is not counted, by days (negative: back); business days of the calendar if any.

    No business days at all, 0, give the day itself or the first business day after it.
    Kept for the next who asks: on one day many orders arrive.

    :raises CalendarHasNoYear: the calendar, or the calendar of all, does not reach so far.
    """
    if calendar is None:
        return Arithmetic(start, day, days, Unit.CALENDAR, "", (), _moved(day, days))
    skipped: list[Skipped] = []
    step, left, result = (-1 if days < 0 else 1), abs(days), day
    for result in _days_from(day, step, include_first=days == 0):
        reason = calendar.days.why_closed(result)
        if reason is None:
            left -= 1
            if left <= 0:
                break
        else:
            name = calendar.holiday_names.get(result) if reason is Closed.HOLIDAY else None
            skipped.append(Skipped(result, reason, *((name.english, name.japanese) if name else ())))
    return Arithmetic(start, day, days, Unit.BUSINESS, calendar.name, tuple(skipped), result)


def _days_from(day: date, step: int, *, include_first: bool) -> Iterator[date]:
    if include_first:
        yield day
    while True:
        day = _moved(day, step)
        yield day


def _moved(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise CalendarHasNoYear(day) from None


def _english(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _japanese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日({'月火水木金土日'[day.weekday()]})"


_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REASONS: Final = {Closed.WEEKEND: "週末", Closed.HOLIDAY: "祝日", Closed.CLOSURE: "休業日"}
_CALENDARS: Final = {
    "company": ("company calendar", "当社カレンダー"),
    "carrier_east": ("calendar of the carrier, East", "事業者東日本カレンダー"),
    "carrier_west": ("calendar of the carrier, West", "事業者西日本カレンダー"),
    "bank": ("bank calendar", "銀行カレンダー"),
}
# For each start: what a count begins with, who named a day; then both in Japanese.
_STARTS: Final[Mapping[Start, tuple[str, str, str, str]]] = {
    Start.ARRIVAL: ("arrival", "set when the order was opened", "受付日", "受付時に決定"),
    Start.TRY: ("call that reached nobody", "set after the last call", "不在だった日", "前回の架電時に決定"),
    Start.CONSULT: ("consult", "named by the desk", "コンサル日", "デスクが指定"),
    Start.REGISTRATION: (
        "request to register the address",
        "set when the registration was requested",
        "住所登録依頼日",
        "住所登録の依頼時に決定",
    ),
    Start.INQUIRY: ("plant inquiry", "named by the carrier", "設備照会日", "事業者が指定"),
    Start.WORKS: (
        "day the works or permit were found",
        "expected by the carrier",
        "判明日",
        "事業者の見込み",
    ),
    Start.SURVEY: ("survey", "named by the carrier", "調査日", "事業者が指定"),
    Start.CONSTRUCTION: ("construction", "named by the carrier", "工事日", "事業者が指定"),
    Start.ANSWER: ("answer", "named by the carrier", "回答日", "事業者が指定した回答期限"),
    Start.TODAY: ("last fact", "today, no sooner day is left", "本日", "本日(これより早い日はない)"),
    Start.WISH: ("wished day", "wished by the customer", "希望日", "お客様の希望日"),
}
