"""The only wiring of provisioning, and the only reader of its settings."""

from __future__ import annotations

from chassis import app
from services.provisioning.books import load_rules
from services.provisioning.consumers import consumers
from services.provisioning.crosswalk_book import load_crosswalk
from services.provisioning.crosswalk_routes import CrosswalkRoutes
from services.provisioning.forecast_routes import ForecastRoutes
from services.provisioning.outlook import Forecaster
from services.provisioning.prediction_book import load_rule_table
from services.provisioning.repair_routes import RepairRoutes
from services.provisioning.routes import Routes
from services.provisioning.settings import ProvisioningSettings
from services.provisioning.ticks import ticks
from services.provisioning.workers import workers


async def wire(base: app.Base[ProvisioningSettings]) -> app.Parts:
    """Return what provisioning serves, reads and does by itself."""
    rules, forecaster = load_rules(), Forecaster(load_rule_table())
    routes = Routes(base.pool, base.settings.ops_token, rules)
    outlooks = ForecastRoutes(base.pool, base.settings.ops_token, base.clock, forecaster)
    repairs = RepairRoutes(base, rules, forecaster)
    crosswalk = CrosswalkRoutes(base, base.settings.ops_token, rules, forecaster)
    load_crosswalk()  # a bad rule stops the start
    return app.Parts(
        routes=[*outlooks.routes(), *routes.routes(), *repairs.routes(), *crosswalk.routes()],
        consumers=consumers(rules, forecaster),
        ticks=ticks(rules, forecaster),
        workers=workers(base),
    )


def main() -> None:
    """Serve, or migrate when the first argument says so."""
    app.main("provisioning", ProvisioningSettings, wire)
