"""Who an invoice is made out to: asked of the owner of contacts at that moment, over its internal API."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Final, Protocol
from uuid import UUID

import httpx
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from chassis.logs import get_logger
from services.billing.domain.invoice import Recipient

MOST_IDS: Final = 200
MOST_BYTES: Final = 2_000_000
TIMEOUT_S: Final = 10
# Categories of Unicode: control, surrogate, line and paragraph separator. The wide space of addresses is none of them.
_REFUSED: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})

log = get_logger()


class ContactsUnavailable(ConnectionError):
    """The owner of contacts gave no usable answer; `reason` is a code without personal data. Ask again later."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"contacts cannot be asked: {reason}")
        self.reason = reason


class Contacts(Protocol):
    """Whoever knows the names and addresses of customers."""

    async def recipients(self, orders: Mapping[UUID, str]) -> Mapping[UUID, Recipient]:
        """Return the recipients by order id; an order that is unknown or has an unusable contact is left out.

        orders: order number by order id, at most 200.
        :raises ContactsUnavailable: no usable answer.
        """
        ...


def _one_line(text: str) -> str:
    if any(unicodedata.category(character) in _REFUSED for character in text):
        raise ValueError("control characters and line breaks are refused")
    return text


_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400), AfterValidator(_one_line)]
_FilledLine = Annotated[_Line, Field(min_length=1)]


class _Customer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
    name: _FilledLine
    contact_person: _Line | None = None
    postal_code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{3}-?[0-9]{4}$")]
    address: _FilledLine


class _Contact(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
    customer: _Customer
    order_no: str


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
    contacts: dict[UUID, object]


class IntakeContacts:
    """Intake's `POST /contacts/resolve`. Its answer is checked like any input from outside."""

    def __init__(self, http: httpx.AsyncClient, *, url: str, token: SecretStr) -> None:
        self._http, self._url, self._token = http, url.rstrip("/") + "/contacts/resolve", token

    async def recipients(self, orders: Mapping[UUID, str]) -> Mapping[UUID, Recipient]:
        """Return the recipients by order id, as the Protocol says.

        :raises ContactsUnavailable: no answer in time, another status than 200, oversized, or not of the agreed shape.
        :raises ValueError: more than 200 orders.
        """
        if len(orders) > MOST_IDS:
            raise ValueError(f"at most {MOST_IDS} orders can be asked for at once")
        body = await self._ask(list(orders))
        try:
            answer = _Answer.model_validate_json(body)
        except ValidationError:
            raise ContactsUnavailable("malformed") from None
        found = {
            order_id: _recipient(answer.contacts[order_id], order_no)
            for order_id, order_no in orders.items()
            if order_id in answer.contacts
        }
        usable = {order_id: recipient for order_id, recipient in found.items() if recipient is not None}
        if len(usable) < len(orders):
            log.warning(
                "contacts_missed", asked=len(orders), absent=len(orders) - len(found), usable=len(usable)
            )
        return usable

    async def _ask(self, order_ids: Sequence[UUID]) -> bytes:
        body = bytearray()
        try:
            async with self._http.stream(
                "POST",
                self._url,
                json={"order_ids": [str(order_id) for order_id in order_ids]},
                headers={"Authorization": f"Bearer {self._token.get_secret_value()}"},
                timeout=TIMEOUT_S,
                follow_redirects=False,
            ) as response:
                if response.status_code != HTTPStatus.OK:
                    raise ContactsUnavailable(f"status_{response.status_code}")
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise ContactsUnavailable("oversized")
        except httpx.HTTPError as error:
            raise ContactsUnavailable(type(error).__name__) from None
        return bytes(body)


def _recipient(entry: object, order_no: str) -> Recipient | None:
    try:
        contact = _Contact.model_validate(entry)
    except ValidationError:
        return None
    if contact.order_no != order_no:
        return None
    customer = contact.customer
    return Recipient(customer.name, customer.contact_person or None, customer.postal_code, customer.address)
