"""Who the people of an order are: asked of intake at the moment of sending, never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from services.notify.domain.people import Contact

LIMIT: Final = 200
PATH: Final = "/contacts/resolve"


class ContactsUnavailable(Exception):
    """Intake gave no answer that can be used; `reason` is a code without personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Contacts(Protocol):
    """Names and addresses of the people of orders."""

    async def resolve(self, order_ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """Return the contacts that exist, at most 200 at once; an order that is missing has none.

        :raises ContactsUnavailable: ask again later.
        """
        ...


class _Person(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    name: str | None = None
    email: str | None = None


class _Customer(_Person):
    contact_person: str | None = None


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    customer: _Customer = _Customer()
    sales: _Person = _Person()
    order_no: str | None = None


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    contacts: dict[UUID, _Entry]


class HttpContacts:
    """Contacts over HTTP, with a service token."""

    def __init__(
        self, http: httpx.AsyncClient, *, url: str, token: SecretStr, timeout_s: float = 10.0
    ) -> None:
        """Take the address of intake, with or without the path of the call."""
        self._http = http
        self._url = url if url.rstrip("/").endswith(PATH) else url.rstrip("/") + PATH
        self._token = token
        self._timeout_s = timeout_s

    async def resolve(self, order_ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """Return the contacts that exist.

        :raises ContactsUnavailable: no connection, no 200 in time, or an answer that is not the agreed one.
        """
        try:
            response = await self._http.post(
                self._url,
                json={"order_ids": sorted({str(order_id) for order_id in order_ids})},
                headers={"Authorization": f"Bearer {self._token.get_secret_value()}"},
                timeout=self._timeout_s,
            )
        except httpx.HTTPError as error:
            raise ContactsUnavailable(type(error).__name__) from None
        if response.status_code != HTTPStatus.OK:
            raise ContactsUnavailable(f"status {response.status_code}")
        try:
            answer = _Answer.model_validate_json(response.content)
        except ValidationError:
            raise ContactsUnavailable("unexpected answer") from None
        return {order_id: _contact(entry) for order_id, entry in answer.contacts.items()}


def _contact(entry: _Entry) -> Contact:
    return Contact(
        order_no=entry.order_no,
        customer_name=entry.customer.name or "",
        customer_person=entry.customer.contact_person or "",
        customer_email=entry.customer.email or "",
        sales_name=entry.sales.name or "",
        sales_email=entry.sales.email or "",
    )
