"""Standard Webhooks 1.0.0 signatures (v1: HMAC-SHA256 over id, timestamp and raw body), to make and to check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(seconds=300)
_PREFIX: Final = "whsec_"
_ID: Final = re.compile(r"[\x21-\x7e]{1,512}")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v1,([A-Za-z0-9+/]{43}=)")
_MOST_SIGNATURES: Final = 8
_LONGEST_HEADER: Final = 2048


class BadSecret(ValueError):
    """The text is no signing secret; it is not repeated here."""

    def __init__(self) -> None:
        super().__init__("a signing secret is whsec_ and the base64 of 24 to 64 bytes")


class BadSignature(Exception):
    """The request is not believed; `rule` says what is wrong: missing, malformed, stale or wrong."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def key_of(secret: str) -> bytes:
    """Return the key of a secret.  :raises BadSecret: it is none, or shorter or longer than the standard allows."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise BadSecret from None
    if not (secret.startswith(_PREFIX) and 24 <= len(key) <= 64):
        raise BadSecret
    return key


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of webhook-signature. timestamp: seconds since 1970.  :raises BadSecret: it is none."""
    return "v1," + _mac(key_of(secret), f"{webhook_id}.{timestamp}.".encode() + body)


def verify(
    keys: Iterable[bytes],
    *,
    ids: Sequence[str],
    timestamps: Sequence[str],
    signatures: Sequence[str],
    body: bytes,
    now: datetime,
) -> str:
    """Return the webhook id when one of the signatures is right under one of the keys.

    ids, timestamps, signatures: all values of the three headers, each of which must stand once. now: wall time;
    the timestamp may lie 300 s before or after it. Whatever else goes wrong is a refusal too.
    :raises BadSignature: not believed.
    """
    try:
        if any(len(values) != 1 for values in (ids, timestamps, signatures)):
            raise BadSignature("missing" if not (ids and timestamps and signatures) else "malformed")
        _believe_time(ids[0], timestamps[0], now)
        _believe_signature(tuple(keys), f"{ids[0]}.{timestamps[0]}.".encode() + body, signatures[0])
    except BadSignature:
        raise
    except Exception:
        raise BadSignature("malformed") from None
    return ids[0]


def _believe_time(webhook_id: str, timestamp: str, now: datetime) -> None:
    if not (_ID.fullmatch(webhook_id) and _TIMESTAMP.fullmatch(timestamp)):
        raise BadSignature("malformed")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise BadSignature("stale")


def _believe_signature(keys: Sequence[bytes], signed: bytes, header: str) -> None:
    if len(header) > _LONGEST_HEADER:
        raise BadSignature("malformed")
    given = [match[1] for entry in header.split(" ") if (match := _SIGNATURE.fullmatch(entry))]
    if not given or len(given) > _MOST_SIGNATURES:
        raise BadSignature("malformed")
    wanted = [_mac(key, signed) for key in keys if key]
    # a list, not a generator: every pair is compared, in constant time each
    if not any([hmac.compare_digest(each, want) for each in given for want in wanted]):  # noqa: C419
        raise BadSignature("wrong")


def _mac(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
