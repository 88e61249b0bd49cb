"""What provisioning listens to: intake's orders, what carrier and desk claim, and who was told."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.consume import Consumer
from contracts.notices import NoticeSentV1
from services.provisioning import translate
from services.provisioning.domain.rules import Rules
from services.provisioning.handlers import HearClaims, HearNotices, TakeOrders
from services.provisioning.outlook import Forecaster


def consumers(rules: Rules, forecaster: Forecaster) -> Sequence[Consumer]:
    """Return one consumer per topic."""
    hear = HearClaims(rules, forecaster)
    return (
        Consumer("kaitsu.orders", TakeOrders(rules, forecaster), translate.ORDERS),
        Consumer("kaitsu.partners.carrier", hear, translate.CARRIER, claims=True),
        Consumer("kaitsu.partners.desk", hear, translate.DESK, claims=True),
        Consumer("kaitsu.notices", HearNotices(), (NoticeSentV1,)),
    )
