"""The texts of this service: templates and phrases, read from files and checked once at the start."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from services.notify.domain.notices import AUDIENCE
from services.notify.domain.wording import BadTemplate, Phrases, Wording, parse_template

DATA: Final = files(__name__)
_TABLE: Final = TypeAdapter(dict[str, Annotated[str, Field(strict=True, min_length=1)]])


def load_wording(*, signature: str, root: Traversable = DATA) -> Wording:
    """Return the checked wording. signature: lines that end every mail, from the settings.

    :raises BadTemplate: a file is missing, is no letter of ours, or breaks a rule of templates.
    """
    folder = root / "templates"
    expected = {
        f"{letter}.{role}.txt": (letter, role) for letter, (_, roles) in AUDIENCE.items() for role in roles
    }
    strangers = {entry.name for entry in folder.iterdir()} - set(expected)
    if strangers:
        raise BadTemplate(min(strangers), "is no letter of ours")
    templates = {
        (letter, role): parse_template(name, _read(folder / name), letter=letter)
        for name, (letter, role) in expected.items()
    }
    return Wording(templates, load_phrases(signature=signature, root=root))


def load_phrases(*, signature: str, root: Traversable = DATA) -> Phrases:
    """Return the Japanese words for codes.

    :raises BadTemplate: a table is missing, holds something but text, or has no word for `unknown`.
    """
    tables = tomllib.loads(_read(root / "phrases.toml"))
    for name in ("rules", "reasons"):
        if "unknown" not in tables.get(name, {}):
            raise BadTemplate("phrases.toml", f"table {name} needs a word for unknown")
    return Phrases(
        fields=_texts(tables, "fields"),
        rules=_texts(tables, "rules"),
        reasons=_texts(tables, "reasons"),
        signature=signature.strip("\n"),
    )


def _texts(tables: dict[str, Any], name: str) -> dict[str, str]:
    try:
        return _TABLE.validate_python(tables.get(name))
    except ValidationError:
        raise BadTemplate("phrases.toml", f"table {name} is missing or holds something but text") from None


def _read(file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadTemplate(file.name, "is missing") from None
