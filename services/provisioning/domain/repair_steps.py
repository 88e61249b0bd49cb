"""What the facts of a repair plan do to an order."""

from __future__ import annotations

from datetime import datetime

from kernel.times import local_date
from services.provisioning.domain.order import FiberOrder, replace
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.repair_facts import OrderReopened, ServiceOrderAskedAgain


def ask_again(order: FiberOrder, _fact: ServiceOrderAskedAgain, _at: datetime) -> FiberOrder:
    """Return the order as it was, with one more request to the carrier."""
    return replace(order, attempt=order.attempt + 1)


def reopen(order: FiberOrder, fact: OrderReopened, at: datetime) -> FiberOrder:
    """Return the order in the state in which it was before the plan cancelled it; what is late is raised anew.

    What happened to it while it was cancelled (edits by sales) has no effect, as always after the end.

    :raises Refused: another than this plan cancelled it (not_by_plan), or the day of the construction that stood has
    come meanwhile (too_late).
    """
    if order.reopen_state is None or order.reopen_plan_id != fact.plan_id:
        raise Refused(Code.NOT_BY_PLAN)
    if order.construction_on is not None and local_date(at) >= order.construction_on:
        raise Refused(Code.TOO_LATE)
    return replace(
        order,
        state=order.reopen_state,
        reopen_state=None,
        reopen_plan_id=None,
    )
