"""The secrets of one installation: made once, kept in a file that only its owner reads."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FORMS: Final = ("fiber-east-2026", "fiber-west-2026")
CALLERS: Final = ("billing", "notify")


@dataclass(frozen=True)
class Secrets:
    """form_secrets: Standard Webhooks secrets by form, newest first; service_tokens: by caller."""

    ops_token: str
    database_password: str
    form_secrets: dict[str, list[str]]
    service_tokens: dict[str, str]


def load_or_make(path: Path) -> Secrets:
    """Return the secrets of the file, made when it is not there."""
    if path.exists():
        return Secrets(**json.loads(path.read_text()))
    made = Secrets(
        ops_token=secrets.token_urlsafe(24),
        database_password=secrets.token_urlsafe(24),
        form_secrets={form: [f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"] for form in FORMS},
        service_tokens={caller: secrets.token_urlsafe(24) for caller in CALLERS},
    )
    write_private(path, asdict(made))
    return made


def write_private(path: Path, content: object) -> None:
    """Replace the JSON file; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    os.replace(draft, path)
