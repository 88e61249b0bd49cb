"""What is consumed: claims of the carrier about orders that the desk has consulted, all said within one morning.

No deadline passes in that time, so that no tick does what a claim would have done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import zip_longest
from typing import Any, Final

from chassis.consume import Received
from chassis.testing import received
from contracts import partners as p
from contracts.envelope import to_headers
from contracts.orders import OrderSubmittedV1
from contracts.partners import Claim
from kernel.ids import derived_id, form_order_id, format_order_no
from kernel.times import at_local

TOPIC: Final = "kaitsu.partners.carrier"
GROUP: Final = f"provisioning.{TOPIC}"


def april(day: int, hour: int = 12) -> datetime:
    """Return an instant in April 2026, Tokyo; the 1st is a Wednesday."""
    return at_local(date(2026, 4, day), time(hour))


NOW: Final = april(3, 12)
_ON: Final = {day: date(2026, 4, day) for day in range(1, 30)}


@dataclass(frozen=True)
class Sent:
    """A record as it is put on the topic."""

    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


def submission(serial: int) -> Received:
    """Return the event that opens the order with that serial (from 1)."""
    id_ = form_order_id("benchmark", str(serial))
    event = OrderSubmittedV1(
        order_id=id_,
        order_no=format_order_no(2026, 4, serial),
        submission_id=derived_id(id_, "submission"),
        form="benchmark",
        area="east" if serial % 2 else "west",
        plan="ip8",
        building_kind="detached",
        applied_on=_ON[1],
        wished_on=_ON[20],
        sales_office=f"AB{serial % 10_000:04d}",
        confirmed=("fees",),
    )
    return received(event, now=april(1), correlation=event.submission_id)


def consult(serial: int) -> Received:
    """Return the desk's claim that the customer was called."""
    return _claim(p.DeskConsultDoneV1, serial, 2, consulted_on=_ON[2])


def story(serial: int) -> list[Received]:
    """Return what the carrier says of an order: two of four are postponed once, two wait for their registration."""
    created = _claim(p.CarrierServiceOrderCreatedV1, serial, 9, carrier_order_no=f"SO-{serial:06d}")
    lit = _claim(p.CarrierConstructionCompletedV1, serial, 14, completed_on=_ON[3])
    registered = [
        _claim(p.CarrierAddressRegistrationNeededV1, serial, 3),
        _claim(p.CarrierAddressRegistrationCompletedV1, serial, 8, completed_on=_ON[3]),
        created,
    ]
    match serial % 4:
        case 0:
            return [
                *registered,
                _claim(p.CarrierConstructionScheduledV1, serial, 10, construction_on=_ON[3]),
                lit,
            ]
        case 1:
            held = {"construction_on": _ON[25], "answer_by": _ON[20]}
            return [*registered, _claim(p.CarrierProvisionalDateHeldV1, serial, 10, **held)]
        case _:
            lost = {"withdrawn_on": _ON[15], "reason": "equipment_return"}
            return [
                created,
                _claim(p.CarrierConstructionScheduledV1, serial, 10, construction_on=_ON[15]),
                _claim(p.CarrierConstructionPostponedV1, serial, 11, **lost),
                _claim(p.CarrierConstructionScheduledV1, serial, 12, construction_on=_ON[3]),
                lit,
            ]


def claims(orders: int) -> list[Received]:
    """Return all claims about so many orders: first what comes first of every order, and so on."""
    steps = zip_longest(*(story(serial) for serial in range(1, orders + 1)))
    return [claim for step in steps for claim in step if claim is not None]


def sent(one: Received) -> Sent:
    """Return the record of a claim."""
    return Sent(one.event.key.encode(), one.event.to_json(), to_headers(one.envelope))


def _claim(cls: type[Claim], serial: int, place: int, **data: Any) -> Received:
    at = april(2) if cls is p.DeskConsultDoneV1 else at_local(_ON[3], time(9, place))
    event = cls.model_validate({"order_no": format_order_no(2026, 4, serial), **data})
    return received(event, now=at, sequence=place)
