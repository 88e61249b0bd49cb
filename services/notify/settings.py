"""The settings of notify, from the environment: KAITSU_NOTIFY_…."""

from __future__ import annotations

from datetime import time

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What notify needs besides what every service needs."""

    model_config = SettingsConfigDict(
        env_prefix="KAITSU_NOTIFY_", frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    smtp_host: str = Field(description="Host of the mail server.")
    smtp_port: int = Field(ge=1, le=65535, description="Port of the mail server.")
    smtp_starttls: bool = Field(
        default=True, description="Refuse a mail server without STARTTLS; false only on loopback."
    )
    smtp_user: str | None = Field(default=None, description="Name for AUTH; no AUTH without.")
    smtp_password: SecretStr | None = Field(default=None, description="Password for AUTH.")
    smtp_ca_file: str | None = Field(
        default=None, description="Certificates that the mail server's must go back to; else the system's."
    )
    sender: str = Field(description="Address that mails come from; its domain ends every Message-ID.")
    sender_name: str = Field(default="開通デスク", description="Name beside the sender's address.")
    signature: str = Field(
        default="――――――――――\n開通デスク\nご不明な点は、担当営業までお問い合わせください。",
        description="Lines that end every mail: the operator's name and whom to ask.",
    )
    contacts_url: str = Field(
        description="Address of intake, which knows the people; /contacts/resolve is added."
    )
    contacts_token: SecretStr = Field(description="Service token for the contacts API.")
    quiet_from: time = Field(
        default=time(20), description="Begin of the quiet hours, local, included; equal to the end = none."
    )
    quiet_until: time = Field(default=time(8), description="End of the quiet hours, local, not included.")
