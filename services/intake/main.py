"""Intake as a process: the only reader of its settings and the only wiring."""

from __future__ import annotations

from chassis import app
from chassis.app import Base, Parts
from chassis.logs import get_logger
from chassis.webhook_signature import key_of
from services.intake.books import load_books
from services.intake.handlers import CheckSubmissions
from services.intake.routes import Routes
from services.intake.settings import Settings
from services.intake.webhooks import Webhooks
from services.intake.workers import CHECK_SUBMISSIONS, Checking

log = get_logger(__name__)


def main() -> None:
    """Serve, or `migrate`."""
    app.main("intake", Settings, wire)


async def wire(base: Base[Settings]) -> Parts:
    """Return the parts of the service.  :raises ValueError: the form data cannot be used."""
    settings, books = base.settings, load_books()
    for form in books.forms.keys() - settings.form_secrets.keys():
        log.warning("form_unsigned", form=form)  # nobody can post it

    def check_now() -> None:
        base.wake(CHECK_SUBMISSIONS)

    webhooks = Webhooks(
        transaction=base.transaction,
        clock=base.clock,
        forms=books.forms,
        keys={
            form: [key_of(secret.get_secret_value()) for secret in secrets]
            for form, secrets in settings.form_secrets.items()
        },
        received=check_now,
    )
    routes = Routes(
        pool=base.pool,
        transaction=base.transaction,
        clock=base.clock,
        ops_token=settings.ops_token,
        service_tokens=settings.service_tokens,
        reopened=check_now,
    )
    checking = Checking(
        pool=base.pool,
        transaction=base.transaction,
        clock=base.clock,
        check=CheckSubmissions(dict(books.forms), books.rules),
    )
    return Parts(routes=[*webhooks.routes(), *routes.routes()], workers=(checking.worker(),))
