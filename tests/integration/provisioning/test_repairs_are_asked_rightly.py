"""What repairs are asked with: filters that take what fits, wrong plans that name what is wrong, and the token."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import partners as p
from tests.integration.provisioning.house import House, april, order_id, order_no, submission
from tests.integration.provisioning.test_repairs import BY, CANCEL, consulted, plan, post


@pytest.mark.parametrize(
    ("wanted", "serials"),
    [
        ({"state": "awaiting_consult"}, [3]),
        ({"pattern": 2}, [2]),
        ({"area": "west"}, []),
        ({"sales_office": "ab1234"}, [1, 2, 3]),
        ({"refs": [order_no(1), str(order_id(3)).upper(), "nothing"]}, [1, 3]),
        ({"opened_after": "2026-04-01", "opened_before": "2026-04-02"}, [1, 2]),
        ({"opened_after": "2026-04-02"}, [3]),
        ({"opened_before": "2026-04-01T12:00"}, []),
        ({"pattern": 1, "sales_office": "AB1234", "opened_before": "2026-04-02"}, [1]),
    ],
)
async def test_a_filter_takes_what_fits_all_its_conditions(
    house: House, wanted: dict[str, Any], serials: list[int]
) -> None:
    await consulted(house, 1, 2)
    await house.say(p.CarrierAddressRegistrationNeededV1, 2)
    house.advance(april(2))
    await house.deliver(submission(3, at=april(2)))

    made = await plan(house, CANCEL, filter=wanted)

    assert [row["order_no"] for row in made["orders"]] == [order_no(serial) for serial in serials]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"filter": {}}, "/filter"),
        ({"filter": {"state": "lost"}}, "/filter/state"),
        ({"filter": {"opened_after": "soon"}}, "/filter/opened_after"),
        ({"filter": {"opened_before": "0001-01-01T00:00"}}, "/filter/opened_before"),
        ({"filter": {"sales_office": "AB\0"}}, "/filter/sales_office"),
        ({"action": {"kind": "cancel", "by": "me", "reason": "other"}}, "/action/by"),
        ({"action": {"kind": "change_wish", "by": "sales", "wished_on": "2036-04-01"}}, "/action/wished_on"),
        ({"limit": 1001}, "/limit"),
        ({"why": " "}, "/why"),
        ({"force": True}, "/force"),
    ],
)
async def test_a_wrong_plan_names_what_is_wrong(house: House, change: dict[str, Any], pointer: str) -> None:
    body = {"action": CANCEL, "filter": {"area": "east"}, **BY, **change}

    answer = await post(house, "/ops/repairs", body)

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:kaitsu:problem:bad_repair"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_repairs_are_behind_the_token_and_an_unknown_plan_is_not_found(house: House) -> None:
    unknown = f"/ops/repairs/{order_id(9)}"
    for path, body in ((f"{unknown}/apply", {"by": "me"}), (f"{unknown}/undo", BY), ("/ops/repairs", {})):
        assert (await house.http.post(path, json=body)).status_code == 401
        if path != "/ops/repairs":
            answer = await post(house, path, body)
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:kaitsu:problem:unknown_plan")
    for path in (unknown, "/ops/repairs/everything"):
        assert (await house.http.get(path)).status_code == 401
        assert (await house.get(path)).json()["type"] == "urn:kaitsu:problem:unknown_plan"
