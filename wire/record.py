"""Events about the record itself."""

from __future__ import annotations

from datetime import datetime

from wire.fact import Fact


class CheckpointCosigned(Fact):
    """A witness saw the log of this size and signed that it follows what that office had seen before."""

    size: int
    root: str
    witness: str
    signed_at: datetime
