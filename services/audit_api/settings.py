"""Every environment variable audit_api and its follower read (prefix AUDIT_), typed, read once per process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class EvidenceSettings(BaseSettings):
    """Where evidence is kept, for whoever puts it there, takes it out or sweeps."""

    model_config = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, extra="ignore")

    evidence_url: str = Field(
        pattern=r"^(file:///.+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*/?)$",
        description="where evidence is kept: file:///folder (made at start, mode 0700) or s3://bucket/prefix",
    )
    evidence_endpoint: str = Field(
        default="",
        pattern=r"^(https?://[^/@?#]+)?$",
        description="where the S3 store is, such as https://s3.example.cn",
    )
    evidence_region: str = Field(default="", description="region of the S3 store, as it is called there")
    evidence_access_key: SecretStr = Field(default=SecretStr(""), description="access key id of the S3 store")
    evidence_secret_key: SecretStr = Field(default=SecretStr(""), description="secret access key of the S3 store")

    @model_validator(mode="after")
    def _bucket_has_its_access(self) -> Self:
        named = (self.evidence_endpoint, self.evidence_region, self.evidence_access_key, self.evidence_secret_key)
        if self.evidence_url.startswith("s3:") and not all(named):
            msg = "an s3:// evidence URL needs AUDIT_EVIDENCE_ENDPOINT, …_REGION, …_ACCESS_KEY and …_SECRET_KEY"
            raise ValueError(msg)
        return self


class Settings(EvidenceSettings):
    """What the service reads. No secret has a default: a service without its keys does not start."""

    database_url: SecretStr = Field(description="postgresql:// URL of role audit_app")
    internal_jwks: str = Field(description="public keys of the gateway, as a JSON key set")
    funds_url: str = Field(description="where funds_api listens, such as http://127.0.0.1:8001")
    ledger_key: SecretStr = Field(description="private key (JWK) of the tokens with which the ledger is asked")
    witness_keys: str = Field(
        default="",
        description="public keys of the offices that witness the record, separated by spaces: name+id+base64",
    )
    fonts_dir: str = Field(
        default="",
        pattern=r"^(/.+)?$",
        description="folder with the office's own 仿宋, 小标宋 and 黑体 for printed reports; else 宋体 stands for them",
    )
    region_lists: str = Field(
        default="",
        pattern=r"^(/.+)?$",
        description="folder of lists (CSV with the columns code and name) that tell the names of places in reports",
    )
    log_level: str = "INFO"


class SweepSettings(EvidenceSettings):
    """What the sweeper reads."""

    database_url: SecretStr = Field(description="postgresql:// URL of role audit_app")
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
    log_key: SecretStr = Field(
        description="private key that signs checkpoints, PRIVATE+KEY+name+id+base64; while it changes the next one too"
    )
    seal_regions: str = Field(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})(,([0-9]{2}|[0-9]{4}|[0-9]{6}))*$",
        description="regions whose streams are sealed, separated by commas; those of the nation are sealed anyway",
    )
    seal_poll_seconds: float = Field(
        default=0.5, ge=0.01, le=60, description="pause after a round that sealed nothing new"
    )
    seal_memory: Path | None = Field(
        default=None,
        description="file that keeps the last checkpoint signed, outside of the database; without it a sealer that is "
        "started over an older backup seals on",
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
