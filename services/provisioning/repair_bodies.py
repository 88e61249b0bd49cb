"""What repairs are asked with: an action, a filter, who and why; what is wrong is named by its place in the body."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from starlette.requests import Request

from chassis.http import FieldError, Problem
from contracts.event import Area
from contracts.site import WishedBy
from contracts.works import CancelledBy, CancelReason
from services.provisioning.asking import read_beginning
from services.provisioning.domain.order import State
from services.provisioning.domain.repair_actions import Action, AskAgain, Cancel, ChangeWish
from services.provisioning.store.repairs import Filter

MOST: Final = 1_000

_B = TypeVar("_B", bound=BaseModel)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("printable characters are expected")
    return text


def _from(value: object) -> object:
    """Return the instant from which: a day alone means its beginning in Tokyo."""
    try:
        return read_beginning(value) if isinstance(value, str) else value
    except OverflowError:
        raise ValueError("it lies beyond the calendar") from None


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
]
Instant = Annotated[datetime, BeforeValidator(_from)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CancelBody(_Body):
    """Call off."""

    kind: Literal["cancel"]
    by: CancelledBy
    reason: CancelReason

    def action(self) -> Action:
        """Return it in the words of the domain."""
        return Cancel(self.by, self.reason)


class ChangeWishBody(_Body):
    """Wish for another day."""

    kind: Literal["change_wish"]
    wished_on: date
    by: WishedBy

    def action(self) -> Action:
        """Return it in the words of the domain."""
        return ChangeWish(self.wished_on, self.by)


class AskAgainBody(_Body):
    """Ask the carrier once more."""

    kind: Literal["ask_again"]

    def action(self) -> Action:
        """Return it in the words of the domain."""
        return AskAgain()


class FilterBody(_Body):
    """Which orders; what is not given takes any."""

    state: State | None = None
    pattern: Annotated[int, Field(ge=1, le=7)] | None = None
    area: Area | None = None
    sales_office: Words | None = None
    refs: Annotated[tuple[Words, ...], Field(min_length=1, max_length=MOST)] | None = None
    opened_after: Instant | None = None
    opened_before: Instant | None = None

    def filter(self) -> Filter:
        """Return it in the words of the store."""
        refs = None if self.refs is None else tuple(_ref(text) for text in self.refs)
        return Filter(
            state=self.state,
            pattern=self.pattern,
            area=self.area,
            sales_office=self.sales_office,
            refs=refs,
            opened_after=self.opened_after,
            opened_before=self.opened_before,
        )


class PlanBody(_Body):
    """What a plan is asked with."""

    action: Annotated[CancelBody | ChangeWishBody | AskAgainBody, Field(discriminator="kind")]
    filter: FilterBody
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    by: Words
    why: Words


class ApplyBody(_Body):
    """Who applies."""

    by: Words


class UndoBody(_Body):
    """Who takes back, and why."""

    by: Words
    why: Words


async def read(request: Request, cls: type[_B]) -> _B:
    """Return the body of the request.

    :raises Problem: it has not the shape; each place is named.
    """
    try:
        return cls.model_validate_json(await request.body())
    except ValidationError as error:
        raise bad_body(
            [
                FieldError(_pointer(each["loc"]), each["type"], each["msg"])
                for each in error.errors(include_url=False, include_context=False, include_input=False)
            ]
        ) from None


def _pointer(place: tuple[int | str, ...]) -> str:
    """Return the JSON pointer; the kind of an action is no part of the body's shape."""
    shown = (*place[:1], *place[2:]) if place[:1] == ("action",) else place
    return "/" + "/".join(map(str, shown))


def _ref(text: str) -> str:
    """Return an order's number or id as the database has it; one that is neither finds nothing."""
    return text.upper() if text[:3].upper() == "FO-" else text.lower()


def bad_body(errors: list[FieldError]) -> Problem:
    """Return the problem that names what is wrong."""
    detail = "; ".join(f"{each.pointer}: {each.detail}" for each in errors)
    return Problem(
        HTTPStatus.BAD_REQUEST, "bad_repair", "The repair is not asked for rightly", detail, errors
    )
