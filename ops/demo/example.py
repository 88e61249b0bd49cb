"""One example submission of today, for a newcomer who wants to send something to a running system."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from kernel.times import local_date
from ops.demo.forms import make_batch
from ops.demo.signing import headers
from ops.runtime.trouble import Trouble

WEBHOOK: str = "/webhooks/google-forms"


class NoSubmission(Trouble):
    """The file holds no submission as the form's script sends it; the text says what is missing."""


def make_example(now: datetime, *, seed: int | None = None) -> bytes:
    """Return the body of a form response that is clean today; now: business time."""
    number = Random().randrange(2**32) if seed is None else seed
    first_day = local_date(now) - timedelta(days=1)
    (post,) = make_batch(number, 1, first_day=first_day, days=1).posts
    return post.body


def webhook_id(body: bytes) -> tuple[str, str]:
    """Return form and webhook id of a submission.  :raises NoSubmission: the body is none."""
    try:
        document: dict[str, Any] = json.loads(body)
        form = str(document["form_id"])
        return form, f"{form}:{document['response_id']}:{document['submitted_at']}"
    except (ValueError, KeyError, TypeError) as error:
        raise NoSubmission(f"form_id, response_id and submitted_at are needed ({error})") from None


def signed_headers(secrets: Mapping[str, list[str]], body: bytes, *, at: datetime) -> dict[str, str]:
    """Return the headers of the submission, signed for the wall time `at`; the signature holds for five minutes.

    :raises NoSubmission: the body is none, or no secret of its form is known.
    """
    form, name = webhook_id(body)
    if form not in secrets:
        raise NoSubmission(f"no secret is known for the form {form}; known: {', '.join(sorted(secrets))}")
    return headers(secrets[form][0], name, body, at=at)


def curl(url: str, signed: Mapping[str, str], path: Path) -> str:
    """Return a command line that posts the file."""
    lines = [f"curl -i {url}{WEBHOOK}", *(f"  -H '{name}: {value}'" for name, value in signed.items())]
    return " \\\n".join([*lines, f"  --data-binary @{path}"])
