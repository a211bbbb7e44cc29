"""Events about the record itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from wire.fact import Fact


class CheckpointCosigned(Fact):
    """A witness saw the log of this size and signed that it follows what that office had seen before."""

    size: int
    root: str
    witness: str
    signed_at: datetime


class LogKeyAnnounced(Fact):
    """An operator announced the key that is to sign the log next; keys are public ones (C2SP vkey)."""

    key_before: str
    key: str
    because: Literal["routine", "compromised", "lost"]
    announced_by: str
