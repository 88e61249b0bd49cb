"""From the event to the mail and to the fact: once, under one Message-ID, in order, at decent hours."""

from __future__ import annotations

import asyncio
from datetime import date, time, timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest

from chassis.db import Pool
from chassis.deliver import Deliverer
from chassis.records import StoredRecord
from contracts.envelope import to_headers
from contracts.event import Event
from kernel.times import at_local
from services.notify import handlers
from tests.integration.notify.conftest import START
from tests.integration.notify.samples import (
    CANCELLED,
    DEFECT,
    INVOICE,
    LIT,
    NUMBER,
    ORDER,
    POSTPONED,
    SCHEDULED,
    consult,
    know_all,
    told,
)
from tests.integration.notify.world import World


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    know_all(world, 1)


def to(mail: EmailMessage) -> str:
    return str(mail["To"])


async def test_an_event_becomes_mails_and_the_facts_that_they_were_sent(world: World) -> None:
    record = told(world, consult())

    await world.deliver(record)
    assert await world.pending() == 2
    assert await world.send() == 2

    assert world.mail.recipients == [["customer1@minato.example"], ["sales1@agent.example"]]
    notices = await world.notices()
    assert [str(mail["Message-ID"]) for mail in world.mail.copies] == [
        f"<{notice['notice_id']}@kaitsu.example>" for notice in notices
    ]
    assert {notice["status"] for notice in notices} == {"sent"}
    body = world.mail.copies[0].get_content()
    assert "2026年4月3日(金)までに" in body
    assert NUMBER in body
    facts = await world.facts()
    assert [(fact["type"], fact["body"]["recipient"], fact["sequence"]) for fact in facts] == [
        ("notice.sent.v1", "customer", 1),
        ("notice.sent.v1", "sales", 2),
    ]
    assert {(fact["causation_id"], fact["correlation_id"]) for fact in facts} == {
        (record.envelope.id, record.envelope.correlation_id)
    }
    assert [fact["body"]["attempts"] for fact in facts] == [1, 1]
    assert (await world.pending(), await world.next_due()) == (0, None)


@pytest.mark.parametrize("event", [DEFECT, SCHEDULED, POSTPONED, LIT, INVOICE], ids=lambda event: event.type)
async def test_every_kind_goes_its_whole_way(world: World, event: Event) -> None:
    await world.deliver(told(world, event))
    await world.send()

    notices = await world.notices()
    assert notices
    assert {notice["status"] for notice in notices} == {"sent"}
    assert len(world.mail.copies) == len(notices) == len(await world.facts())


async def test_a_second_delivery_makes_no_second_notice(world: World) -> None:
    record = told(world, consult())

    await world.deliver(record)
    await world.deliver(record, record)
    await world.send()
    await world.deliver(record)
    await world.send()

    assert len(world.mail.copies) == 2
    assert len(await world.notices()) == 2


async def test_a_record_wakes_the_sender_after_its_commit_and_its_repeat_is_known(world: World) -> None:
    record = told(world, consult())
    (works,) = [entry for entry in world.parts.consumers if entry.topic == "kaitsu.works"]
    (worker,) = world.parts.workers
    alarm = world.base.signals.workers[worker.name]
    raw = StoredRecord(
        "kaitsu.works", 0, 1, str(ORDER).encode(), record.event.to_json(), to_headers(record.envelope)
    )

    await Deliverer(world.base, works).deliver([raw, raw])

    assert alarm.is_set()
    assert await world.pending() == 2
    alarm.clear()
    await Deliverer(world.base, works).deliver([raw])
    assert not alarm.is_set()
    assert len(await world.notices()) == 2


async def test_at_night_nothing_leaves_and_in_the_morning_everything(world: World) -> None:
    night = at_local(date(2026, 4, 1), time(23, 59, 59))
    morning = at_local(date(2026, 4, 2), time(8))
    world.clock.advance(night)

    await world.deliver(told(world, consult()))

    assert await world.pending() == 0
    assert await world.next_due() == morning
    assert await world.send() == 0
    assert world.mail.connections == 0
    assert await world.go_on() == morning
    assert [str(mail["Date"]) for mail in world.mail.copies] == ["Thu, 02 Apr 2026 08:00:00 +0900"] * 2


async def test_what_an_outage_made_late_does_not_leave_at_night_either(world: World) -> None:
    await world.deliver(told(world, consult()))
    world.clock.advance(at_local(date(2026, 4, 1), time(21)))

    await world.send()

    assert world.mail.copies == []
    assert await world.pending() == 0
    assert await world.next_due() == at_local(date(2026, 4, 2), time(8))
    assert {notice["attempts"] for notice in await world.notices()} == {0}


async def test_a_cancelled_order_withdraws_what_has_not_left_and_nothing_else(world: World) -> None:
    await world.deliver(told(world, consult()))
    await world.send()
    world.clock.advance(at_local(date(2026, 4, 1), time(21)))

    await world.deliver(told(world, SCHEDULED, 2), told(world, CANCELLED, 3))
    world.clock.advance(at_local(date(2026, 4, 2), time(12)))
    await world.send()

    assert [(notice["kind"], notice["status"]) for notice in await world.notices()] == [
        ("consult", "sent"),
        ("consult", "sent"),
        ("construction_date", "withdrawn"),
        ("construction_date", "withdrawn"),
    ]
    assert len(world.mail.copies) == 2
    assert (await world.pending(), await world.next_due()) == (0, None)


async def test_a_cancellation_while_a_mail_is_on_its_way_leaves_the_truth(world: World) -> None:
    async def cancel(_mail: EmailMessage) -> None:
        world.mail.mood.on_mail = None
        await world.deliver(told(world, CANCELLED, 2))

    await world.deliver(told(world, consult()))
    world.mail.mood.on_mail = cancel
    world.mail.mood.rcpt = ["250 OK", "451 later"]

    await world.send()

    statuses = {notice["recipient"]: notice["status"] for notice in await world.notices()}
    assert len(world.mail.copies) == len([status for status in statuses.values() if status == "sent"])
    assert statuses == {"customer": "sent", "sales": "withdrawn"}
    assert [fact["type"] for fact in await world.facts()] == ["notice.sent.v1"]


async def test_a_crash_between_mail_and_mark_sends_again_under_the_same_message_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    async def die(*_args: object, **_more: object) -> None:
        raise Died

    await world.deliver(told(world, consult()))
    with monkeypatch.context() as patch:
        patch.setattr(handlers, "settle", die)
        with pytest.raises(Died):
            await world.send()
    assert {notice["status"] for notice in await world.notices()} == {"pending"}

    await world.send()

    assert world.mail.ids[:2] == world.mail.ids[2:]
    assert [mail.get_content() for mail in world.mail.copies[:2]] == [
        mail.get_content() for mail in world.mail.copies[2:]
    ]
    assert len(await world.facts()) == 2
    assert {notice["status"] for notice in await world.notices()} == {"sent"}


async def test_a_stop_in_the_middle_writes_down_what_has_left(world: World) -> None:
    know_all(world, 5)
    await world.deliver(*(told(world, consult(number)) for number in range(1, 6)))
    running = asyncio.Event()

    async def stop_here(_mail: EmailMessage) -> None:
        if len(world.mail.copies) == 4:
            running.set()
            await asyncio.sleep(30)

    world.mail.mood.on_mail = stop_here
    task = asyncio.create_task(world.send())
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [notice["status"] for notice in await world.notices()].count("sent") == 3
    world.mail.mood.on_mail = None
    await world.send()
    assert len(set(world.mail.ids)) == 10
    assert len(world.mail.ids) == 11
    assert len(await world.facts()) == 10


async def test_two_replicas_send_nothing_twice(world: World, pool: Pool) -> None:
    know_all(world, 40)
    await world.deliver(*(told(world, consult(number)) for number in range(1, 41)))

    async def replica() -> None:
        while await world.pending():
            await world.parts.workers[0].run_once()

    await asyncio.gather(replica(), replica(), replica())

    assert len(world.mail.ids) == len(set(world.mail.ids)) == 80
    assert len(await world.facts()) == 80


async def test_one_batch_is_one_connection_and_one_question_for_contacts(world: World) -> None:
    know_all(world, 40)
    await world.deliver(*(told(world, consult(number)) for number in range(1, 41)))

    await world.send()

    assert world.mail.connections == 1
    assert [len(call) for call in world.people.calls] == [40]


async def test_nobody_gets_a_later_mail_before_an_earlier_one(world: World) -> None:
    world.mail.mood.rcpt = ["451 later", "451 later"]
    await world.deliver(told(world, SCHEDULED, 1), told(world, POSTPONED, 2))

    await world.send()
    assert world.mail.copies == []
    assert world.mail.rcpts == 2  # the two later ones were not even tried
    world.clock.advance(START + timedelta(seconds=30))
    await world.deliver(told(world, LIT, 3))
    assert await world.pending() == 0
    await world.go_on()

    kinds = {UUID(str(notice["notice_id"])): notice["kind"] for notice in await world.notices()}
    for address in ("customer1@minato.example", "sales1@agent.example"):
        mails = [mail for mail in world.mail.copies if to(mail) == address]
        assert [kinds[UUID(str(mail["Message-ID"])[1:37])] for mail in mails] == [
            "construction_date",
            "date_change",
            "lit",
        ]


async def test_no_word_about_a_person_is_in_the_database(world: World) -> None:
    people = world.people.known[ORDER]
    world.mail.mood.rcpt = ["550 no such person as customer1@minato.example", "451 sales1@agent.example"]
    await world.deliver(told(world, consult()), told(world, SCHEDULED, 2))
    await world.send()
    world.clock.advance(at_local(date(2026, 4, 1), time(12)))
    await world.send()

    tables = await world.rows(
        """
        SELECT relname
          FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        """
    )
    seen = 0
    for table in (row["relname"] for row in tables):
        for row in await world.rows(f"SELECT t::text AS line FROM {table} t"):
            seen += 1
            for words in (*people["customer"].values(), *people["sales"].values()):
                assert words not in row["line"]
    assert seen > 8
