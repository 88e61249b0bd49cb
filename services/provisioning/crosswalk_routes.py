"""What operators ask and answer about reported delays: queue, report, trial on the past, answer, rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.app import Base
from chassis.http import FieldError, Problem, require_token
from kernel.times import at_local
from services.provisioning import crosswalk
from services.provisioning import crosswalk_words as words
from services.provisioning.crosswalk import Answer, Conflict, NoReport, Unusable
from services.provisioning.domain.crosswalk import Action, Kind, Meaning, Reason, Responsible
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster
from services.provisioning.store import crosswalk as store

Endpoint = Callable[[Request], Awaitable[Response]]
_MOST: Final = 200


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    phrase: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    pattern: Literal[1, 2, 3, 4, 5, 6, 7] | None = None
    reason: Reason
    responsible: Responsible
    action: Action
    force_from: date | None = None

    @model_validator(mode="after")
    def _one_key(self) -> _Body:
        if (self.code is None) == (self.phrase is None):
            raise ValueError("either code or phrase is expected")
        return self

    def answer(self) -> Answer:
        """Return the answer in the words of the use case."""
        kind = Kind.PHRASE if self.code is None else Kind.CODE
        pattern = Pattern(self.pattern) if self.pattern else None
        since = at_local(self.force_from, time(0)) if self.force_from else None
        meaning = Meaning(pattern, self.reason, self.responsible, self.action)
        return Answer(kind, self.code or self.phrase or "", meaning, since)


B = TypeVar("B", bound=_Body)


class _AnswerBody(_Body):
    request_id: UUID
    by: Annotated[str, Field(min_length=1, max_length=100)]
    note: Annotated[str, Field(min_length=1, max_length=500)]


@dataclass(frozen=True)
class CrosswalkRoutes:
    """The /ops/crosswalk routes, all behind the ops token."""

    base: Base[Any]
    ops_token: SecretStr
    rules: Rules
    forecaster: Forecaster

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        paths: dict[str, tuple[str, Endpoint]] = {
            "": ("GET", self.list_queue),
            "/rules": ("GET", self.list_rules),
            "/{report:uuid}": ("GET", self.show),
            "/{report:uuid}/try": ("POST", self.try_out),
            "/{report:uuid}/answer": ("POST", self.answer),
        }
        return [
            Route(f"/ops/crosswalk{path}", self._guarded(endpoint), methods=[method])
            for path, (method, endpoint) in paths.items()
        ]

    async def list_queue(self, request: Request) -> Response:
        """Return a page of reports that wait, without their words. Query: limit (1-200), after (a report id)."""
        after, limit = _page(request)
        async with self.base.pool.acquire() as conn:
            found = await store.queue(conn, after=after, limit=limit + 1)
            book = await crosswalk.load(conn)
            await crosswalk.measure(conn, self.base.clock.now())
        rows = [
            {**words.report(one), "candidates": [rule.name for rule in words.candidates(book, one)]}
            for one in found[:limit]
        ]
        return JSONResponse({"reports": rows, "next": rows[-1]["report_id"] if len(found) > limit else None})

    async def show(self, request: Request) -> Response:
        """Return one report with the carrier's words and the rules that speak about it."""
        async with self.base.pool.acquire() as conn:
            found = await store.report(conn, request.path_params["report"])
            if found is None:
                raise _unknown()
            book = await crosswalk.load(conn)
        candidates = [words.rule(rule) for rule in words.candidates(book, found)]
        return JSONResponse({**words.report(found), "text": found.words, "candidates": candidates})

    async def list_rules(self, _request: Request) -> Response:
        """Return all rules in all versions: of the file, and those that people made, with who, when and why."""
        async with self.base.pool.acquire() as conn:
            made = {one.rule.name: one for one in await store.adopted(conn)}
            book = await crosswalk.load(conn)
        rows: list[dict[str, Any]] = []
        for rule in book.rules:
            one = made.get(rule.name)
            why = {"by": one.by, "note": one.note, "adopted_at": words.instant(one.adopted_at)} if one else {}
            rows.append({**words.rule(rule), "by": None, "note": None, "adopted_at": None, **why})
        return JSONResponse({"rules": rows})

    async def try_out(self, request: Request) -> Response:
        """Return what an answer would do to the reports of the past; nothing changes."""
        body = await _read(request, _Body)
        try:
            async with self.base.pool.acquire() as conn:
                trial = await crosswalk.try_out(conn, request.path_params["report"], body.answer())
        except (NoReport, Unusable, Conflict) as error:
            raise _problem(error) from None
        breaks = sum(change.breaks for change in trial.changes)
        changes = [words.change(change) for change in trial.changes]
        return JSONResponse({"rule": words.rule(trial.rule), "changes": changes, "breaks": breaks})

    async def answer(self, request: Request) -> Response:
        """Adopt the answer as a rule and hear what waited for it; the same request id again changes nothing."""
        body, now = await _read(request, _AnswerBody), self.base.clock.now()
        try:
            async with self.base.transaction() as conn:
                done = await crosswalk.answer(
                    conn,
                    request.path_params["report"],
                    body.answer(),
                    request_id=body.request_id,
                    by=body.by,
                    note=body.note,
                    rules=self.rules,
                    forecaster=self.forecaster,
                    now=now,
                )
        except (NoReport, Unusable, Conflict) as error:
            raise _problem(error) from None
        async with self.base.pool.acquire() as conn:
            await crosswalk.measure(conn, now)
        return JSONResponse(words.done(done))

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            require_token(request, self.ops_token.get_secret_value())
            return await endpoint(request)

        return guarded


async def _read(request: Request, cls: type[B]) -> B:
    try:
        return cls.model_validate_json(await request.body())
    except ValidationError as error:
        wrong = [
            FieldError("/" + "/".join(map(str, each["loc"])), each["type"], each["msg"])
            for each in error.errors(include_input=False, include_url=False)
        ]
        raise Problem(422, "bad_answer", "The answer is not usable", errors=wrong) from None


def _problem(error: NoReport | Unusable | Conflict) -> Problem:
    if isinstance(error, NoReport):
        return _unknown()
    if isinstance(error, Unusable):
        wrong = FieldError(f"/{error.field}", error.rule, error.detail)
        return Problem(422, error.rule, "The answer cannot become a rule", error.detail, [wrong])
    listed = [
        FieldError(
            "/force_from",
            "past_would_change",
            f"{change.report.report_id} of {change.report.order_no}, {change.report.rule}: "
            f"{', '.join(change.candidates)}",
        )
        for change in error.changes[:_MOST]
    ]
    return Problem(409, error.rule, "The answer was not adopted; nothing changed", error.detail, listed)


def _unknown() -> Problem:
    return Problem(404, "unknown_report", "There is no such report")


def _page(request: Request) -> tuple[UUID | None, int]:
    try:
        limit = int(request.query_params.get("limit", "50"))
        after = request.query_params.get("after")
        if not 1 <= limit <= _MOST:
            raise ValueError
        return UUID(after) if after else None, limit
    except ValueError:
        raise Problem(400, "bad_query", f"limit is 1 to {_MOST}, after a report id") from None
