"""Standard Webhooks signatures: HMAC-SHA256 over id, time and the raw body; several secrets during a rotation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

TOLERANCE_S: Final = 300
_MOST_SIGNATURES: Final = 8
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_ID: Final = re.compile(r"[\x21-\x7e]{1,256}")
_SECRET_BYTES: Final = range(24, 65)


class BadSecret(ValueError):
    """A secret is not `whsec_` and the base64 of 24 to 64 bytes."""


class Refused(Exception):
    """The request is not from a holder of a secret, or too old; `rule` names what is wrong."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Signed:
    """The headers of a request whose signature fits; secret_name: whose secret it was."""

    webhook_id: str
    timestamp: int
    secret_name: str


def key_of(secret: str) -> bytes:
    """Return the key bytes of a secret.

    :raises BadSecret: wrong prefix, no base64, or not 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret("a secret is whsec_ and base64") from None
    if not secret.startswith("whsec_") or len(key) not in _SECRET_BYTES:
        raise BadSecret("a secret is whsec_ and the base64 of 24 to 64 bytes")
    return key


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature` for one secret."""
    return f"v1,{base64.b64encode(_digest(key_of(secret), webhook_id, timestamp, body)).decode()}"


def verify(
    headers: Mapping[str, str], body: bytes, *, secrets: Iterable[tuple[str, str]], now: datetime
) -> Signed:
    """Return what was signed, when one of the secrets made one of the signatures within 300 s of now (wall time).

    secrets: (name, secret) pairs; all are tried, in constant time, whichever fits.
    :raises Refused: anything else, whatever went wrong.
    """
    try:
        return _verify(headers, body, secrets, now)
    except Refused:
        raise
    except Exception:  # an unauthenticated caller must never see a 500
        raise Refused("bad_signature") from None


def _verify(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[tuple[str, str]], now: datetime
) -> Signed:
    webhook_id = headers.get("webhook-id", "")
    timestamp_text = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (webhook_id and timestamp_text and given):
        raise Refused("signature_missing")
    if not _ID.fullmatch(webhook_id):
        raise Refused("bad_webhook_id")
    if not _TIMESTAMP.fullmatch(timestamp_text):
        raise Refused("bad_timestamp")
    timestamp = int(timestamp_text)
    candidates = [part[3:] for part in given.split(" ")[:_MOST_SIGNATURES] if part.startswith("v1,")]
    found: str | None = None
    for name, secret in secrets:
        expected = base64.b64encode(_digest(key_of(secret), webhook_id, timestamp, body)).decode()
        for candidate in candidates:
            if hmac.compare_digest(expected.encode(), candidate.encode()) and found is None:
                found = name
    if found is None:
        raise Refused("bad_signature")
    if abs(now.timestamp() - timestamp) > TOLERANCE_S:
        raise Refused("stale_timestamp")
    return Signed(webhook_id, timestamp, found)


def _digest(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> bytes:
    return hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
