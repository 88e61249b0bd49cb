"""What provisioning is told from outside, all of it by environment variables with the prefix KAITSU_PROVISIONING_."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class ProvisioningSettings(ServiceSettings):
    """The settings of the provisioning service: those of every service."""

    model_config = SettingsConfigDict(env_prefix="KAITSU_PROVISIONING_")
