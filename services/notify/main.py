"""Notify as a process: the only reader of its settings and the only wiring."""

from __future__ import annotations

import ssl

from chassis import app
from chassis.app import Base, Parts
from chassis.ticks import Worker
from services.notify.consumers import consumers
from services.notify.data import load_wording
from services.notify.domain.quiet_hours import QuietHours
from services.notify.gateways.contacts import HttpContacts
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.routes import routes
from services.notify.settings import Settings
from services.notify.workers import SENDER, SendNotices


def main() -> None:
    """Serve, or `migrate`."""
    app.main("notify", Settings, wire)


async def wire(base: Base[Settings]) -> Parts:
    """Return the parts of the service.

    :raises BadTemplate: a mail's text cannot be used.
    :raises BadAddress: the sender is no address.
    """
    settings = base.settings
    quiet = QuietHours(settings.quiet_from, settings.quiet_until)
    server = SmtpServer(
        SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            starttls=settings.smtp_starttls,
            sender=settings.sender,
            sender_name=settings.sender_name,
            user=settings.smtp_user,
            password=settings.smtp_password,
            tls=ssl.create_default_context(cafile=settings.smtp_ca_file) if settings.smtp_starttls else None,
        )
    )
    sender = SendNotices(
        base=base,
        contacts=HttpContacts(base.http, url=settings.contacts_url, token=settings.contacts_token),
        server=server,
        wording=load_wording(signature=settings.signature),
        quiet=quiet,
    )
    return Parts(
        routes=routes(base.pool, ops_token=settings.ops_token, mail_domain=server.domain),
        consumers=consumers(quiet, wakes=SENDER),
        workers=(
            Worker(
                name=SENDER,
                run_once=sender.run_once,
                pending=sender.pending,
                next_due=sender.next_due,
            ),
        ),
    )
