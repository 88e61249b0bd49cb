"""From the kept post to its outcome: orders, defects, edits, triage; what the bus is told, under which ids."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from contracts.orders import OrderAmendedV1, OrderDefectFoundV1, OrderSubmittedV1
from kernel.ids import check_order_no, derived_id, form_order_id, format_order_no
from tests.integration.intake.house import LATER, LATEST, NOW, House, edit
from tests.support.webhooks import EAST, WEST, document

ORDER = form_order_id(EAST, "r-1")


async def test_a_clean_submission_becomes_an_order_with_a_number(house: House) -> None:
    submission_id = UUID(await house.taken(document(wished_on="2026-05-12")))

    (told,) = await house.announced()
    assert told["type"] == "order.submitted.v1"
    assert told["topic"] == "kaitsu.orders"
    assert told["event_id"] == derived_id(submission_id, "order.submitted.v1", str(ORDER), "")
    assert (told["subject"], told["sequence"]) == (str(ORDER), 1)
    assert (told["correlation_id"], told["causation_id"]) == (submission_id, submission_id)
    assert (told["occurred_at"], told["recorded_at"]) == (NOW, NOW)
    assert OrderSubmittedV1.model_validate(told["body"]) == OrderSubmittedV1(
        order_id=ORDER,
        order_no=format_order_no(2026, 4, 1),
        submission_id=submission_id,
        form=EAST,
        area="east",
        plan="ip8",
        building_kind="detached",
        applied_on=date(2026, 4, 20),
        wished_on=date(2026, 5, 12),
        sales_office="TK1042",
        confirmed=("fees", "management", "installation", "mdf", "other_services", "visit"),
    )
    shown = await house.shown(str(submission_id))
    assert (shown["status"], shown["order_id"], shown["version"]) == ("order", str(ORDER), 1)
    assert check_order_no(shown["order_no"]) == told["body"]["order_no"]


async def test_it_occurred_when_it_came_and_not_when_it_was_judged(house: House) -> None:
    await house.post(document())
    judged_at = house.later(hours=3)
    await house.check()

    (told,) = await house.announced()
    assert (told["occurred_at"], told["recorded_at"]) == (NOW, judged_at)


async def test_all_defects_are_named_at_once_and_none_of_their_values(house: House) -> None:
    submission_id = await house.taken(
        document(phone="090-0000", email="x", plan="IP32", confirm_mdf="未確認", customer_name="")
    )

    (told,) = await house.announced()
    event = OrderDefectFoundV1.model_validate(told["body"])
    assert [(each.field, each.rule, each.answered_by) for each in event.defects] == [
        ("customer_name", "required", "sales"),
        ("phone", "not_a_phone_number", "sales"),
        ("email", "not_an_email", "sales"),
        ("plan", "unknown_choice", "desk"),
        ("confirm_mdf", "not_confirmed", "sales"),
    ]
    assert event.order_no is None
    shown = await house.shown(submission_id)
    assert (shown["status"], shown["order_no"], shown["version"]) == ("defect", None, None)
    assert [each["field"] for each in shown["defects"]] == [each.field for each in event.defects]
    assert await house.value("SELECT count(*) FROM order_counters") == 0


async def test_an_edit_that_mends_the_defects_becomes_the_order(house: House) -> None:
    first = UUID(await house.taken(document(phone="1")))
    house.later(days=1)
    second = UUID(await house.taken(edit()))

    told = await house.announced()
    assert [(each["type"], each["sequence"]) for each in told] == [
        ("order.defect_found.v1", 1),
        ("order.submitted.v1", 2),
    ]
    assert {each["correlation_id"] for each in told} == {first}, "one id from the first form to the payment"
    assert told[1]["causation_id"] == second
    assert (await house.shown(str(second)))["status"] == "order"
    assert (await house.shown(str(first)))["order_no"] == told[1]["body"]["order_no"]


async def test_an_edit_of_an_order_is_a_version_with_the_names_of_what_changed(house: House) -> None:
    first = UUID(await house.taken(document()))
    house.later(days=2)
    second = UUID(
        await house.taken(edit(plan="IP16", phone="080-0000-0002", remarks="午前中", building="第一ビル"))
    )
    third = UUID(await house.taken(edit(LATEST, plan="IP16", wished_on="2026-05-12")))

    told = await house.announced("order.amended.v1")
    number = format_order_no(2026, 4, 1)
    assert [OrderAmendedV1.model_validate(each["body"]) for each in told] == [
        OrderAmendedV1(
            order_id=ORDER,
            order_no=number,
            submission_id=second,
            version=2,
            changed=("building", "phone", "plan", "remarks"),
            plan="ip16",
            building_kind="detached",
            wished_on=None,
        ),
        OrderAmendedV1(
            order_id=ORDER,
            order_no=number,
            submission_id=third,
            version=3,
            changed=("building", "phone", "wished_on", "remarks"),
            plan="ip16",
            building_kind="detached",
            wished_on=date(2026, 5, 12),
        ),
    ]
    assert [each["sequence"] for each in told] == [2, 3]
    assert {each["correlation_id"] for each in told} == {first}
    assert await house.value("SELECT ordered_at FROM orders") == NOW
    shown = await house.shown(str(third))
    assert (shown["status"], shown["effect"], shown["version"]) == ("edit", "amended", 3)


async def test_contacts_follow_the_last_clean_version(house: House) -> None:
    await house.taken(document())
    await house.taken(edit(phone="080-0000-0002"))
    await house.taken(edit(LATEST, phone="1", email="new@minato.example"))

    found = (await house.resolve(str(ORDER))).json()["contacts"][str(ORDER)]
    assert found["customer"]["phone"] == "+818000000002"
    assert found["customer"]["email"] == "hanako@minato.example"


async def test_a_defective_edit_is_told_with_the_number_and_changes_nothing(house: House) -> None:
    await house.taken(document())
    await house.taken(edit(plan="IP16", phone="1"))
    last = await house.taken(edit(LATEST, plan="IP16"))

    told = await house.announced()
    assert [each["type"] for each in told] == [
        "order.submitted.v1",
        "order.defect_found.v1",
        "order.amended.v1",
    ]
    assert told[1]["body"]["order_no"] == format_order_no(2026, 4, 1)
    assert (told[2]["body"]["version"], told[2]["body"]["changed"]) == (2, ["plan"])
    assert (await house.shown(last))["version"] == 2


async def test_an_older_submission_that_comes_late_is_kept_without_effect(house: House) -> None:
    await house.taken(edit(LATEST, plan="IP16"))
    late = await house.taken(document(phone="1"))
    between = await house.taken(edit(LATER, plan="IP8"))

    assert [each["type"] for each in await house.announced()] == ["order.submitted.v1"]
    for submission_id in (late, between):
        shown = await house.shown(submission_id)
        assert (shown["status"], shown["effect"], shown["defects"]) == ("edit", "superseded", [])
    assert await house.value("SELECT plan FROM orders") == "ip16"


async def test_an_edit_that_changes_nothing_is_told_to_nobody(house: House) -> None:
    await house.taken(document())
    same = await house.taken(
        edit(customer_kana="ﾐﾅﾄｼｮｳｼﾞ", phone="０９０　００００　０００１", email="hanako@Minato.Example")
    )

    assert len(await house.announced()) == 1
    assert (await house.shown(same))["effect"] == "unchanged"


async def test_a_whole_history_in_one_batch_ends_as_if_judged_one_by_one(house: House) -> None:
    posts = [
        document(phone="1"),
        document("r-2", form=WEST),
        edit(),
        edit(LATEST, plan="IP16"),
        document("r-2", form=WEST, submitted_at=LATER, edited=True, plan="IP16"),
    ]
    for post in posts:
        assert (await house.post(post)).status_code == 202

    assert await house.check() == len(posts)

    told = await house.announced()
    assert [(each["type"], each["sequence"], each["body"].get("order_no")) for each in told] == [
        ("order.defect_found.v1", 1, None),
        ("order.submitted.v1", 1, format_order_no(2026, 4, 1)),
        ("order.submitted.v1", 2, format_order_no(2026, 4, 2)),
        ("order.amended.v1", 3, format_order_no(2026, 4, 2)),
        ("order.amended.v1", 2, format_order_no(2026, 4, 1)),
    ]


async def test_numbers_have_no_gap_and_begin_anew_each_month_of_tokyo(house: House) -> None:
    for number in range(3):
        await house.taken(document(f"r-{number}", phone="1" if number == 1 else "090-0000-0001"))
    house.clock.advance(NOW.replace(day=30, hour=15))  # midnight in Tokyo
    await house.taken(document("r-9"))

    numbers = [each["body"]["order_no"] for each in await house.announced("order.submitted.v1")]
    assert numbers == [format_order_no(2026, 4, 1), format_order_no(2026, 4, 2), format_order_no(2026, 5, 1)]


async def test_every_event_of_intake_is_free_of_people(house: House) -> None:
    await house.taken(document(sales_email="x", remarks="鍵は隣の家"))
    await house.taken(edit(remarks="鍵は隣の家"))
    await house.taken(edit(LATEST, phone="080-0000-0002", contact_person="山田 太郎"))

    for each in await house.announced():
        text = str(each["body"])
        for secret in ("みなと", "ミナト", "佐藤", "山田", "鈴木", "0000", "@", "神田", "鍵"):
            assert secret not in text.replace(str(each["body"].get("order_no")), ""), secret
