"""A small HTTP server that answers like intake's contacts API, and can be stopped, broken and started again."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

TOKEN = "token-of-billing"
Answer = tuple[int, bytes, dict[str, str]]


def free_port() -> int:
    """Return a port below the ephemeral range that is free now."""
    for port in range(24_100, 32_000):
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port")


class Intake:
    """Listens on loopback; `broken` replaces the answer until it is set to None again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.contacts: dict[str, dict[str, Any]] = {}
        self.asked: list[list[str]] = []
        self.broken: Callable[[], Answer] | None = None
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.port}"

    def know(self, order_id: UUID, order_no: str, name: str) -> None:
        """Add a contact."""
        self.contacts[str(order_id)] = {
            "customer": {
                "name": name,
                "kana": "ミホンショウジ",
                "contact_person": "見本 花子",
                "email": "hanako@example.jp",
                "phone": "+81312345678",
                "postal_code": "100-0001",
                "address": "東京都千代田区千代田1-1 見本ビル3階",
            },
            "sales": {"name": "営業 太郎", "email": "taro@example.jp", "office": "AB0001"},
            "order_no": order_no,
        }

    def start(self) -> None:
        """Listen; on the same port after every stop."""
        intake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer, headers = intake._answer(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("Connection", "close")
                self.end_headers()
                with suppress(ConnectionError):
                    self.wfile.write(answer)
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the word of the base
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if self.broken:
            return self.broken()
        if path != "/contacts/resolve":
            return 404, b"{}", {}
        if {name.lower(): value for name, value in headers.items()}.get("authorization") != f"Bearer {TOKEN}":
            return 401, b"{}", {}
        ids = json.loads(body)["order_ids"]
        if len(ids) > 200:
            return 422, b"{}", {}
        self.asked.append(ids)
        found = {order_id: self.contacts[order_id] for order_id in ids if order_id in self.contacts}
        return 200, json.dumps({"contacts": found}).encode(), {}
