"""The settings that every service has; a service's subclass adds its own and sets the prefix of the names."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read from the environment: `KAITSU_<SERVICE>_<FIELD>`; the prefix is set by the subclass."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    database: SecretStr = Field(description="DSN of the service's database, as its app role.")
    migrate_database: SecretStr | None = Field(
        default=None, description="DSN of the same database as its owner role; only `migrate` needs it."
    )
    kafka: str = Field(description="Kafka servers, host:port, separated by commas.")
    http_host: str = Field(default="127.0.0.1", description="Address that the HTTP server listens on.")
    http_port: int = Field(ge=0, le=65535, description="Port of the HTTP server; 0 takes any free one.")
    clock: str = Field(default="wall", description="`wall`, or the path of a clock record (demo and tests).")
    ops_token: SecretStr = Field(description="Bearer token of the /ops routes.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged."
    )
    otlp: str | None = Field(
        default=None, description="OTLP/HTTP endpoint for traces; none are kept without."
    )
    poll_ms: int = Field(
        default=50, ge=1, le=5000, description="Longest sleep of a consumer that found nothing, milliseconds."
    )
    session_ms: int = Field(
        default=10_000, ge=1000, description="Silence after which Kafka gives a consumer up, milliseconds."
    )
    grace_s: float = Field(default=15, gt=0, description="Longest orderly stop, seconds.")
    stuck_s: float = Field(
        default=90, gt=0, description="A handler busy for longer makes the service unready, seconds."
    )

    @property
    def kafka_servers(self) -> list[str]:
        """The Kafka servers as a list."""
        return [server.strip() for server in self.kafka.split(",") if server.strip()]

    @property
    def app_role(self) -> str | None:
        """The role that serves, as the database's DSN names it."""
        return urlsplit(self.database.get_secret_value()).username
