"""Every environment variable funds_api and its runner read (prefix FUNDS_), typed, read once per process."""

from __future__ import annotations

import base64
import json
from pathlib import Path

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


class RunnerSettings(BaseSettings):
    """What the runner of the rules reads."""

    model_config = SettingsConfigDict(env_prefix="FUNDS_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="postgresql:// URL of role funds_app")
    run_regions: str = Field(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})(,([0-9]{2}|[0-9]{4}|[0-9]{6}))*$",
        description="regions whose counties the rules are asked about, separated by commas: 42,51",
    )
    audit_feed_url: str = Field(description="where audit_api listens, such as http://127.0.0.1:8002")
    runner_key: SecretStr = Field(description="private key (JWK) of the runner's own tokens")
    run_daily: bool = Field(default=True, description="ask every rule about every county each day")
    poll_ms: int = Field(default=500, ge=10, le=60_000, description="pause after a round that found nothing to do")
    heartbeat: Path | None = Field(default=None, description="touched after each rule and round, for a health check")
    log_level: str = "INFO"

    @property
    def regions(self) -> list[str]:
        return self.run_regions.split(",")

    @property
    def key(self) -> dict[str, str]:
        read: dict[str, str] = json.loads(self.runner_key.get_secret_value())
        return read
