"""Standard Webhooks signatures: the vectors of the standard, every flipped bit, hostile headers, rotation, time."""

from __future__ import annotations

import base64
import string
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import webhook_signature
from chassis.webhook_signature import BadSecret, BadSignature, key_of, sign, verify

# The example of the standard and of its libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"  # pragma: allowlist secret
STAMP = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="  # pragma: allowlist secret
NOW = datetime.fromtimestamp(STAMP, UTC)
OTHER = "whsec_" + base64.b64encode(bytes(range(32))).decode()
KEYS = [key_of(SECRET)]


def check(
    keys: Sequence[bytes] = KEYS,
    *,
    ids: Sequence[str] = (ID,),
    timestamps: Sequence[str] = (str(STAMP),),
    signatures: Sequence[str] = (SIGNATURE,),
    body: bytes = BODY,
    now: datetime = NOW,
) -> str:
    return verify(keys, ids=ids, timestamps=timestamps, signatures=signatures, body=body, now=now)


def refused(**changes: object) -> str:
    with pytest.raises(BadSignature) as caught:
        check(**changes)  # pyright: ignore[reportArgumentType]
    return caught.value.rule


def test_the_standards_own_example_is_right_both_ways() -> None:
    assert sign(SECRET, ID, STAMP, BODY) == SIGNATURE
    assert check() == ID


def flipped(data: bytes) -> list[bytes]:
    """Return all neighbors of the data that differ in one bit."""
    found: list[bytes] = []
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            found.append(bytes(changed))
    return found


def test_every_flipped_bit_of_id_time_signature_and_body_is_refused() -> None:
    body = BODY + bytes(range(256)) * 2
    signature = sign(SECRET, ID, STAMP, body)
    assert check(signatures=[signature], body=body) == ID
    mutations = 0

    for raw in flipped(ID.encode()):
        refused(ids=[raw.decode("latin-1")], signatures=[signature], body=body)
        mutations += 1
    for raw in flipped(str(STAMP).encode()):
        refused(timestamps=[raw.decode("latin-1")], signatures=[signature], body=body)
        mutations += 1
    for raw in flipped(signature.encode()):
        refused(signatures=[raw.decode("latin-1")], body=body)
        mutations += 1
    for raw in flipped(body):
        assert refused(signatures=[signature], body=raw) == "wrong"
        mutations += 1
    for raw in flipped(key_of(SECRET)):
        assert refused(keys=[raw], signatures=[signature], body=body) == "wrong"
        mutations += 1

    assert mutations >= 5000


def test_bytes_that_are_moved_between_the_parts_are_refused() -> None:
    assert (
        refused(ids=[ID + "." + str(STAMP)], timestamps=["1"], now=datetime.fromtimestamp(1, UTC)) == "wrong"
    )
    assert refused(body=BODY + b"\n") == "wrong"
    assert refused(body=b"") == "wrong"


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("", "malformed"),
        (" ", "malformed"),
        ("v1", "malformed"),
        ("v1,", "malformed"),
        (SIGNATURE[3:], "malformed"),
        (SIGNATURE.replace("v1,", "v1a,"), "malformed"),
        (SIGNATURE.replace("v1,", "v2,"), "malformed"),
        (SIGNATURE.replace("v1,", "V1,"), "malformed"),
        (SIGNATURE.replace("v1,", "v1,,"), "malformed"),
        (SIGNATURE.replace("v1,", "v1;"), "malformed"),
        (SIGNATURE[:-1], "malformed"),
        (SIGNATURE + "=", "malformed"),
        (SIGNATURE + "\n", "malformed"),
        (SIGNATURE.replace("+", "-").replace("/", "_"), "malformed"),
        ("v1,日本語" + SIGNATURE[6:], "malformed"),
        ("v1," + "\ud800" * 43 + "=", "malformed"),
        ("v1," + "A" * 43 + "=", "wrong"),
        (" ".join(["v1," + "A" * 43 + "="] * 8 + [SIGNATURE]), "malformed"),
        ("x" * 5000 + " " + SIGNATURE, "malformed"),
    ],
)
def test_a_hostile_signature_header_is_refused_and_never_an_error(header: str, rule: str) -> None:
    assert refused(signatures=[header]) == rule


@pytest.mark.parametrize(
    "stamp",
    [
        "", " ", "x", "-1", "+1614265330", "1_614_265_330", "1614265330.0", "1e9", " 1614265330", "1614265330\n",
        "１６１４２６５３３０", "١٦١٤٢٦٥٣٣٠", "0x60", "1614265330" + "0" * 400, "\ud800", "nan",
    ],
)  # fmt: skip
def test_a_hostile_timestamp_is_refused_and_never_an_error(stamp: str) -> None:
    assert refused(timestamps=[stamp]) == "malformed"


def test_a_timestamp_of_twelve_digits_is_a_number_and_stale() -> None:
    assert refused(timestamps=["9" * 12]) == "stale"
    assert refused(timestamps=["0"]) == "stale"


@pytest.mark.parametrize("webhook_id", ["", " ", "a b", "a\n", "é", "\ud800", "x" * 513])
def test_a_hostile_id_is_refused_and_never_an_error(webhook_id: str) -> None:
    assert refused(ids=[webhook_id]) == "malformed"


@pytest.mark.parametrize("name", ["ids", "timestamps", "signatures"])
def test_a_header_stands_exactly_once(name: str) -> None:
    values = {"ids": ID, "timestamps": str(STAMP), "signatures": SIGNATURE}

    nothing: tuple[str, ...] = ()
    assert refused(**{name: nothing}) == "missing"
    assert refused(**{name: [values[name], values[name]]}) == "malformed"


@pytest.mark.parametrize(("seconds", "right"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_signature_holds_for_five_minutes_both_ways(seconds: int, right: bool) -> None:
    now = NOW + timedelta(seconds=seconds)

    if right:
        assert check(now=now) == ID
    else:
        assert refused(now=now) == "stale"


def test_any_of_several_secrets_and_any_of_several_signatures_will_do() -> None:
    foreign = sign(OTHER, ID, STAMP, BODY)

    assert check([key_of(OTHER), *KEYS]) == ID
    assert check([*KEYS, key_of(OTHER)], signatures=[foreign]) == ID
    assert check(signatures=[f"v1a,abc {foreign} {SIGNATURE}"]) == ID
    assert refused(signatures=[foreign]) == "wrong"


def test_without_a_secret_nothing_is_believed() -> None:
    empty = (
        "v1,"
        + base64.b64encode(
            __import__("hmac").new(b"", f"{ID}.{STAMP}.".encode() + BODY, "sha256").digest()
        ).decode()
    )

    assert refused(keys=[]) == "wrong"
    assert refused(keys=[b""], signatures=[empty]) == "wrong"


@given(st.text(), st.text(), st.text(), st.binary())
@settings(max_examples=500)
def test_no_input_is_believed_by_chance_and_none_is_an_error(
    webhook_id: str, stamp: str, signature: str, body: bytes
) -> None:
    refused(ids=[webhook_id], timestamps=[stamp], signatures=[signature], body=body)


@given(st.text(alphabet=string.printable), st.lists(st.text(alphabet="v1,=+/ A", max_size=60), max_size=3))
def test_no_header_made_of_likely_letters_is_believed(body: str, signatures: list[str]) -> None:
    refused(signatures=signatures, body=body.encode())


def test_what_goes_wrong_inside_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(webhook_signature, "_mac", broken)

    assert refused() == "malformed"
    assert refused(now=NOW.replace(tzinfo=None), body=None) == "malformed"


def test_every_pair_of_key_and_signature_is_compared_in_constant_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[str, str]] = []
    real = webhook_signature.hmac.compare_digest

    def counting(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(webhook_signature.hmac, "compare_digest", counting)
    check([*KEYS, key_of(OTHER)], signatures=[f"{SIGNATURE} v1,{'A' * 43}="])

    assert len(compared) == 4, "also after the first that fits"


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_!!!!",
        SECRET.removeprefix("whsec_"),
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)
def test_a_secret_has_24_to_64_bytes_and_is_not_repeated_in_its_error(secret: str) -> None:
    with pytest.raises(BadSecret) as caught:
        key_of(secret)

    assert not secret or secret not in str(caught.value).replace("whsec_ and", "")
