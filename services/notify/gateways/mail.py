"""The mail server: one session for many mails, each with a verdict; and how a mail is put together."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP as SMTP_POLICY
from email.policy import compat32
from typing import Final, Protocol
from uuid import UUID

import aiosmtplib
from pydantic import SecretStr

from kernel.times import TOKYO
from services.notify.domain.people import BadAddress, check_address
from services.notify.domain.retry import Verdict
from services.notify.domain.wording import Text

HEADERS: Final = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
]
# The server talks about us (log in, use TLS), not about the mail: mended by the operator, then tried again.
SESSION_CODES: Final = frozenset({421, 530, 534, 535, 538})


class Unmailable(ValueError):
    """The text cannot be made into a mail with exactly our headers; nothing of it is repeated here."""


class ServerUnreachable(Exception):
    """There is no session with the mail server; `reason` is a code without personal data."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


@dataclass(frozen=True)
class Mail:
    """One mail to one person, ready to be put into bytes. written_at: business instant of its Date header."""

    notice_id: UUID
    to: str
    text: Text
    written_at: datetime


@dataclass(frozen=True)
class Sent:
    """How the server answered; reply is its code, None where it said nothing."""

    verdict: Verdict
    reply: int | None = None


class MailSession(Protocol):
    """An open session."""

    async def send(self, mail: Mail) -> Sent:
        """Return the server's verdict; a broken session is opened again by the next call.

        :raises BadAddress: the recipient is no address.
        :raises Unmailable: the text makes no mail of ours.
        :raises ServerUnreachable: it cannot be opened again.
        """
        ...


class MailServer(Protocol):
    """Where mails are handed over."""

    def session(self) -> AbstractAsyncContextManager[MailSession]:
        """Return a session.

        :raises ServerUnreachable: no connection, or one without the TLS that is asked for.
        """
        ...


@dataclass(frozen=True)
class SmtpSettings:
    """How to reach the server. starttls: refuse a server without it; sender: an address, checked when used."""

    host: str
    port: int
    starttls: bool
    sender: str
    sender_name: str
    user: str | None = None
    password: SecretStr | None = None
    command_timeout_s: float = 15.0
    mail_timeout_s: float = 30.0
    tls: ssl.SSLContext | None = None


class SmtpServer:
    """Mail over SMTP."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Take the settings.

        :raises BadAddress: the sender is no address.
        """
        self.sender = check_address(settings.sender)
        self.domain = self.sender.rpartition("@")[2]
        self._settings = settings

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[MailSession]:
        """Yield a session that is closed afterwards.

        :raises ServerUnreachable: no connection, or one without the TLS that is asked for.
        """
        session = _SmtpSession(self, self._settings)
        await session.open()
        try:
            yield session
        finally:
            await session.close()

    def compose(self, mail: Mail) -> bytes:
        """Return the mail as it goes over the wire.

        The same notice has the same Message-ID, however often it is tried. The text is in base64, so that no server
        on the way has a reason to touch it.
        :raises BadAddress: the recipient is no address.
        :raises Unmailable: something in it would break or add a header.
        """
        try:
            raw = self._assemble(mail)
        except BadAddress:
            raise
        except ValueError:
            raise Unmailable("a header is refused") from None
        if BytesHeaderParser(policy=compat32).parsebytes(raw).keys() != HEADERS:
            raise Unmailable("there would be other headers than ours")
        return raw

    def _assemble(self, mail: Mail) -> bytes:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = Address(self._settings.sender_name, addr_spec=self.sender)
        message["To"] = Address(addr_spec=check_address(mail.to))
        message["Subject"] = mail.text.subject
        message["Date"] = mail.written_at.astimezone(TOKYO)
        message["Message-ID"] = message_id(mail.notice_id, self.domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text.body, charset="utf-8", cte="base64")
        return message.as_bytes()


def message_id(notice_id: UUID, domain: str) -> str:
    """Return the Message-ID of a notice, in angle brackets."""
    return f"<{notice_id}@{domain}>"


class _SmtpSession:
    def __init__(self, server: SmtpServer, settings: SmtpSettings) -> None:
        self._server, self._settings = server, settings
        self._smtp: aiosmtplib.SMTP | None = None

    async def open(self) -> aiosmtplib.SMTP:
        settings = self._settings
        smtp = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=self._server.domain,
            timeout=settings.command_timeout_s,
            use_tls=False,
            start_tls=False,
        )
        try:
            async with asyncio.timeout(settings.mail_timeout_s):
                await smtp.connect()
                await smtp.ehlo()
                if settings.starttls:
                    if not smtp.supports_extension("starttls"):
                        smtp.close()
                        raise ServerUnreachable("no_starttls")
                    await smtp.starttls(
                        server_hostname=settings.host,
                        tls_context=settings.tls or ssl.create_default_context(),
                    )
                if settings.user is not None and settings.password is not None:
                    await smtp.login(settings.user, settings.password.get_secret_value())
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            smtp.close()
            raise ServerUnreachable(type(error).__name__, getattr(error, "code", None)) from None
        self._smtp = smtp
        return smtp

    async def send(self, mail: Mail) -> Sent:
        body = self._server.compose(mail)
        smtp = self._smtp if self._smtp is not None and self._smtp.is_connected else await self.open()
        try:
            async with asyncio.timeout(self._settings.mail_timeout_s):
                await smtp.mail(self._server.sender)
                await smtp.rcpt(check_address(mail.to))
                reply = await smtp.data(body)
        except aiosmtplib.SMTPResponseException as error:
            return await self._refused(smtp, error)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            # Perhaps it was taken and the answer got lost: the next try carries the same Message-ID.
            self._drop()
            return Sent(Verdict.LATER)
        return Sent(Verdict.TAKEN, reply.code)

    async def _refused(self, smtp: aiosmtplib.SMTP, error: aiosmtplib.SMTPResponseException) -> Sent:
        if error.code in SESSION_CODES:
            self._drop()
            raise ServerUnreachable(type(error).__name__, error.code) from None
        try:
            await smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()
        if not 500 <= error.code < 600:
            return Sent(Verdict.LATER, error.code)
        if isinstance(error, aiosmtplib.SMTPRecipientRefused):
            return Sent(Verdict.ADDRESS_REFUSED, error.code)
        return Sent(Verdict.REFUSED_FOR_GOOD, error.code)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    async def close(self) -> None:
        if self._smtp is not None:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._smtp.quit(timeout=2.0)
        self._drop()
