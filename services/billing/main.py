"""The only wiring of billing, and the only reader of its settings."""

from __future__ import annotations

from chassis import app
from services.billing.books import load_books
from services.billing.consumers import consumers
from services.billing.domain.invoice import Issuer
from services.billing.gateways.contacts import IntakeContacts
from services.billing.handlers import IssueInvoices, OpenContracts
from services.billing.routes import Routes
from services.billing.settings import BillingSettings
from services.billing.workers import CLOSE_MONTH, CloseMonth


async def wire(base: app.Base[BillingSettings]) -> app.Parts:
    """Return what billing serves, reads and does by itself."""
    settings = base.settings
    books = load_books()
    issuer = Issuer(settings.issuer_name, settings.issuer_registration)
    close = CloseMonth(
        pool=base.pool,
        transaction=base.transaction,
        clock=base.clock,
        contacts=IntakeContacts(base.http, url=settings.contacts_url, token=settings.contacts_token),
        issue=IssueInvoices(books, issuer),
    )
    routes = Routes(
        pool=base.pool,
        transaction=base.transaction,
        clock=base.clock,
        ops_token=settings.ops_token,
        released=lambda: base.wake(CLOSE_MONTH),
    )
    return app.Parts(
        routes=routes.routes(), consumers=consumers(OpenContracts(books.terms)), workers=(close.worker(),)
    )


def main() -> None:
    """Serve, or migrate when the first argument says so."""
    app.main("billing", BillingSettings, wire)
