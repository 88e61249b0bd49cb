"""How a person starts `kaitsu` again: by its name if the shell finds it, else by its path."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def program(executable: str | None = None) -> str:
    """Return `kaitsu` where the shell finds the one of this Python by that name, else its path, short below the folder.

    executable: the Python that runs; the command stands beside it.
    """
    path = Path(executable or sys.executable).absolute().with_name("kaitsu")
    found = shutil.which("kaitsu")
    if not path.exists() or (found and Path(found).absolute() == path):
        return "kaitsu"
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
