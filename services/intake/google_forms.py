"""The body of a post, as a form-bound script sends it: strict JSON of one shape, or where it breaks which rule."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NoReturn, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.intake.domain.forms import Answer

_INSTANT: Final = re.compile(
    r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a body. pointer: JSON pointer to it; rule: a code."""

    pointer: str
    rule: str


class BadBody(ValueError):
    """The body is not what a form's script sends; the faults name places and rules, never values."""

    def __init__(self, rule: str, faults: Sequence[Fault]) -> None:
        super().__init__(rule)
        self.rule, self.faults = rule, tuple(faults)


@dataclass(frozen=True)
class Post:
    """What a body says. webhook_id: what the header must be, so that one is not signed for the other."""

    form: str
    response_id: str
    submitted_at: datetime
    edited: bool
    webhook_id: str
    answers: tuple[Answer, ...]


_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=200)]
_Short = Annotated[str, Field(max_length=500)]
_Long = Annotated[str, Field(max_length=20_000)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


class _Answer(_Shape):
    item_id: Annotated[int, Field(ge=0, le=2**63 - 1)]
    title: _Short
    type: Annotated[str, Field(max_length=50)]
    response: _Long | Annotated[list[_Long], Field(max_length=200)]


class _Body(_Shape):
    form_id: _Id
    form_title: _Short
    response_id: _Id
    submitted_at: Annotated[str, Field(max_length=40)]
    edited: bool
    respondent_email: _Short | None
    answers: Annotated[list[_Answer], Field(max_length=200)]


def read_post(body: bytes) -> Post:
    """Return what the body says.

    :raises BadBody: not UTF-8, not JSON (NaN, Infinity and numbers without bounds are none), nested too deeply, a key
    that stands twice, half a surrogate pair, no object, or another shape.
    """
    try:
        shape = _Body.model_validate(_strict_json(body))
    except ValidationError as error:
        raise BadBody(
            "wrong_shape", [_fault(entry["loc"], entry["type"]) for entry in error.errors()]
        ) from None
    at = _instant(shape.submitted_at)
    return Post(
        form=shape.form_id,
        response_id=shape.response_id,
        submitted_at=at,
        edited=shape.edited,
        webhook_id=f"{shape.form_id}:{shape.response_id}:{shape.submitted_at}",
        answers=tuple(_answer(given) for given in shape.answers),
    )


def _fault(place: tuple[int | str, ...], rule: str) -> Fault:
    # of a union pydantic names the member too: `response/str`, which is no place in the body
    parts = [part for part in place if part not in {"constrained-str", "list[constrained-str]", "str"}]
    return Fault("".join(f"/{part}" for part in parts if not str(part).startswith("list[")), rule)


def _answer(given: _Answer) -> Answer:
    response = given.response if isinstance(given.response, str) else tuple(given.response)
    return Answer(given.item_id, given.title, given.type, response)


def _instant(text: str) -> datetime:
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadBody("wrong_shape", [Fault("/submitted_at", "not_an_instant")]) from None


def _strict_json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            body.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_once_each,
        )
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair cannot be encoded
    except BadBody:
        raise
    except UnicodeEncodeError:
        raise _not_json("lone_surrogate") from None
    except UnicodeDecodeError:
        raise _not_json("not_utf8") from None
    except RecursionError:
        raise _not_json("too_deep") from None
    except ValueError:
        raise _not_json("malformed") from None
    if not isinstance(found, dict):
        raise _not_json("not_an_object")
    return cast("dict[str, Any]", found)


def _refuse_constant(_name: str) -> NoReturn:
    raise _not_json("not_a_number")


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise _not_json("not_a_number")
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _not_json("duplicate_key")
    return found


def _not_json(rule: str) -> BadBody:
    return BadBody("not_json", [Fault("", rule)])
