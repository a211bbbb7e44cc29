"""Every environment variable funds_api reads (prefix FUNDS_), typed, read once."""

from __future__ import annotations

import base64

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """No secret has a default: a service without its keys does not start."""

    model_config = SettingsConfigDict(env_prefix="FUNDS_", frozen=True)

    database_url: SecretStr = Field(description="postgresql:// URL of role funds_app")
    internal_jwks: str = Field(description="public keys of the gateway and the follower, as a JSON key set")
    kek: SecretStr = Field(description="key-encrypting key, 32 bytes in base64; lives outside the database")
    log_level: str = "INFO"

    @property
    def kek_bytes(self) -> bytes:
        return base64.b64decode(self.kek.get_secret_value())
