"""What operators ask billing: invoices explained line by line, contracts, accounts. Recipients are never shown here."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.clock import Clock
from chassis.db import Connection, Pool
from chassis.http import Problem, require_token
from chassis.logs import get_logger
from kernel.ids import BadOrderNo, check_order_no
from services.billing.domain.numbers import BadInvoiceNumber, InvoiceNumber
from services.billing.store import cycles, views

log = get_logger()

_STATES: Final = ("open", "invoiced", "parked")
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])(-01)?")
_MOST: Final = 500
_HEAD_OF_PAGE: Final = (
    "number",
    "account_id",
    "order_no",
    "plan",
    "activated_on",
    "month",
    "late",
    "issued_on",
    "due_on",
    "net_yen",
    "tax_yen",
    "total_yen",
)

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Routes:
    """The /ops routes of billing, all behind the ops token. released: called after parked cycles were released."""

    pool: Pool
    transaction: Callable[[], AbstractAsyncContextManager[Connection]]
    clock: Clock
    ops_token: SecretStr
    released: Callable[[], None]

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/ops/invoices", self._guarded(self.list_invoices), methods=["GET"]),
            Route("/ops/invoices/{number}", self._guarded(self.show_invoice), methods=["GET"]),
            Route("/ops/contracts", self._guarded(self.list_contracts), methods=["GET"]),
            Route("/ops/accounts/{order_no}", self._guarded(self.show_account), methods=["GET"]),
            Route("/ops/accounts/{order_no}/release", self._guarded(self.release), methods=["POST"]),
        ]

    async def list_invoices(self, request: Request) -> Response:
        """Return a page of invoices, and the sums of all invoices that the filter leaves.

        Query: month (YYYY-MM, the billed month), limit (1-500), after (an invoice number).
        """
        month = _month(request)
        limit = _limit(request)
        after_text = request.query_params.get("after")
        after = _invoice_number(after_text, status=HTTPStatus.BAD_REQUEST) if after_text else None
        async with self.pool.acquire() as conn:
            rows = await views.page_of_invoices(conn, month=month, after=after, limit=limit + 1)
            sums = await views.sums_of_invoices(conn, month=month)
        page = rows[:limit]
        return _answer(
            {
                "invoices": [{name: row[name] for name in _HEAD_OF_PAGE} for row in page],
                "next": page[-1]["number"] if len(rows) > limit else None,
                "sums": dict(sums),
            }
        )

    async def show_invoice(self, request: Request) -> Response:
        """Return one invoice with every line explained: clause, version, inputs, rounding, tax and its reason."""
        number = _invoice_number(request.path_params["number"], status=HTTPStatus.NOT_FOUND)
        async with self.pool.acquire() as conn:
            head = await views.invoice(conn, number)
            if head is None:
                raise Problem(HTTPStatus.NOT_FOUND, "unknown_invoice", "There is no such invoice")
            lines = await views.lines(conn, head["invoice_id"])
            taxes = await views.taxes(conn, head["invoice_id"])
        return _answer(
            {
                **dict(head),
                "lines": [{**dict(line), "inputs": json.loads(line["inputs"])} for line in lines],
                "taxes": [dict(tax) for tax in taxes],
            }
        )

    async def list_contracts(self, request: Request) -> Response:
        """Return a page of contracts, each with its cycle and whether it is invoiced.

        Query: state (open, invoiced, parked), limit (1-500), after (an order number).
        """
        limit = _limit(request)
        state = request.query_params.get("state")
        if state is not None and state not in _STATES:
            raise _bad("state", f"one of {', '.join(_STATES)} is expected")
        after = request.query_params.get("after")
        if after is not None:
            after = _order_no(after, status=HTTPStatus.BAD_REQUEST)
        async with self.pool.acquire() as conn:
            rows = await views.page_of_contracts(conn, state=state, after=after, limit=limit + 1)
        page = rows[:limit]
        return _answer(
            {
                "contracts": [_contract(row) for row in page],
                "next": page[-1]["order_no"] if len(rows) > limit else None,
            }
        )

    async def show_account(self, request: Request) -> Response:
        """Return the account of an order: its contract and the state of each of its cycles."""
        order_no = _order_no(request.path_params["order_no"], status=HTTPStatus.NOT_FOUND)
        async with self.pool.acquire() as conn:
            rows = await views.account(conn, order_no)
        if not rows:
            raise _no_account()
        contract = _contract(rows[0])
        head = {name: value for name, value in contract.items() if name not in _CYCLE}
        return _answer({**head, "cycles": [{name: _contract(row)[name] for name in _CYCLE} for row in rows]})

    async def release(self, request: Request) -> Response:
        """Make the parked cycles of an order's account due again, and return how many there were."""
        order_no = _order_no(request.path_params["order_no"], status=HTTPStatus.NOT_FOUND)
        async with self.transaction() as conn:
            if not await views.account(conn, order_no):
                raise _no_account()
            released = await cycles.release(conn, order_no, now=self.clock.now())
        log.info("cycles_released", order_no=order_no, released=released)
        self.released()
        return _answer({"order_no": order_no, "released": released})

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            require_token(request, self.ops_token.get_secret_value())
            return await endpoint(request)

        return guarded


_CYCLE: Final = ("month", "bill_at", "late", "state", "invoiced", "invoice_number", "attempts", "reason")


def _contract(row: Any) -> dict[str, Any]:
    shown = dict(row)
    number = shown.pop("number")
    return {**shown, "invoiced": number is not None, "invoice_number": number}


def _answer(body: dict[str, Any]) -> Response:
    return JSONResponse(json.loads(json.dumps(body, default=_plain)))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def _month(request: Request) -> date | None:
    text = request.query_params.get("month")
    if text is None:
        return None
    match = _MONTH.fullmatch(text)
    if not match or match[1] == "0000":
        raise _bad("month", "YYYY-MM is expected")
    return date(int(match[1]), int(match[2]), 1)


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= _MOST):
        raise _bad("limit", f"a whole number from 1 to {_MOST} is expected")
    return int(text)


def _invoice_number(text: str, *, status: HTTPStatus) -> InvoiceNumber:
    try:
        return InvoiceNumber.parse(text)
    except BadInvoiceNumber as error:
        raise Problem(status, "bad_invoice_number", "This is no invoice number", str(error)) from None


def _order_no(text: str, *, status: HTTPStatus) -> str:
    try:
        return check_order_no(text)
    except BadOrderNo as error:
        raise Problem(status, "bad_order_no", "This is no order number", str(error)) from None


def _bad(name: str, expected: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, f"bad_{name}", f"The query parameter {name} is wrong", expected)


def _no_account() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "unknown_account", "No contract was opened for this order")
