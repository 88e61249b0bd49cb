"""A clean application, the parts of a broken one that can be used, and how two versions differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

Value = str | date | None
CONFIRMATION: Final = "confirm_"


@dataclass(frozen=True)
class Application:
    """What a customer applies for, in normal forms. wished_on, applied_on: local, Asia/Tokyo.

    confirmed: what sales has confirmed before the consult, in the form's order, without the prefix `confirm_`.
    """

    customer_name: str
    customer_kana: str
    customer_class: str
    contact_person: str | None
    postal_code: str
    prefecture: str
    city: str
    building: str | None
    building_kind: str
    phone: str
    email: str
    plan: str
    applied_on: date
    wished_on: date | None
    sales_name: str
    sales_email: str
    sales_office: str
    remarks: str | None
    confirmed: tuple[str, ...]


@dataclass(frozen=True)
class People:
    """Who is behind an application; None = not known, or not usable as it was typed."""

    customer_name: str | None = None
    customer_kana: str | None = None
    contact_person: str | None = None
    postal_code: str | None = None
    prefecture: str | None = None
    city: str | None = None
    building: str | None = None
    phone: str | None = None
    email: str | None = None
    sales_name: str | None = None
    sales_email: str | None = None
    sales_office: str | None = None
    remarks: str | None = None


def people_in(values: Mapping[str, object]) -> People:
    """Return the people of normal forms by field, as far as they are there."""
    names = [each.name for each in fields(People)]
    found = {name: value for name in names if isinstance(value := values.get(name), str)}
    return People(**found)


def people_of(application: Application) -> People:
    """Return the people of an application."""
    return people_in(vars(application))
