"""The driver: posts what is due, moves the clock to the next instant, stops at the close after the last form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from chassis.clock import utc_now
from ops.demo.driver import Driver, closed_before, end_of, start_of
from ops.demo.evidence import Answer
from ops.demo.example import NoSubmission, curl, make_example, signed_headers
from ops.demo.forms import Batch, Post, make_batch
from ops.demo.posting import Poster
from ops.demo.signing import sign
from ops.demo.stepper import Stepper

FIRST_DAY = date(2026, 4, 2)
BATCH = make_batch(1, 40, first_day=FIRST_DAY)
SECRETS = {"fiber-east-2026": "whsec_ZWFzdA==", "fiber-west-2026": "whsec_d2VzdA=="}


class FakeStepper:
    """A system that has something to do at given instants."""

    def __init__(self, start: datetime, due: Sequence[datetime]) -> None:
        self.now, self.moves, self._due = start, list[datetime](), due

    async def settle(self, limit_s: float) -> datetime | None:
        assert limit_s == 60
        return min((at for at in self._due if at > self.now), default=None)

    def move(self, to: datetime) -> None:
        assert to > self.now
        self.now = to
        self.moves.append(to)


class FakePoster:
    def __init__(self, stepper: FakeStepper) -> None:
        self.posted: list[tuple[datetime, Post]] = []
        self._stepper = stepper

    async def post_all(self, posts: Sequence[Post]) -> list[Answer]:
        self.posted += [(self._stepper.now, post) for post in posts]
        return [Answer(post, 202, "s") for post in posts]


def driver_for(due: Sequence[datetime], batch: Batch = BATCH) -> tuple[Driver, FakeStepper, FakePoster]:
    stepper = FakeStepper(start_of(FIRST_DAY), due)
    poster = FakePoster(stepper)
    return Driver(cast("Stepper", stepper), cast("Poster", poster), batch), stepper, poster


async def test_every_form_is_posted_at_its_own_instant_and_the_run_ends_at_the_close() -> None:
    driver, stepper, poster = driver_for([])

    await driver.run(end_of(BATCH))

    assert [at for at, _ in poster.posted] == [post.at for post in BATCH.posts]
    assert len(driver.answers) == len(BATCH.posts)
    assert stepper.now == end_of(BATCH)


async def test_the_clock_stops_at_every_instant_that_somebody_waits_for() -> None:
    deadlines = [start_of(FIRST_DAY) + timedelta(days=number, minutes=7) for number in range(1, 50)]
    driver, stepper, _ = driver_for(deadlines)

    await driver.run(end_of(BATCH))

    assert set(deadlines) <= set(stepper.moves)


def test_a_run_of_thirty_days_ends_with_the_close_of_the_month_after_the_last_form() -> None:
    last = max(post.at for post in make_batch(1, 300, first_day=FIRST_DAY).posts)
    assert last.date() == date(2026, 5, 1)

    end = end_of(make_batch(1, 300, first_day=FIRST_DAY))

    assert end == datetime(2026, 7, 1, 0, tzinfo=UTC)  # 09:00 in Tokyo
    assert closed_before(end) == date(2026, 7, 1)
    assert (end - start_of(FIRST_DAY)).days == 90


def poster_with(answers: list[int | type[httpx.HTTPError]]) -> tuple[Poster, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(now, int):
            return httpx.Response(now, json={"submission_id": "s-1"})
        raise now("away")

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Poster(http, "http://intake", SECRETS, limit_s=2), seen


def one(signature: str) -> Post:
    return next(post for post in make_batch(1, 300, first_day=FIRST_DAY).posts if post.signature == signature)


async def test_a_good_post_bears_a_signature_of_now_over_its_bytes() -> None:
    poster, seen = poster_with([202])
    post = one("good")

    answer = await poster.post(post)

    (request,) = seen
    stamp = int(request.headers["webhook-timestamp"])
    assert abs(stamp - utc_now().timestamp()) < 5
    assert request.headers["webhook-signature"] == sign(
        SECRETS[post.form_id], post.webhook_id, stamp, post.body
    )
    assert (answer.status, answer.submission_id, answer.tries) == (202, "s-1", 1)


@pytest.mark.parametrize("signature", ["forged", "stale", "tampered"])
async def test_a_forgery_is_wrong_in_the_way_that_it_says(signature: str) -> None:
    poster, seen = poster_with([401])
    post = one(signature)

    answer = await poster.post(post)

    (request,) = seen
    stamp = int(request.headers["webhook-timestamp"])
    right = sign(SECRETS[post.form_id], post.webhook_id, stamp, request.content)
    assert answer.status == 401
    assert (request.headers["webhook-signature"] == right) == (signature == "stale")
    assert (abs(stamp - utc_now().timestamp()) > 300) == (signature == "stale")
    assert (request.content == post.body) == (signature != "tampered")
    assert json.loads(request.content)


async def test_what_nobody_took_is_sent_again_and_what_was_refused_is_not() -> None:
    poster, seen = poster_with([httpx.ConnectError, 503, 409, 202])

    answer = await poster.post(one("good"))

    assert (answer.status, answer.tries, len(seen)) == (202, 4, 4)


async def test_an_answer_that_never_comes_is_told_as_none() -> None:
    poster, _ = poster_with([httpx.ReadTimeout])

    answer = await poster.post(one("good"))

    assert (answer.status, answer.taken) == (0, False)


def test_an_example_is_a_clean_form_of_today_that_can_be_signed() -> None:
    now = datetime(2026, 11, 20, 3, tzinfo=UTC)
    body = make_example(now, seed=4)
    document: dict[str, Any] = json.loads(body)

    signed = signed_headers({form: [secret] for form, secret in SECRETS.items()}, body, at=now)

    assert datetime.fromisoformat(document["submitted_at"]) < now
    assert signed["webhook-id"].startswith(document["form_id"])
    assert make_example(now, seed=5) != body
    assert "-H 'webhook-signature: v1," in curl("http://intake", signed, Path("x.json"))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"form_id": "fiber-east-2026"}', b'{"form_id": "x"}'])
def test_a_file_that_is_no_submission_is_refused_before_it_is_sent(body: bytes) -> None:
    with pytest.raises(NoSubmission):
        signed_headers({"fiber-east-2026": ["whsec_ZWFzdA=="]}, body, at=utc_now())
