"""Triage: a form that changed loses no submission, and what was looked at is judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.integration.intake.house import LATEST, NOW, House, edit
from tests.support.webhooks import EAST, document


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"title": "お客様の氏名"}, "renamed_question", "customer_name"),
        ({"item_id": 987654}, "recreated_question", "customer_name"),
        ({"item_id": 987654, "title": "好きな色"}, "unknown_question", None),
        ({"type": "PARAGRAPH_TEXT"}, "retyped_question", "customer_name"),
        ({"response": ["a", "b"]}, "retyped_question", "customer_name"),
    ],
)
async def test_a_form_that_changed_sends_its_submissions_to_triage_and_loses_none(
    house: House, change: dict[str, Any], reason: str, field: str | None
) -> None:
    submission = document()
    submission["answers"][0] |= change

    submission_id = await house.taken(submission)

    shown = await house.shown(submission_id)
    assert (shown["status"], shown["reason"]) == ("triage", "form_changed")
    assert {"reason": reason, "field": field}.items() <= shown["drifts"][0].items()
    assert await house.value("SELECT count(*) FROM raw_bodies") == 1
    assert await house.announced() == []
    assert await house.pending() == 0


async def test_an_edit_in_triage_leaves_its_order_alone(house: House) -> None:
    await house.taken(document())
    strange = edit(plan="IP16")
    strange["answers"][0]["title"] = "お客様の氏名"
    await house.taken(strange)

    assert len(await house.announced()) == 1
    await house.taken(edit(LATEST, plan="IP16"))
    assert (await house.announced())[-1]["body"]["version"] == 2


async def test_what_was_in_triage_is_judged_once_the_form_data_know_the_change(house: House) -> None:
    renamed, older = edit(), document()
    for submission in (renamed, older):
        submission["answers"][0]["title"] = "お客様の氏名"
    first, second = await house.taken(renamed), await house.taken(older)
    for _ in range(2):
        assert (await recheck(house, first)).status_code == 200
        assert await house.pending() == 1
        await house.check()
        assert (await house.shown(first))["status"] == "triage", "the form data are still the old ones"

    form = house.checking.check.forms[EAST]
    question = replace(form.items[1001], title="お客様の氏名")
    house.checking.check.forms[EAST] = replace(form, items={**form.items, 1001: question})
    for submission_id in (first, second):
        await recheck(house, submission_id)
        await house.check()

    assert (await house.shown(first))["status"] == "order"
    assert (await house.shown(second))["effect"] == "superseded"
    assert len(await house.announced()) == 1


async def recheck(house: House, submission_id: object) -> httpx.Response:
    """Give a submission back to the check, as an operator."""
    return await house.http.post(
        f"/ops/submissions/{submission_id}/recheck", headers={"Authorization": "Bearer token-of-ops"}
    )


async def test_an_order_is_never_checked_again(house: House) -> None:
    submission_id = await house.taken(document())

    assert (await recheck(house, submission_id)).status_code == 409
    assert (await recheck(house, UUID(int=1))).status_code == 404
    assert await house.pending() == 0


async def test_a_time_in_the_future_is_a_case_for_a_person(house: House) -> None:
    ahead = (NOW + timedelta(days=2)).isoformat().replace("+00:00", "Z")

    shown = await house.shown(await house.taken(document(submitted_at=ahead)))

    assert (shown["status"], shown["reason"]) == ("triage", "submitted_in_the_future")


async def test_everything_in_triage_is_given_back_at_once(house: House) -> None:
    strange = [document(f"r-{number}") for number in range(3)]
    for each in strange:
        each["answers"][0]["title"] = "お客様の氏名"
        await house.taken(each)
    ordered = await house.taken(document("r-9"))
    authorized = {"Authorization": "Bearer token-of-ops"}

    nothing = await house.http.post("/ops/submissions/recheck?status=stuck", headers=authorized)
    everything = await house.http.post("/ops/submissions/recheck?status=triage", headers=authorized)

    assert (nothing.json(), everything.json()) == ({"reopened": 0}, {"reopened": 3})
    assert await house.pending() == 3
    assert (await house.shown(ordered))["status"] == "order"
    for query in ("", "?status=order"):
        refused = await house.http.post(f"/ops/submissions/recheck{query}", headers=authorized)
        assert refused.status_code == 400
    assert (await house.http.post("/ops/submissions/recheck?status=triage")).status_code == 401
