"""Sending: pick what is due, ask who the people are, hand the mails over, then write down what became of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from chassis.app import Base
from chassis.clock import monotonic
from chassis.db import Connection
from chassis.errors import Kind, describe, kind_of
from chassis.logs import get_logger
from chassis.settings import ServiceSettings
from services.notify import handlers, store
from services.notify.domain.people import BadAddress, Contact
from services.notify.domain.quiet_hours import QuietHours
from services.notify.domain.retry import Verdict, after_try
from services.notify.domain.wording import Text, Wording
from services.notify.gateways.contacts import Contacts, ContactsUnavailable
from services.notify.gateways.mail import Mail, MailServer, MailSession, Sent, ServerUnreachable, Unmailable

log = get_logger(__name__)
S = TypeVar("S", bound=ServiceSettings)
SENDER: Final = "send_notices"
BATCH: Final = 100
ACQUIRE_S: Final = 2.0
BUDGET_S: Final = 10.0
SETTLE_WAITS_S: Final = (0.1, 0.5, 2.0)


@dataclass(frozen=True)
class SendNotices(Generic[S]):
    """The worker. Nothing but this sends; one replica at a time does, held by a session lock that a crash frees.

    The order of the steps is the promise: a mail leaves before it is marked, so that none is lost; a crash in
    between sends at most one batch again, each mail under the Message-ID that it had.
    """

    base: Base[S]
    contacts: Contacts
    server: MailServer
    wording: Wording
    quiet: QuietHours
    batch: int = BATCH
    budget_s: float = BUDGET_S

    async def run_once(self) -> int:
        """Try one batch of due notices and return how many were tried; 0 where another replica is at it."""
        async with self.base.pool.acquire(timeout=ACQUIRE_S) as conn:
            if not await store.take_sender_lock(conn):
                return 0
            try:
                return await self._run(conn)
            finally:
                if not conn.is_closed():
                    await store.release_sender_lock(conn)

    async def pending(self, conn: Connection, now: datetime) -> int:
        """Return how many notices could be sent now."""
        return await store.count_due(conn, now=now)

    async def next_due(self, conn: Connection, now: datetime) -> datetime | None:
        """Return when the next notice becomes due."""
        return await store.next_due(conn, now=now)

    async def _run(self, conn: Connection) -> int:
        now = self.base.clock.now()
        if self.quiet.is_quiet(now):  # due since the evening, not sent in time: not at night either
            async with self.base.transaction() as transaction:
                return await store.postpone_due(transaction, now=now, until=self.quiet.first_decent(now))
        due = await store.due_notices(conn, now=now, limit=self.batch)
        tries: list[handlers.Try] = []
        try:
            await self._try(due, tries)
        finally:  # also when we are told to stop in the middle: what left the house is written down
            await self._settle(tries)
        return len(tries)

    async def _try(self, due: Sequence[store.Due], tries: list[handlers.Try]) -> None:
        if not due:
            return
        try:
            people = await self.contacts.resolve([entry.notice.order_id for entry in due])
        except ContactsUnavailable as error:
            log.warning("contacts_unavailable", reason=error.reason, notices=len(due))
            tries += [self._outcome(entry, Sent(Verdict.UNREACHABLE)) for entry in due]
            return
        letters: list[_Letter] = []
        for entry in due:
            letter = self._write(entry, people)
            if isinstance(letter, Verdict):
                tries.append(self._outcome(entry, Sent(letter)))
            else:
                letters.append(letter)
        if letters:
            await self._deliver(letters, tries)

    def _write(self, due: store.Due, people: Mapping[UUID, Contact]) -> _Letter | Verdict:
        notice = due.notice
        contact = people.get(notice.order_id)
        to = contact.email_of(notice.recipient) if contact else ""
        if contact is None or not to:
            return Verdict.NO_CONTACT
        try:
            text = self.wording.write(notice.letter, notice.recipient, notice.facts, contact)
        except (KeyError, ValueError) as error:
            # Its facts do not fit its text: a fault of ours, but of this one only. No traceback: it may hold names.
            found = describe(error)
            log.error("notice_unwritable", notice_id=str(notice.notice_id), **found)  # noqa: TRY400
            return Verdict.REFUSED_FOR_GOOD
        return _Letter(due, to, text)

    async def _deliver(self, letters: Sequence[_Letter], tries: list[handlers.Try]) -> None:
        waiting = list(letters)
        held: set[tuple[UUID, str]] = set()  # an older one to the same person has to be tried again first
        started = monotonic()
        try:
            async with self.server.session() as session:
                while waiting and monotonic() - started < self.budget_s:
                    letter = waiting[0]
                    if letter.line not in held:
                        sent = await self._hand_over(session, letter)
                        if sent.verdict is Verdict.LATER:
                            held.add(letter.line)
                        tries.append(self._outcome(letter.due, sent, letter.text))
                    waiting.pop(0)
        except ServerUnreachable as error:
            log.warning("mail_server_unreachable", reason=error.reason, code=error.code, notices=len(waiting))
            tries += [
                self._outcome(letter.due, Sent(Verdict.UNREACHABLE, error.code))
                for letter in waiting
                if letter.line not in held
            ]

    async def _hand_over(self, session: MailSession, letter: _Letter) -> Sent:
        mail = Mail(letter.due.notice.notice_id, letter.to, letter.text, self.base.clock.now())
        try:
            return await session.send(mail)
        except BadAddress:
            return Sent(Verdict.ADDRESS_REFUSED)
        except Unmailable:
            log.error("mail_unwritable", notice_id=str(mail.notice_id))  # noqa: TRY400 - no traceback: names
            return Sent(Verdict.REFUSED_FOR_GOOD)

    def _outcome(self, due: store.Due, sent: Sent, text: Text | None = None) -> handlers.Try:
        now = self.base.clock.now()
        attempts = due.attempts + 1
        step = after_try(sent.verdict, attempts=attempts, wanted_at=due.not_before, now=now, quiet=self.quiet)
        digest = None if text is None else hashlib.sha256(f"{text.subject}\n\n{text.body}".encode()).digest()
        tried = store.Tried(due.notice.notice_id, step, attempts, sent.reply, digest, now)
        return handlers.Try(due, tried)

    async def _settle(self, tries: Sequence[handlers.Try]) -> None:
        """Write the tries down; insist a little, because what is not written down is sent again."""
        if not tries:
            return None
        for wait_s in SETTLE_WAITS_S:
            try:
                return await self._settle_once(tries)
            except Exception as error:
                if kind_of(error) is not Kind.WORLD:
                    raise
                log.warning("settling_failed", **describe(error))
                await asyncio.sleep(wait_s)
        return await self._settle_once(tries)

    async def _settle_once(self, tries: Sequence[handlers.Try]) -> None:
        async with self.base.transaction() as conn:
            await handlers.settle(tries, conn=conn, now=self.base.clock.now())


@dataclass(frozen=True)
class _Letter:
    """A written notice with its recipient's address, for the time of one batch."""

    due: store.Due
    to: str
    text: Text

    @property
    def line(self) -> tuple[UUID, str]:
        """Who waits in which line: mails to one person about one order keep their order."""
        return self.due.notice.order_id, self.due.notice.recipient.value
