"""The customs office between intake's words and the contracts: outcomes become events, rows become answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from contracts.envelope import Cause, Outgoing, announce
from contracts.event import Event
from contracts.orders import Defect, OrderAmendedV1, OrderDefectFoundV1, OrderSubmittedV1
from services.intake.domain.outcome import Effect, Outcome, Standing, Status


def announcement(outcome: Outcome, *, area: str, order_no: str | None) -> Outgoing | None:
    """Return what the bus is told of an outcome, None where there is nothing to tell.

    area: of the form. It occurred when the submission was received; the whole process is named by the first judged
    submission of its response.
    """
    standing = outcome.standing
    event = None if standing is None else _event(outcome, standing, area=area, order_no=order_no)
    if standing is None or event is None:
        return None
    return announce(
        event,
        cause=Cause(outcome.submission.submission_id, correlation_id=standing.began_with),
        occurred_at=outcome.submission.received_at,
    )


def _event(outcome: Outcome, standing: Standing, *, area: str, order_no: str | None) -> Event | None:
    said = standing.application
    shared = {"order_id": standing.order_id, "submission_id": outcome.submission.submission_id}
    if outcome.status is Status.DEFECT:
        defects = [
            Defect.model_validate({"field": each.field, "rule": each.rule, "answered_by": each.answered_by})
            for each in outcome.defects
        ]
        number = order_no if standing.version else None
        return OrderDefectFoundV1.model_validate(
            {**shared, "order_no": number, "form": standing.form, "defects": defects}
        )
    if said is None or not (outcome.status is Status.ORDER or outcome.effect is Effect.AMENDED):
        return None
    facts = {
        **shared,
        "order_no": order_no,
        "plan": said.plan,
        "building_kind": said.building_kind,
        "wished_on": said.wished_on,
    }
    if outcome.status is Status.ORDER:
        opened = {
            "form": standing.form,
            "area": area,
            "applied_on": said.applied_on,
            "sales_office": said.sales_office,
            "confirmed": said.confirmed,
        }
        return OrderSubmittedV1.model_validate({**facts, **opened})
    return OrderAmendedV1.model_validate({**facts, "version": standing.version, "changed": outcome.changed})


def contact(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the people of an order as the contacts API answers; null = not known, or not usable as it was typed."""
    code = cast("str | None", row["postal_code"])
    place = [row["prefecture"], row["city"]]
    address = "".join(part for part in place if part) + (f" {row['building']}" if row["building"] else "")
    return {
        "customer": {
            "name": row["customer_name"],
            "kana": row["customer_kana"],
            "contact_person": row["contact_person"],
            "email": row["email"],
            "phone": row["phone"],
            "postal_code": f"{code[:3]}-{code[3:]}" if code else None,
            "address": address.strip() or None,
        },
        "sales": {"name": row["sales_name"], "email": row["sales_email"], "office": row["sales_office"]},
        "order_no": row["order_no"],
    }
