"""The settings of intake, from the environment: KAITSU_INTAKE_…."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from chassis.webhook_signature import key_of


def _signing(secret: SecretStr) -> SecretStr:
    key_of(secret.get_secret_value())
    return secret


class Settings(ServiceSettings):
    """What intake needs besides what every service needs."""

    model_config = SettingsConfigDict(
        env_prefix="KAITSU_INTAKE_", frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    form_secrets: dict[
        str, Annotated[list[Annotated[SecretStr, AfterValidator(_signing)]], Field(min_length=1)]
    ] = Field(
        min_length=1,
        description="JSON: form key to its signing secrets (`whsec_` and base64 of 24-64 bytes), newest first; "
        "all of them are valid, so a new one is added before the form uses it and the old one removed after.",
    )
    service_tokens: dict[str, Annotated[SecretStr, Field(min_length=16)]] = Field(
        description="JSON: caller to its token for POST /contacts/resolve."
    )
