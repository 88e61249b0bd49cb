"""Everything that is not let in: the right 4xx that names the rule, and nothing of it stored but a line."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis.clock import utc_now
from services.intake import webhooks as door
from tests.integration.intake.house import NEW_EAST, OF_WEST, PATH, House, problem, stored
from tests.support.webhooks import EAST, body_of, document, headers, webhook_id

RAW = body_of(document())
ID = webhook_id(document())
FORGER = "whsec_" + "Zm9y" * 10 + "Zm8="


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"webhook-signature": None}, "missing"),
        ({"webhook-id": None}, "missing"),
        ({"webhook-timestamp": None}, "missing"),
        ({"webhook-signature": "v1a,AAAA"}, "malformed"),
        ({"webhook-signature": "v1,"}, "malformed"),
        ({"webhook-signature": "v1,é"}, "malformed"),
        ({"webhook-signature": "v1," + "A" * 43 + "="}, "wrong"),
        ({"webhook-timestamp": "１７７６６６６６６６"}, "malformed"),
        ({"webhook-timestamp": "1_7"}, "malformed"),
        ({"webhook-timestamp": "-1"}, "malformed"),
        ({"webhook-timestamp": "9" * 400}, "malformed"),
        ({"webhook-id": ID[:-1]}, "wrong"),
        ({"webhook-id": "x" * 3000}, "malformed"),
    ],
)
async def test_a_signature_that_is_not_right_is_401_and_leaves_one_line(
    house: House, change: dict[str, str | None], rule: str
) -> None:
    signed: dict[str, str | None] = {**headers(NEW_EAST, ID, RAW), **change}
    given = [(name.encode(), value.encode()) for name, value in signed.items() if value is not None]

    answer = await house.http.post(PATH, content=RAW, headers=given)

    problem(answer, 401, f"signature_{rule}")
    assert await stored(house) == (0, 0, 0)
    (line,) = await house.rows("SELECT * FROM refusals")
    assert (line["status"], line["rule"], line["body_bytes"]) == (401, f"signature_{rule}", len(RAW))
    assert (line["believed"], line["webhook_id"]) == (False, None)
    assert line["body_sha256"] == hashlib.sha256(RAW).digest()
    assert await house.announced() == []


async def test_a_doubled_header_is_refused(house: House) -> None:
    signed = list(headers(NEW_EAST, ID, RAW).items())

    answer = await house.http.post(PATH, content=RAW, headers=[*signed, ("webhook-id", "other")])

    problem(answer, 401, "signature_malformed")


@pytest.mark.parametrize("seconds", [-302, 302, 7200])
async def test_a_stale_or_early_signature_is_refused(house: House, seconds: int) -> None:
    answer = await house.post(document(), at=utc_now() + timedelta(seconds=seconds))

    problem(answer, 401, "signature_stale")
    assert await stored(house) == (0, 0, 0)


async def test_a_foreign_secret_is_refused(house: House) -> None:
    problem(await house.post(document(), secret=FORGER), 401, "signature_wrong")
    problem(await house.post(document(form="unheard-of"), secret=FORGER), 401, "signature_wrong")


async def test_the_signature_is_looked_at_before_the_body(house: House) -> None:
    answer = await house.http.post(PATH, content=b"{", headers=headers(FORGER, ID, b"{"))

    problem(answer, 401, "signature_wrong")


async def test_more_than_256_kib_is_413_and_exactly_as_much_is_read(house: House) -> None:
    fitting = body_of(document())[:-1] + b" " * (256 * 1024 - len(RAW)) + b"}"
    assert len(fitting) == 256 * 1024
    too_long = fitting + b" "

    answer = await house.post(document(), body=too_long)

    problem(answer, 413, "too_large")
    assert await stored(house) == (0, 0, 0)
    assert await house.value("SELECT body_bytes FROM refusals") == 256 * 1024
    assert (await house.post(document(), body=fitting)).status_code == 202


async def test_an_endless_body_is_not_read_to_its_end(house: House) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * 2**20:
            sent += 65_536
            yield b"x" * 65_536

    answer = await house.http.post(PATH, content=endless(), headers=headers(NEW_EAST, ID, RAW))

    problem(answer, 413, "too_large")
    assert sent < 2 * 2**20
    assert await house.value("SELECT body_bytes FROM refusals") == 256 * 1024


async def test_a_form_that_nobody_told_us_of_is_404_and_its_body_is_in_quarantine(house: House) -> None:
    strange = document(form="fiber-north-2027")

    answers = [await house.post(strange, secret=OF_WEST) for _ in range(3)]

    for answer in answers:
        found = problem(answer, 404, "unknown_form")
        assert [error["pointer"] for error in found["errors"]] == ["/form_id"]
    assert await stored(house) == (0, 0, 1)
    assert await house.value("SELECT body FROM quarantine") == body_of(strange)
    page = (await house.ops("/ops/quarantine")).json()
    (row,) = page["quarantine"]
    assert (row["form"], row["body_bytes"], page["next"]) == ("fiber-north-2027", len(body_of(strange)), None)
    assert "body" not in row


async def test_audit_lines_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "KEPT_REFUSALS", 5)
    monkeypatch.setattr(door, "TRIM_EVERY", 10)
    await house.post(document())
    await house.post(document(), body=body_of(document(plan="IP16")))

    for _ in range(40):
        await house.post(document(), secret=FORGER)

    kinds = {row["believed"]: row["count"] for row in await house.rows(
        "SELECT believed, count(*) FROM refusals GROUP BY believed"
    )}  # fmt: skip
    assert kinds[True] == 1, "a flood of forgeries does not wash away what a known sender did"
    assert 5 <= kinds[False] < 15
    lines = (await house.ops("/ops/audit", limit=200)).json()["audit"]
    assert len(lines) == sum(kinds.values())


async def test_a_refusal_stays_one_when_its_line_cannot_be_written(house: House) -> None:
    async with house.pool.acquire() as conn, conn.transaction():
        await conn.execute("LOCK TABLE refusals IN ACCESS EXCLUSIVE MODE")
        posting = asyncio.create_task(house.post(document(), secret=FORGER))
        answer = await asyncio.wait_for(posting, 15)

    problem(answer, 401, "signature_wrong")


async def test_other_methods_and_paths_are_problems_too(house: House) -> None:
    problem(await house.http.get(PATH), 405, "method_not_allowed")
    problem(await house.http.post("/webhooks/other"), 404, "not_found")


async def test_no_answer_repeats_what_was_sent(house: House) -> None:
    secretive = document(customer_name="株式会社ひみつ", phone="090-0000-7777")
    bodies = [body_of(secretive)[:-1], body_of({**secretive, "edited": "株式会社ひみつ"})]

    for body in bodies:
        answer = await house.post(secretive, body=body)
        assert answer.status_code == 400
        assert "ひみつ" not in answer.text
        assert "7777" not in answer.text
    assert EAST in ID
