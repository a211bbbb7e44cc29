"""The commitment to what somebody wrote: journals carry the hash of a text, never the text, which may name a person."""

from __future__ import annotations

import hashlib
import secrets


def sealed(*texts: str) -> str:
    """SHA-256 (hex) over `texts` in order, each led by its length, so that no two lists read alike."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def new_salt() -> str:
    """128 random bits in hex: sealed before a short text, nobody finds the text by trying once the salt is gone."""
    return secrets.token_hex(16)
