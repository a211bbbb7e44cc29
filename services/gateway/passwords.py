"""Passwords and client secrets: hashing and checking, in threads and few at a time. Keeps none of them.

A password is argon2id with OWASP's 46 MiB profile (Password Storage Cheat Sheet: m=47104, t=1, p=1; two passes here).
A client's secret is 256 random bits, which no dictionary holds, so SHA-256 is enough and costs no memory.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE: Final = 2
MAY_WAIT: Final = 64
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)


class TooManySignIns(Exception):
    """More people are signing in at this moment than hashes can be worked out; nothing was counted against anybody."""

    def __str__(self) -> str:
        return "当前登录人数过多"


def _normal(password: str) -> str:
    """One spelling per password, whatever keyboard it was typed on (NIST SP 800-63B §5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """The hashing work of one process: at most two at a time (46 MiB each); beyond a queue of 64 it refuses."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(AT_ONCE)
        # What an unknown name is checked against, so that it costs the same as a known one.
        self._nobody = _HASHER.hash(secrets.token_urlsafe(24))

    async def hash(self, password: str) -> str:
        """The argon2id hash to keep for `password`."""
        return await to_thread.run_sync(_HASHER.hash, _normal(password), limiter=self._limiter)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one kept; with nothing kept it works as long and says no."""
        if self._limiter.statistics().tasks_waiting >= MAY_WAIT:
            raise TooManySignIns
        right = await to_thread.run_sync(_check, kept or self._nobody, _normal(password), limiter=self._limiter)
        return right and kept is not None


def _check(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """A client's secret: 256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def secret_digest(secret: str) -> bytes:
    """What is kept of a client's secret."""
    return hashlib.sha256(secret.encode()).digest()


def secret_matches(kept: bytes | None, secret: str) -> bool:
    """Whether `secret` is the one kept; an unknown client costs the same."""
    right = hmac.compare_digest(kept or secret_digest(""), secret_digest(secret))
    return right and kept is not None
