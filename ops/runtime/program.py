"""How a person starts `kaitsu` again: by its name if the shell finds it, else by its path."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def program(argv0: str | None = None) -> str:
    """Return `kaitsu` where the shell finds this very program by that name, else its path, short below the folder."""
    path = Path(argv0 or sys.argv[0])
    if path.name != "kaitsu":
        return "kaitsu"
    found = shutil.which("kaitsu")
    if found and Path(found).resolve() == path.resolve():
        return "kaitsu"
    here = Path.cwd()
    return str(path.absolute().relative_to(here)) if path.absolute().is_relative_to(here) else str(path)
