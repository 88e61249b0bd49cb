"""Whether a process still runs."""

from __future__ import annotations

import psutil


def lives(pid: int) -> bool:
    """Tell whether the process runs; one that has ended but that nobody has buried yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
