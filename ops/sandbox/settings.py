"""The settings of the sandbox, from `KAITSU_SANDBOX_<FIELD>`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ops.sandbox.law import DEFAULT_LAW


class SandboxSettings(BaseSettings):
    """It needs a broker, a clock and a law; it has no database."""

    model_config = SettingsConfigDict(
        env_prefix="KAITSU_SANDBOX_", frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    kafka: str = Field(description="Kafka servers, host:port, separated by commas.")
    http_host: str = Field(default="127.0.0.1", description="Address that the HTTP server listens on.")
    http_port: int = Field(ge=0, le=65535, description="Port of the HTTP server.")
    clock: str = Field(default="wall", description="`wall`, or the path of a clock record.")
    ops_token: SecretStr = Field(description="Bearer token of the /ops routes.")
    law: Path = Field(default=DEFAULT_LAW, description="Parameter file: shares and times of the world.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged."
    )
