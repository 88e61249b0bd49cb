"""Sends form submissions as the form's script does: signed, and again while nobody took them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import httpx

from chassis.clock import monotonic, utc_now
from ops.demo.evidence import Answer
from ops.demo.forms import Post
from ops.demo.signing import headers

_STALE: Final = timedelta(minutes=10)
_FORGER: Final = "whsec_" + "Zm9yZ2VkLXNlY3JldC1vZi1ub2JvZHktYXQtYWxs"
_IN_FLIGHT: Final = 409
_BROKEN: Final = 500
_PAUSE_S: Final = 0.1


class Poster:
    """Posts to intake's webhook. secrets: the newest signing secret of each form."""

    def __init__(
        self, http: httpx.AsyncClient, url: str, secrets: Mapping[str, str], *, limit_s: float = 30
    ) -> None:
        self._http, self._url, self._secrets, self._limit_s = http, url, secrets, limit_s

    async def post_all(self, posts: Sequence[Post]) -> list[Answer]:
        """Return the answers; posts of one burst are sent at the same moment, all others one after the other."""
        answers: list[Answer] = []
        bursts: dict[str, list[Post]] = {}
        for post in posts:
            if post.burst:
                bursts.setdefault(post.burst, []).append(post)
            else:
                answers.append(await self.post(post))
        for burst in bursts.values():
            answers += await asyncio.gather(*(self.post(post) for post in burst))
        return answers

    async def post(self, post: Post) -> Answer:
        """Return the last answer; 0 as its status when nobody answered within the limit."""
        until = monotonic() + self._limit_s
        tries, status, submission_id = 0, 0, None
        while True:
            tries += 1
            try:
                response = await self._http.post(
                    f"{self._url}/webhooks/google-forms",
                    content=_body(post),
                    headers=self._headers(post),
                    timeout=10,
                )
                status = response.status_code
                if response.is_success:
                    submission_id = response.json()["submission_id"]
            except httpx.HTTPError:
                status = 0
            if (status and status != _IN_FLIGHT and status < _BROKEN) or monotonic() > until:
                return Answer(post, status, submission_id, tries)
            await asyncio.sleep(_PAUSE_S)

    def _headers(self, post: Post) -> dict[str, str]:
        at = utc_now() - (_STALE if post.signature == "stale" else timedelta())
        secret = _FORGER if post.signature == "forged" else self._secrets[post.form_id]
        return headers(secret, post.webhook_id, post.body, at=at)


def _body(post: Post) -> bytes:
    """Return the bytes that are sent: of a tampered post they are not those that were signed."""
    return post.body.replace(b"IP", b"ip", 1) if post.signature == "tampered" else post.body
