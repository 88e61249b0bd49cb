"""The only wiring of provisioning, and the only reader of its settings."""

from __future__ import annotations

from chassis import app
from services.provisioning.books import load_rules
from services.provisioning.consumers import consumers
from services.provisioning.crosswalk_book import load_crosswalk
from services.provisioning.crosswalk_routes import CrosswalkRoutes
from services.provisioning.routes import Routes
from services.provisioning.settings import ProvisioningSettings
from services.provisioning.ticks import ticks


async def wire(base: app.Base[ProvisioningSettings]) -> app.Parts:
    """Return what provisioning serves, reads and does by itself."""
    rules = load_rules()
    routes = Routes(base.pool, base.settings.ops_token, rules)
    crosswalk = CrosswalkRoutes(base, base.settings.ops_token, rules)
    load_crosswalk()  # a bad rule stops the start
    return app.Parts(
        routes=[*routes.routes(), *crosswalk.routes()], consumers=consumers(rules), ticks=ticks(rules)
    )


def main() -> None:
    """Serve, or migrate when the first argument says so."""
    app.main("provisioning", ProvisioningSettings, wire)
