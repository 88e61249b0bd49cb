"""Edits of a form response: which fields changed from one version of an order to the next."""

from __future__ import annotations

from dataclasses import fields

from services.intake.domain.application import CONFIRMATION, Application


def changed_fields(before: Application, after: Application) -> tuple[str, ...]:
    """Return the names of the form's fields whose normal forms differ, in the form's order; never their values."""
    names = [each.name for each in fields(Application) if each.name != "confirmed"]
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    once, now = set(before.confirmed), set(after.confirmed)
    order = dict.fromkeys((*before.confirmed, *after.confirmed))
    return (*changed, *(CONFIRMATION + name for name in order if name in once ^ now))
