"""The door over HTTP: what is kept, what every repeat is told, and what becomes of posts at the same moment."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from datetime import timedelta

from chassis.clock import utc_now
from services.intake.workers import CHECK_SUBMISSIONS
from tests.integration.intake.house import NOW, OLD_EAST, House
from tests.support.webhooks import WEST, body_of, document, webhook_id


async def test_a_post_is_kept_raw_and_answered_202(house: House) -> None:
    before = utc_now()

    answer = await house.post(document())

    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"
    (kept,) = await house.rows("SELECT * FROM submissions JOIN raw_bodies USING (submission_id)")
    assert str(kept["submission_id"]) == answer.json()["submission_id"]
    assert kept["body"] == body_of(document())
    assert kept["body_sha256"] == hashlib.sha256(body_of(document())).digest()
    assert (kept["status"], kept["received_at"]) == ("received", NOW)
    assert before <= kept["received_wall"] <= utc_now()
    assert await house.pending() == 1


async def test_a_repeat_gets_the_stored_first_answer_and_is_noted(house: House) -> None:
    first = await house.post(document())
    await house.check()
    house.later(days=40)

    again = await house.post(document(), at=utc_now() - timedelta(seconds=200))

    assert (again.status_code, again.content) == (first.status_code, first.content)
    shown = await house.shown(first.json()["submission_id"])
    assert shown["deliveries"] == 2
    assert [post["kind"] for post in shown["posts"]] == ["first", "duplicate"]
    assert await house.value("SELECT count(*) FROM submissions") == 1
    assert len(await house.announced()) == 1


async def test_the_repeat_is_told_what_was_stored_and_not_what_would_be_said_today(house: House) -> None:
    first = await house.post(document())
    submission_id = first.json()["submission_id"]
    await house.rows(
        "UPDATE submissions SET answer_status = 200, answer_body = '{\"old\": true}' WHERE submission_id = $1",
        submission_id,
    )

    again = await house.post(document())

    assert (again.status_code, again.json()) == (200, {"old": True})


async def test_the_same_id_with_another_body_is_refused_and_the_first_is_kept(house: House) -> None:
    first = document()
    await house.post(first)

    other = await house.post(first, body=body_of(document(plan="IP16")))

    assert other.status_code == 422
    assert other.json()["type"] == "urn:kaitsu:problem:other_body"
    assert await house.value("SELECT body FROM raw_bodies") == body_of(first)
    (line,) = (await house.ops("/ops/audit")).json()["audit"]
    assert (line["rule"], line["believed"], line["webhook_id"]) == ("other_body", True, webhook_id(first))
    assert line["body_sha256"] == hashlib.sha256(body_of(document(plan="IP16"))).hexdigest()
    assert await house.value("SELECT count(*) FROM deliveries") == 1


async def test_fifty_parallel_posts_of_one_submission_are_stored_once(house: House) -> None:
    answers = await asyncio.gather(*(house.post(document()) for _ in range(50)))
    await house.check()

    assert Counter(answer.status_code for answer in answers) == {202: 50}
    assert len({answer.content for answer in answers}) == 1
    kinds = await house.rows("SELECT kind, count(*) FROM deliveries GROUP BY kind")
    assert {row["kind"]: row["count"] for row in kinds} == {"first": 1, "duplicate": 49}
    assert len(await house.announced("order.submitted.v1")) == 1


async def test_parallel_posts_with_other_bodies_keep_exactly_one_of_them(house: House) -> None:
    submission = document()
    bodies = [body_of(document(plan=plan)) for plan in ("IP8", "IP16") for _ in range(10)]

    answers = await asyncio.gather(*(house.post(submission, body=body) for body in bodies))

    assert Counter(answer.status_code for answer in answers) == {202: 10, 422: 10}
    assert await house.value("SELECT count(*) FROM submissions") == 1


async def test_every_secret_of_a_form_is_valid_and_no_secret_of_another(house: House) -> None:
    assert (await house.post(document("r-1"), secret=OLD_EAST)).status_code == 202
    assert (await house.post(document("r-2"))).status_code == 202
    assert (await house.post(document("r-3", form=WEST), secret=OLD_EAST)).status_code == 401


async def test_an_answer_is_only_given_after_the_commit(house: House) -> None:
    async with house.pool.acquire() as conn, conn.transaction():
        await conn.execute("LOCK TABLE submissions IN EXCLUSIVE MODE")
        posting = asyncio.create_task(house.post(document()))
        done, _ = await asyncio.wait({posting}, timeout=0.3)
        assert not done

    assert (await posting).status_code == 202


async def test_a_new_submission_wakes_the_check_and_a_repeat_does_not(house: House) -> None:
    alarm = house.base.signals.workers[CHECK_SUBMISSIONS]

    for expected in (True, False):
        alarm.clear()
        await house.post(document())
        assert alarm.is_set() is expected
