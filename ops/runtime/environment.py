"""What each process of the system is told by its environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ops.runtime.databases import ServiceDsns
from ops.runtime.secret import Secrets

HOST: Final = "127.0.0.1"
# Invented; the number's check digit is right (nine times the weights 1 and 2).
ISSUER_NAME: Final = "開通サービス株式会社（試用）"
ISSUER_REGISTRATION: Final = "T9999999999999"
# On one machine a silent consumer is dead sooner than on a network: 6 s, the least that brokers allow by default.
SESSION_MS: Final = "6000"
SENDER: Final = "desk@kaitsu.example"


@dataclass(frozen=True)
class Surroundings:
    """Where everything is; ports: by part; clock: `wall` or the path of a clock record."""

    kafka: str
    ports: Mapping[str, int]
    clock: str
    secrets: Secrets
    law: str | None = None

    def url(self, part: str) -> str:
        """Return the address of a part's HTTP server."""
        return f"http://{HOST}:{self.ports[part]}"

    def of_service(self, name: str, dsns: ServiceDsns) -> dict[str, str]:
        """Return the environment of a service: ours, and over it what the system tells it."""
        told = {
            "DATABASE": dsns.app,
            "MIGRATE_DATABASE": dsns.owner,
            **self._told(name),
            **self._own(name),
        }
        return _environment(f"KAITSU_{name.upper()}_", told)

    def of_sandbox(self) -> dict[str, str]:
        """Return the environment of the sandbox."""
        law = {"LAW": self.law} if self.law else {}
        return _environment("KAITSU_SANDBOX_", {**self._told("sandbox"), **law})

    def _told(self, part: str) -> dict[str, str]:
        return {
            "KAFKA": self.kafka,
            "HTTP_HOST": HOST,
            "HTTP_PORT": str(self.ports[part]),
            "CLOCK": self.clock,
            "OPS_TOKEN": self.secrets.ops_token,
        }

    def _own(self, name: str) -> dict[str, str]:
        contacts = {
            "CONTACTS_URL": self.url("intake"),
            "CONTACTS_TOKEN": self.secrets.service_tokens.get(name, ""),
        }
        match name:
            case "intake":
                return {
                    "FORM_SECRETS": json.dumps(self.secrets.form_secrets),
                    "SERVICE_TOKENS": json.dumps(self.secrets.service_tokens),
                }
            case "billing":
                return {**contacts, "ISSUER_NAME": ISSUER_NAME, "ISSUER_REGISTRATION": ISSUER_REGISTRATION}
            case "notify":
                mail = {"SMTP_HOST": HOST, "SMTP_PORT": str(self.ports["smtp"]), "SMTP_STARTTLS": "false"}
                return {**contacts, **mail, "SENDER": SENDER}
            case _:
                return {}


def _environment(prefix: str, told: Mapping[str, str]) -> dict[str, str]:
    """Return our own environment with what a part is told; other settings that you gave yourself stay."""
    usual = {"MALLOC_ARENA_MAX": "2", f"{prefix}SESSION_MS": SESSION_MS}
    always = {f"{prefix}{name}": value for name, value in told.items()}
    return {**usual, **os.environ, "PYTHONUNBUFFERED": "1", **always}
