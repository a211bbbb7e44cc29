"""Every environment variable audit_api and its follower read (prefix AUDIT_), typed, read once per process."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the service reads. No secret has a default: a service without its keys does not start."""

    model_config = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="postgresql:// URL of role audit_app")
    internal_jwks: str = Field(description="public keys of the gateway, as a JSON key set")
    evidence_dir: Path = Field(description="folder that keeps evidence files; made at start, mode 0700")
    witness_keys: str = Field(
        default="",
        description="public keys of the offices that witness the record, separated by spaces: name+id+base64",
    )
    log_level: str = "INFO"


class FollowerSettings(BaseSettings):
    """What the follower reads."""

    model_config = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="postgresql:// URL of role audit_app")
    feed_url: str = Field(description="where funds_api listens, such as http://127.0.0.1:8001")
    follower_key: SecretStr = Field(description="private key (JWK) of the follower's own tokens")
    follow_regions: str = Field(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})(,([0-9]{2}|[0-9]{4}|[0-9]{6}))*$",
        description="regions whose streams are followed, separated by commas: 42,51",
    )
    poll_seconds: float = Field(default=0.2, ge=0.01, le=60, description="pause after a round that found nothing new")
    log_level: str = "INFO"

    @property
    def regions(self) -> list[str]:
        return self.follow_regions.split(",")

    @property
    def key(self) -> dict[str, str]:
        read: dict[str, str] = json.loads(self.follower_key.get_secret_value())
        return read


class SealerSettings(BaseSettings):
    """What the sealer reads."""

    model_config = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="postgresql:// URL of role audit_app")
    seal_sources: str = Field(
        description="addresses of the journals, as a JSON object: funds, audit and identity (the gateway)"
    )
    sealer_key: SecretStr = Field(description="private key (JWK) of the sealer's own tokens")
    log_key: SecretStr = Field(description="private key that signs checkpoints: PRIVATE+KEY+name+id+base64")
    seal_regions: str = Field(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})(,([0-9]{2}|[0-9]{4}|[0-9]{6}))*$",
        description="regions whose streams are sealed, separated by commas; those of the nation are sealed anyway",
    )
    seal_poll_seconds: float = Field(
        default=0.5, ge=0.01, le=60, description="pause after a round that sealed nothing new"
    )
    log_level: str = "INFO"

    @property
    def regions(self) -> list[str]:
        return self.seal_regions.split(",")

    @property
    def sources(self) -> dict[str, str]:
        read: dict[str, str] = json.loads(self.seal_sources)
        return read

    @property
    def key(self) -> dict[str, str]:
        read: dict[str, str] = json.loads(self.sealer_key.get_secret_value())
        return read
