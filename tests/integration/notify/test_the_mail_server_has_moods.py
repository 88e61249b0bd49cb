"""Refusals, cuts, outages, missing TLS: tried again on the ladder or never, and always under the same Message-ID."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from chassis.clock import monotonic
from chassis.db import Pool
from kernel.times import at_local
from services.notify.data import load_wording
from services.notify.domain.quiet_hours import QuietHours
from services.notify.gateways.contacts import HttpContacts
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.workers import SendNotices
from tests.integration.notify.conftest import START
from tests.integration.notify.samples import INVOICE, LIT, ORDER, consult, know_all, order_no, told
from tests.integration.notify.world import TOKEN, World, open_world


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    know_all(world, 1)


async def only(world: World) -> dict[str, object]:
    (notice,) = await world.notices()
    return notice


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_a_temporary_refusal_is_tried_again_after_a_minute_then_five(world: World, stage: str) -> None:
    setattr(world.mail.mood, stage, ["451 try later", "450 try later"])
    await world.deliver(told(world, INVOICE))

    await world.send()
    assert await world.go_on() == START + timedelta(minutes=1)
    assert await world.go_on() == START + timedelta(minutes=6)

    notice = await only(world)
    assert (notice["status"], notice["attempts"], notice["last_reply"]) == ("sent", 3, 250)
    assert world.mail.ids == [f"<{notice['notice_id']}@kaitsu.example>"]
    (fact,) = await world.facts()
    assert fact["body"]["attempts"] == 3
    assert datetime.fromisoformat(fact["body"]["sent_at"]) == START + timedelta(minutes=6)


@pytest.mark.parametrize(("stage", "code"), [("rcpt", "address_refused"), ("data", "refused_for_good")])
async def test_a_refusal_for_good_is_announced_and_never_tried_again(
    world: World, stage: str, code: str
) -> None:
    setattr(world.mail.mood, stage, ["550 never"])
    await world.deliver(told(world, INVOICE))

    await world.send()
    world.clock.advance(START + timedelta(hours=5))
    assert await world.send() == 0

    notice = await only(world)
    assert (notice["status"], notice["code"], notice["last_reply"]) == ("failed", code, 550)
    assert await world.next_due() is None
    assert world.mail.rcpts == 1
    (fact,) = await world.facts()
    assert (fact["type"], fact["body"]["code"]) == ("notice.failed.v1", code)


async def test_one_refused_mail_of_a_batch_does_not_touch_the_others(world: World) -> None:
    know_all(world, 5)
    world.mail.mood.rcpt = ["250", "550 never", "250", "451 later"]
    await world.deliver(*(told(world, consult(number)) for number in range(1, 6)))

    await world.send()

    assert Counter(notice["status"] for notice in await world.notices()) == {
        "sent": 8,
        "failed": 1,
        "pending": 1,
    }
    assert world.mail.connections == 1


async def test_an_answer_lost_after_the_text_brings_one_more_copy_with_the_same_message_id(
    world: World,
) -> None:
    know_all(world, 10)
    world.mail.mood.cuts = 3
    await world.deliver(*(told(world, consult(number)) for number in range(1, 11)))

    await world.send()
    await world.go_on()

    copies = Counter(world.mail.ids)
    assert len(copies) == 20
    assert sum(copies.values()) == 23
    assert max(copies.values()) == 2
    assert len(await world.facts()) == 20


async def test_a_thousand_mails_that_met_an_outage_of_four_hours_are_out_within_a_quarter_hour(
    world: World,
) -> None:
    know_all(world, 500)
    await world.mail.stop()
    await world.deliver(*(told(world, consult(number)) for number in range(1, 501)))
    await world.send()
    healed = START + timedelta(hours=4)
    while (due := await world.next_due()) is not None and due < healed:
        await world.go_on()

    await world.mail.start()
    last = healed
    while await world.next_due() is not None:
        last = await world.go_on()

    assert len(world.mail.ids) == len(set(world.mail.ids)) == 1000
    assert last <= healed + timedelta(minutes=15)


async def test_after_five_days_without_a_server_it_is_given_up_and_said(world: World) -> None:
    await world.mail.stop()
    await world.deliver(told(world, INVOICE))
    await world.send()

    while await world.next_due() is not None:
        await world.go_on()

    assert world.clock.now() > START + timedelta(days=4, hours=20)
    notice = await only(world)
    assert (notice["status"], notice["code"]) == ("failed", "gave_up")
    assert [fact["body"]["code"] for fact in await world.facts()] == ["gave_up"]


async def test_a_slow_server_is_left_and_tried_later(world: World, pool: Pool) -> None:
    world.mail.mood.slow_s = 5
    server = SmtpServer(
        SmtpSettings(
            host="127.0.0.1",
            port=world.mail.port,
            starttls=False,
            sender="desk@kaitsu.example",
            sender_name="",
            mail_timeout_s=0.3,
        )
    )
    slow = SendNotices(
        base=world.base,
        contacts=HttpContacts(
            world.base.http, url=f"http://127.0.0.1:{world.people.port}", token=SecretStr(TOKEN)
        ),
        server=server,
        wording=load_wording(signature="――"),
        quiet=QuietHours(time(20), time(8)),
        budget_s=1,
    )
    know_all(world, 20)
    await world.deliver(*(told(world, consult(number)) for number in range(1, 21)))
    started = monotonic()

    tried = await slow.run_once()

    assert monotonic() - started < 4
    assert 1 <= tried < 40
    assert await world.pending() == 40 - tried
    assert {notice["status"] for notice in await world.notices()} == {"pending"}


async def test_contacts_that_are_away_delay_and_do_not_lose(world: World) -> None:
    world.people.down = True
    await world.deliver(told(world, LIT))

    await world.send()
    assert world.mail.connections == 0
    assert await world.next_due() == START + timedelta(minutes=1)
    await world.go_on()
    world.people.down = False
    assert await world.go_on() == START + timedelta(minutes=6)

    assert len(world.mail.copies) == 2
    assert {notice["attempts"] for notice in await world.notices()} == {3}


async def test_contacts_that_do_not_listen_are_away_too(world: World) -> None:
    await world.people.stop()
    await world.deliver(told(world, INVOICE))

    await world.send()

    assert (await only(world))["status"] == "pending"
    assert await world.next_due() == START + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("email", "code"),
    [
        (None, "no_contact"),
        ("", "no_contact"),
        ("nobody", "address_refused"),
        ("a@minato.example\r\nBcc: x@evil.example", "address_refused"),
    ],
)
async def test_whoever_has_no_address_gets_no_mail_and_that_is_said(
    world: World, email: str | None, code: str
) -> None:
    if email is None:
        world.people.known.clear()
    else:
        world.people.know(ORDER, order_no=order_no(), email=email)
    await world.deliver(told(world, INVOICE))

    await world.send()

    assert world.mail.copies == []
    assert (await only(world))["code"] == code
    assert [fact["body"]["code"] for fact in await world.facts()] == [code]


async def test_no_mail_goes_to_a_server_without_tls_unless_the_settings_say_so(pool: Pool) -> None:
    async with open_world(pool, START, smtp_starttls=True) as world:
        know_all(world, 1)
        await world.deliver(told(world, INVOICE))

        with capture_logs() as lines:
            await world.send()

        assert [line["reason"] for line in lines if line["event"] == "mail_server_unreachable"] == [
            "no_starttls"
        ]
        assert world.mail.connections == 1
        assert world.mail.rcpts == 0
        assert (await only(world))["status"] == "pending"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command to make a certificate")
@pytest.mark.parametrize("trusted", [True, False])
async def test_with_tls_the_certificate_decides(pool: Pool, tmp_path: Path, trusted: bool) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    more = {"smtp_starttls": True} | ({"smtp_ca_file": str(tmp_path / "cert.pem")} if trusted else {})
    async with open_world(pool, START, **more) as world:
        await world.mail.stop()
        await world.mail.start(tls=tls)
        know_all(world, 1)
        await world.deliver(told(world, INVOICE))

        await world.send()

        assert len(world.mail.copies) == (1 if trusted else 0)
        assert (await only(world))["status"] == ("sent" if trusted else "pending")


async def test_retries_wait_for_the_morning(world: World) -> None:
    world.clock.advance(at_local(date(2026, 4, 1), time(19, 59, 30)))
    world.mail.mood.rcpt = ["451 later"]
    await world.deliver(told(world, INVOICE))

    await world.send()

    assert await world.next_due() == at_local(date(2026, 4, 2), time(8))
    await world.go_on()
    assert (await only(world))["status"] == "sent"
