"""The commitment to what somebody wrote: journals carry the hash of a text, never the text, which may name a person."""

from __future__ import annotations

import hashlib


def sealed(*texts: str) -> str:
    """SHA-256 (hex) over `texts` in order, each led by its length, so that no two lists read alike."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()
