"""The contacts API and the operators' lists: tokens, limits, pages, and no person where none belongs."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

import pytest

from kernel.ids import KAITSU_NAMESPACE, form_order_id, format_order_no
from tests.integration.intake.house import BILLING, NOW, OPS, House
from tests.support.webhooks import EAST, document

ORDER = str(form_order_id(EAST, "r-1"))
OTHER = str(form_order_id(EAST, "r-2"))
SECRETS = ("みなと", "ミナト", "佐藤", "鈴木", "0000-0001", "00000001", "@", "神田", "101-0001")
PATHS = ("/ops/submissions", f"/ops/submissions/{UUID(int=1)}", "/ops/quarantine", "/ops/audit")


async def test_the_people_of_an_order_are_told_in_normal_form(house: House) -> None:
    await house.taken(
        document(building="第一ビル 101号室", building_kind="集合", phone="０９０ー００００ー０００１")
    )

    answer = await house.resolve(ORDER)

    assert answer.status_code == 200
    assert answer.json() == {
        "contacts": {
            ORDER: {
                "customer": {
                    "name": "株式会社みなと商事",
                    "kana": "ミナトショウジ",
                    "contact_person": "佐藤 花子",
                    "email": "hanako@minato.example",
                    "phone": "+819000000001",
                    "postal_code": "101-0001",
                    "address": "東京都千代田区神田1-2-3 第一ビル 101号室",
                },
                "sales": {"name": "鈴木 一郎", "email": "ichiro@hanbai.example", "office": "TK1042"},
                "order_no": format_order_no(2026, 4, 1),
            }
        },
        "missing": [],
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_of_a_defective_submission_only_what_is_fit_is_told(house: House) -> None:
    """Somebody must be able to write to sales, but never to a broken address."""
    await house.taken(document(email="x\r\nBcc: a@b.example", phone="1", postal_code="", city="千代田区"))

    contact = (await house.resolve(ORDER)).json()["contacts"][ORDER]
    assert contact["order_no"] is None
    assert contact["sales"]["email"] == "ichiro@hanbai.example"
    assert contact["customer"] == {
        "name": "株式会社みなと商事",
        "kana": "ミナトショウジ",
        "contact_person": "佐藤 花子",
        "email": None,
        "phone": None,
        "postal_code": None,
        "address": "東京都千代田区",
    }


async def test_unknown_ids_are_named_and_every_call_leaves_a_line(house: House) -> None:
    await house.taken(document())
    unknown = str(UUID(int=7))

    answer = await house.resolve(ORDER, unknown, unknown, token="token-of-notify-service")

    assert list(answer.json()["contacts"]) == [ORDER]
    assert answer.json()["missing"] == [unknown]
    (line,) = (await house.ops("/ops/audit", kind="contacts")).json()["audit"]
    assert (line["caller"], line["asked"], line["found"]) == ("notify", 2, 1)
    assert line["asked_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert ORDER not in json.dumps(line)


async def test_two_hundred_ids_are_answered_and_one_more_is_refused(house: House) -> None:
    ids = [str(uuid5(KAITSU_NAMESPACE, str(number))) for number in range(201)]

    assert (await house.resolve(*ids[:200])).status_code == 200
    refused = await house.resolve(*ids)

    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:kaitsu:problem:too_many"
    assert await house.value("SELECT count(*) FROM contact_lookups") == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"order_ids": "x"}', b'{"order_ids": ["x"]}', b"\xff"]
)
async def test_a_question_that_cannot_be_read_is_400(house: House, body: bytes) -> None:
    answer = await house.http.post(
        "/contacts/resolve", content=body, headers={"Authorization": f"Bearer {BILLING}"}
    )

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_oversized_question_is_413(house: House) -> None:
    answer = await house.http.post(
        "/contacts/resolve", content=b" " * 70_000, headers={"Authorization": f"Bearer {BILLING}"}
    )

    assert answer.status_code == 413


@pytest.mark.parametrize("token", ["", OPS, "token-of-nobody", BILLING + "x", BILLING[:-1], "é"])
async def test_people_are_told_to_services_with_their_token_only(house: House, token: str) -> None:
    await house.taken(document())

    answer = await house.http.post(
        "/contacts/resolve",
        json={"order_ids": [ORDER]},
        headers=[(b"authorization", f"Bearer {token}".encode())],
    )

    assert answer.status_code == 401
    assert await house.value("SELECT count(*) FROM contact_lookups") == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", ["", BILLING, OPS + "x"])
async def test_lists_need_the_token_of_operators(house: House, path: str, token: str) -> None:
    answer = await house.http.get(path, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


async def test_the_list_is_paged_and_filtered(house: House) -> None:
    for number in range(7):
        await house.post(document(f"r-{number}", phone="1" if number % 2 else "090-0000-0001"))
    await house.check()

    seen: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 3}
    pages = 0
    while True:
        page = (await house.ops("/ops/submissions", **params)).json()
        seen += page["submissions"]
        pages += 1
        if page["next"] is None:
            break
        params["after"] = page["next"]

    assert pages == 3
    assert [row["webhook_id"].split(":")[1] for row in seen] == [f"r-{number}" for number in range(7)]
    defects = (await house.ops("/ops/submissions", status="defect")).json()["submissions"]
    assert [row["webhook_id"].split(":")[1] for row in defects] == ["r-1", "r-3", "r-5"]
    assert set(seen[0]) >= {
        "submission_id", "webhook_id", "status", "deliveries", "order_id", "order_no", "defects",
    }  # fmt: skip
    assert defects[0]["defects"] == [{"field": "phone", "rule": "not_a_phone_number", "answered_by": "sales"}]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"limit": "１０"},
        {"after": "-1"},
        {"after": "9" * 30},
        {"status": "lost"},
    ],
)
async def test_a_wrong_query_is_refused(house: House, params: dict[str, str]) -> None:
    answer = await house.ops("/ops/submissions", **params)

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:kaitsu:problem:bad_query"


async def test_a_submission_that_does_not_exist_is_404(house: House) -> None:
    assert (await house.ops(f"/ops/submissions/{UUID(int=1)}")).status_code == 404
    assert (await house.ops("/ops/submissions/x")).status_code == 404
    assert (await house.ops("/ops/audit", kind="x")).status_code == 400


async def test_no_list_and_no_log_line_names_a_person(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [await house.taken(document()), await house.taken(document("r-2", phone="1", remarks="神田の鍵"))]
    await house.post(document(), body=b'{"x": "\xe3\x81\xbf\xe3\x81\xaa\xe3\x81\xa8')
    strange = document("r-3")
    strange["answers"][0]["title"] = "みなと"
    ids.append(await house.taken(strange))
    await house.post(document(form="unheard-of"))
    await house.resolve(ORDER, OTHER)

    texts = [(await house.ops(path)).text for path in (PATHS[0], *PATHS[2:], "/ops/audit?kind=contacts")]
    texts += [(await house.ops(f"/ops/submissions/{each}")).text for each in ids]
    written = capsys.readouterr()
    for secret in SECRETS:
        for text in (*texts, written.out, written.err):
            assert secret not in text
            assert json.dumps(secret)[1:-1] not in text
    assert "submission_received" in written.out + written.err
