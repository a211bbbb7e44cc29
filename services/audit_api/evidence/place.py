"""Which place a setting names: `file:///folder`, or `s3://bucket/prefix` of a store that is told beside it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.audit_api.evidence.bucket import Access, Bucket
from services.audit_api.evidence.folder import Folder
from services.audit_api.evidence.shelf import Place
from services.audit_api.settings import EvidenceSettings


def place_of(settings: EvidenceSettings) -> Place:
    """The place; settings have made sure that a bucket has its access."""
    if settings.evidence_url.startswith("file:"):
        return Folder(Path(unquote(urlsplit(settings.evidence_url).path)))
    access = Access(
        endpoint=settings.evidence_endpoint,
        region=settings.evidence_region,
        access_key=settings.evidence_access_key.get_secret_value(),
        secret_key=settings.evidence_secret_key.get_secret_value(),
    )
    return Bucket(settings.evidence_url, access)
