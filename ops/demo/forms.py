"""Form responses of a month from a seed, with doubles, edits, defects and forgeries, and what must become of each.

The same seed, count and first day give the same posts, byte for byte.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final, Literal

from kernel.times import local_date
from ops.demo.people import Area, Customer, customer, sales_force
from ops.demo.questions import CONFIRMATIONS, FORMS, answers
from ops.sandbox.calendar import japanese_calendar, slot

Outcome = Literal["order", "defect", "edit", "duplicate", "refused"]
Signature = Literal["good", "forged", "tampered", "stale"]

HOURS: Final = (9, 12, 15, 18)
LEAD_BUSINESS_DAYS: Final = 7  # the wished date is a business day from the 7th after the application
_LETTERS: Final = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Post:
    """One POST of the run, and what must become of it.

    at: business instant of the grid at which it is posted; defects: names of the fields with something wrong;
    burst: posts of one burst are sent at the same moment, in parallel.
    """

    at: datetime
    form_id: str
    webhook_id: str
    body: bytes
    signature: Signature
    outcome: Outcome
    defects: frozenset[str] = frozenset()
    burst: str = ""


@dataclass(frozen=True)
class Response:
    """A form response before it is written as a body."""

    area: Area
    response_id: str
    submitted_at: datetime
    values: dict[str, str]
    edited: bool = False

    @property
    def webhook_id(self) -> str:
        """Form, response and time: what makes a submission unique."""
        return f"{FORMS[self.area][0]}:{self.response_id}:{_text(self.submitted_at)}"

    def body(self) -> bytes:
        """Return the bytes that the form's script sends."""
        form_id, title, _ = FORMS[self.area]
        document: dict[str, Any] = {
            "form_id": form_id,
            "form_title": title,
            "response_id": self.response_id,
            "submitted_at": _text(self.submitted_at),
            "edited": self.edited,
            "respondent_email": None,
            "answers": answers(self.area, self.values),
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Batch:
    """All posts of a run in order, and every text that must stay out of the bus and the logs."""

    posts: tuple[Post, ...]
    secrets: frozenset[str]


@dataclass(frozen=True)
class Shares:
    """How many of all posts are what; shares of one."""

    duplicates: float = 0.05
    edits: float = 0.03
    defects: float = 0.04
    forgeries: float = 0.02

    def counts(self, total: int) -> dict[str, int]:
        """Return whole numbers; the rest is `clean`."""
        found = {name: round(total * share) for name, share in vars(self).items()}
        return found | {"clean": total - sum(found.values())}


def make_batch(
    seed: int, total: int, *, first_day: date, days: int = 30, shares: Shares | None = None
) -> Batch:
    """Return the posts of a run over `days` days, at most one grid hour apart from their submission."""
    return _Maker(seed, first_day, days).make((shares or Shares()).counts(total))


class _Maker:
    """Draws everything from one generator, in a fixed sequence."""

    def __init__(self, seed: int, first_day: date, days: int) -> None:
        self.rng = Random(f"forms:{seed}")
        self._calendar = japanese_calendar()
        self._slots = [slot(first_day + timedelta(days=day), hour) for day in range(days) for hour in HOURS]
        weights = [self._weight(at) for at in self._slots]
        self._weights = weights
        self._sales = sales_force(self.rng)
        self._serial = 0
        self._secrets: set[str] = {text for one in self._sales for text in (one.name, one.email)}

    def make(self, counts: dict[str, int]) -> Batch:
        clean = [
            self._first(early=number < counts["edits"] + counts["duplicates"])
            for number in range(counts["clean"])
        ]
        posts = [_post(self._slot_of(one), one, "order") for one in clean]
        posts += [self._defective() for _ in range(counts["defects"])]
        posts += [self._forgery(number) for number in range(counts["forgeries"])]
        doubled = clean[counts["edits"] :][: counts["duplicates"]]
        for number, one in enumerate(doubled):
            posts.append(self._double(posts, one, at_once=number % 2 == 0))
        posts += [self._edit(one) for one in clean[: counts["edits"]]]
        return Batch(tuple(sorted(posts, key=lambda post: post.at)), frozenset(self._secrets))

    def _weight(self, at: datetime) -> int:
        return 4 if self._calendar.is_business_day(local_date(at)) else 1

    def _first(self, *, early: bool) -> Response:
        """early: within the first four fifths, so that something can follow within the days of the run."""
        usable = len(self._slots) * 4 // 5 if early else len(self._slots)
        at = self.rng.choices(self._slots[:usable], weights=self._weights[:usable])[0]
        area: Area = self.rng.choice(("east", "west"))
        who = customer(self.rng, self._serial, area)
        self._serial += 1
        self._secrets.update(who.secrets)
        submitted_at = at - timedelta(seconds=self.rng.randint(60, 3 * 3600 - 60))
        return Response(area, self._response_id(), submitted_at, self._values(who, submitted_at))

    def _values(self, who: Customer, submitted_at: datetime) -> dict[str, str]:
        rng, sales = self.rng, self.rng.choice(self._sales)
        applied_on = local_date(submitted_at) - timedelta(days=rng.randint(0, 3))
        return {
            "customer_name": who.name,
            "customer_kana": who.kana,
            "customer_class": who.kind,
            "contact_person": who.contact_person,
            "postal_code": who.postal_code,
            "prefecture": who.prefecture,
            "city": who.city,
            "building": who.building,
            "building_kind": "集合" if who.building else "戸建",
            "phone": who.phone,
            "email": who.email,
            "plan": rng.choices(("IP1 Enterprise", "IP8", "IP16"), weights=(80, 14, 6))[0],
            "applied_on": applied_on.isoformat(),
            "wished_on": self.wish(submitted_at).isoformat() if rng.random() < 0.6 else "",
            "sales_name": sales.name,
            "sales_email": sales.email,
            "sales_office": sales.office,
            "remarks": rng.choice(("", "", "", "午前中の工事を希望", "駐車場なし")),
        } | dict.fromkeys(CONFIRMATIONS, "確認済")

    def wish(self, submitted_at: datetime) -> date:
        days = LEAD_BUSINESS_DAYS + self.rng.randint(1, 20)
        return self._calendar.add_business_days(local_date(submitted_at), days)

    def _response_id(self) -> str:
        return "2_ABaOnu" + "".join(self.rng.choices(_LETTERS, k=30))

    def _slot_of(self, one: Response) -> datetime:
        return next(at for at in self._slots if at > one.submitted_at)

    def _defective(self) -> Post:
        one = self._first(early=False)
        chosen = self.rng.sample(sorted(DEFECTS), k=self.rng.choices((1, 2, 3), weights=(60, 30, 10))[0])
        values = dict(one.values)
        for name in chosen:
            values[name] = DEFECTS[name](self, one)
        self._secrets.update(value for name in ("phone", "email") if (value := values[name]))
        bad = replace(one, values=values)
        return _post(self._slot_of(one), bad, "defect", defects=frozenset(chosen))

    def _forgery(self, number: int) -> Post:
        one = self._first(early=False)
        kinds: tuple[Signature, ...] = ("forged", "stale", "tampered")
        return _post(self._slot_of(one), one, "refused", signature=kinds[number % 3])

    def _double(self, posts: list[Post], one: Response, *, at_once: bool) -> Post:
        """Return the same bytes once more, at the same moment or some days later."""
        place = next(number for number, post in enumerate(posts) if post.webhook_id == one.webhook_id)
        first = posts[place]
        if not at_once:
            after = [at for at in self._slots if at > first.at]
            days_after = [at for at in after if at >= first.at + timedelta(days=1)]
            return replace(first, at=self.rng.choice((days_after or after)[:24]), outcome="duplicate")
        posts[place] = replace(first, burst=one.response_id)
        return replace(posts[place], outcome="duplicate")

    def _edit(self, one: Response) -> Post:
        values = dict(one.values)
        what = self.rng.choice(("plan", "wished_on", "phone"))
        if what == "plan":
            values["plan"] = self.rng.choice(
                [plan for plan in ("IP1 Enterprise", "IP8", "IP16") if plan != values["plan"]]
            )
        elif what == "wished_on":
            values["wished_on"] = self.wish(one.submitted_at + timedelta(days=30)).isoformat()
        else:
            values["phone"] = customer(self.rng, self._serial, one.area).phone
            self._serial += 1
            self._secrets.add(values["phone"])
        at = self.rng.choice([at for at in self._slots if at > self._slot_of(one)][:20])
        edited = replace(
            one, submitted_at=at - timedelta(minutes=self.rng.randint(5, 170)), values=values, edited=True
        )
        return _post(at, edited, "edit")


def _bad_wish(maker: _Maker, one: Response) -> str:
    """Too early, or a Saturday in time."""
    if maker.rng.random() < 0.5:
        return (date.fromisoformat(one.values["applied_on"]) + timedelta(days=2)).isoformat()
    day = maker.wish(one.submitted_at)
    return (day + timedelta(days=5 - day.weekday())).isoformat()


# What is wrong in a field, and how a hand in a hurry would have typed it.
DEFECTS: Final[dict[str, Callable[[_Maker, Response], str]]] = {
    "customer_name": lambda _maker, _one: "",
    "customer_kana": lambda _maker, one: one.values["customer_name"],
    "postal_code": lambda _maker, one: one.values["postal_code"][:-2],
    "prefecture": lambda _maker, one: "大阪府" if one.area == "east" else "東京都",
    "phone": lambda _maker, one: one.values["phone"][:-3],
    "email": lambda _maker, one: one.values["email"].replace("@", "＠@"),
    "wished_on": _bad_wish,
    "sales_office": lambda _maker, one: one.values["sales_office"].lower() + "9",
    "confirm_fees": lambda _maker, _one: "",
    "confirm_management": lambda _maker, _one: "未確認",
}


def _post(
    at: datetime,
    one: Response,
    outcome: Outcome,
    *,
    signature: Signature = "good",
    defects: frozenset[str] = frozenset(),
) -> Post:
    return Post(at, FORMS[one.area][0], one.webhook_id, one.body(), signature, outcome, defects)


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by_instant(posts: Iterable[Post]) -> dict[datetime, list[Post]]:
    """Return the posts by the instant at which they are sent, in order."""
    found: dict[datetime, list[Post]] = {}
    for post in sorted(posts, key=lambda one: one.at):
        found.setdefault(post.at, []).append(post)
    return found
