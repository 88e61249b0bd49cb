"""Signs a form's submission as the form's script does (Standard Webhooks: HMAC-SHA256 over id, time and body)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of webhook-signature; secret: `whsec_` and base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def headers(secret: str, webhook_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """Return the headers of a signed submission; at: wall time."""
    timestamp = int(at.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, webhook_id, timestamp, body),
    }
