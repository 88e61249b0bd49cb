"""Ports of loopback: free ones, and whether somebody answers."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterable
from typing import Final

PORTS: Final = range(20_000, 32_000)


def free_port(*, avoid: Iterable[int] = ()) -> int:
    """Return a free TCP port of loopback below 32768, where no outgoing connection takes one by chance."""
    taken = set(avoid)
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        if port not in taken and port_is_free(port):
            return port


def port_is_free(port: int) -> bool:
    """Tell whether nobody listens on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Tell whether somebody accepts connections on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
