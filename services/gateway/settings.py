"""Every environment variable the gateway reads (prefix GATEWAY_), typed, read once."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """No secret has a default: a gateway without its keys does not start."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    database_url: SecretStr = Field(description="postgresql:// URL of role identity_app")
    access_key: SecretStr = Field(description="private JWK that signs access tokens; its public half is published")
    internal_key: SecretStr = Field(description="private JWK that signs internal tokens for the services")
    funds_url: str = Field(description="where funds_api listens, e.g. http://127.0.0.1:8001")
    audit_url: str = Field(description="where audit_api listens")
    sealer_jwks: str = Field(
        default='{"keys": []}',
        description="public key of the sealer, as a JSON key set; without it this journal is not sealed",
    )
    first_people: SecretStr = Field(
        default=SecretStr("[]"),
        description="JSON list of {username, password, name, roles, region, unit}, created once in an empty table",
    )
    log_level: str = "INFO"
