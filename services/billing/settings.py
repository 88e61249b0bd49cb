"""What billing is told from outside, all of it by environment variables with the prefix KAITSU_BILLING_."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from services.billing.domain.numbers import check_registration


class BillingSettings(ServiceSettings):
    """The settings of the billing service."""

    model_config = SettingsConfigDict(env_prefix="KAITSU_BILLING_")

    contacts_url: str = Field(
        pattern=r"^https?://", description="Base address of the service that owns contacts (intake)."
    )
    contacts_token: SecretStr = Field(description="Service token for POST /contacts/resolve.")
    issuer_name: str = Field(
        min_length=1, description="Name of the invoice issuer, as printed on every invoice."
    )
    issuer_registration: Annotated[str, AfterValidator(check_registration)] = Field(
        description="Registration number of the issuer (登録番号): T and 13 digits, check digit included."
    )
