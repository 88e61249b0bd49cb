"""The door for forms: believe the signature on the raw bytes first, read them then, keep them, and answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis import metrics, webhook_signature
from chassis.clock import Clock, utc_now
from chassis.db import Connection
from chassis.errors import describe
from chassis.http import FieldError, Problem
from chassis.logs import get_logger
from chassis.webhook_signature import BadSignature
from kernel.ids import form_order_id, inbound_id
from services.intake import arrivals, handlers
from services.intake.arrivals import Arrived, Refusal
from services.intake.bodies import Unreadable, read_body
from services.intake.domain.forms import Form
from services.intake.google_forms import BadBody, Fault, Post, read_post
from services.intake.handlers import Delivery

MOST_BYTES: Final = 256 * 1024
KEPT_REFUSALS: Final = 10_000
TRIM_EVERY: Final = 100
SOURCE: Final = "google-forms"
POSTS: Final = Counter(
    "kaitsu_intake_posts", "Posts of forms by what became of them", ["outcome"], registry=metrics.REGISTRY
)
_TITLES: Final[Mapping[str, str]] = {
    "too_large": "The body is larger than 256 KiB",
    "too_slow": "The body did not come in time",
    "cut": "The body did not come whole",
    "signature_missing": "webhook-id, webhook-timestamp and webhook-signature are needed",
    "signature_malformed": "The signature headers cannot be read",
    "signature_stale": "The timestamp is more than 300 seconds away",
    "signature_wrong": "The signature is not that of the form's secret",
    "not_json": "The body is not JSON",
    "wrong_shape": "The body is not a form's submission",
    "webhook_id_differs": "The webhook-id is not that of the body",
    "unknown_form": "This form is not known here",
    "other_body": "Another body was sent under this webhook-id before",
}
log = get_logger(__name__)


@dataclass(frozen=True)
class Webhooks:
    """POST /webhooks/google-forms. keys: signing keys by form; received: called after a new submission was kept."""

    transaction: Callable[[], AbstractAsyncContextManager[Connection]]
    clock: Clock
    forms: Mapping[str, Form]
    keys: Mapping[str, Sequence[bytes]]
    received: Callable[[], None]

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [Route("/webhooks/google-forms", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """Answer 202 after the submission is kept, and the same again to every repeat.

        :raises Problem: 413, 408, 401, 400, 404 or 422, each with its rule; see _TITLES.
        """
        try:
            body = await read_body(request, most=MOST_BYTES)
        except Unreadable as error:
            raise await self._refused(error.status, error.rule, error.read) from None
        webhook_id = await self._believe(request, body)
        post = await self._read(webhook_id, body)
        if post.form not in self.forms:
            raise await self._unknown_form(webhook_id, post, body)
        return await self._keep(post, body)

    async def _believe(self, request: Request, body: bytes) -> str:
        ids = request.headers.getlist("webhook-id")
        form = ids[0].partition(":")[0] if ids else ""
        known = form in self.forms or form in self.keys
        # A form that nobody told us of may be signed with any secret of ours: then it is kept for a person.
        keys = self.keys.get(form, ()) if known else [key for keys in self.keys.values() for key in keys]
        try:
            return webhook_signature.verify(
                keys,
                ids=ids,
                timestamps=request.headers.getlist("webhook-timestamp"),
                signatures=request.headers.getlist("webhook-signature"),
                body=body,
                now=utc_now(),
            )
        except BadSignature as error:
            raise await self._refused(401, f"signature_{error.rule}", body) from None

    async def _read(self, webhook_id: str, body: bytes) -> Post:
        try:
            post = read_post(body)
        except BadBody as error:
            raise await self._refused(400, error.rule, body, webhook_id, error.faults) from None
        if post.webhook_id != webhook_id:
            faults = [Fault(f"/{name}", "differs") for name in _differing(post, webhook_id)]
            raise await self._refused(400, "webhook_id_differs", body, webhook_id, faults)
        return post

    async def _unknown_form(self, webhook_id: str, post: Post, body: bytes) -> Problem:
        async with self.transaction() as conn:
            await arrivals.quarantine(
                conn,
                form=post.form,
                webhook_id=webhook_id,
                body=body,
                body_sha256=_sha256(body),
                wall=utc_now(),
                now=self.clock.now(),
            )
        log.warning("form_unknown", form=post.form)
        return await self._refused(404, "unknown_form", body, webhook_id, [Fault("/form_id", "unknown")])

    async def _keep(self, post: Post, body: bytes) -> Response:
        submission_id = inbound_id(SOURCE, post.webhook_id)
        arrived = Arrived(
            submission_id=submission_id,
            webhook_id=post.webhook_id,
            form=post.form,
            response_id=post.response_id,
            order_id=form_order_id(post.form, post.response_id),
            submitted_at=post.submitted_at,
            edited=post.edited,
            body=body,
            body_sha256=_sha256(body),
            received_wall=utc_now(),
            answer_status=HTTPStatus.ACCEPTED,
            answer_body=json.dumps({"submission_id": str(submission_id), "status": "accepted"}),
        )
        async with self.transaction() as conn:
            delivery, answer = await handlers.receive(arrived, conn=conn, now=self.clock.now())
        if delivery is Delivery.OTHER_BODY:
            log.error("submission_contradicted", submission_id=str(submission_id))
            raise await self._refused(422, "other_body", body, post.webhook_id, [Fault("", "differs")])
        POSTS.labels(delivery.value).inc()
        log.info("submission_received", submission_id=str(submission_id), delivery=delivery.value)
        if delivery is Delivery.FIRST:
            self.received()
        return Response(answer.body, answer.status, media_type="application/json")

    async def _refused(
        self,
        status: int,
        rule: str,
        body: bytes,
        webhook_id: str | None = None,
        faults: Sequence[Fault] = (),
    ) -> Problem:
        """Write the refusal down, as far as that is possible, and return the answer."""
        POSTS.labels(rule).inc()
        log.warning("post_refused", rule=rule, status=status, size=len(body))
        refusal = Refusal(status, rule, len(body), _sha256(body), utc_now(), webhook_id)
        try:
            async with self.transaction() as conn:
                number = await arrivals.note_refusal(conn, refusal)
                if number % TRIM_EVERY == 0:
                    for believed in (False, True):
                        await arrivals.trim_refusals(conn, believed=believed, keep=KEPT_REFUSALS)
        except Exception as error:  # it stays refused, whatever happens to the note
            log.warning("refusal_unrecorded", **describe(error))
        errors = [FieldError(each.pointer, each.rule, "") for each in faults]
        return Problem(status, rule, _TITLES[rule], errors=errors)


def _differing(post: Post, webhook_id: str) -> list[str]:
    given = [*webhook_id.split(":", 2), "", ""][:3]
    said = post.webhook_id.split(":", 2)
    names = ("form_id", "response_id", "submitted_at")
    return [name for name, one, other in zip(names, given, said, strict=True) if one != other]


def _sha256(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
