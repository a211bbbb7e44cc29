"""Following the inspectors' feed (`chassis.follower`): what they decide reaches the flags and the money.

It runs in the process of the runner, beside the rules (`runs/runner.py`), as the second task of that process.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import follower
from chassis.feed import Envelope
from services.funds_api.access import FOLLOWER
from services.funds_api.effects import apply
from services.funds_api.outcomes.followed import FlagUnknown
from services.funds_api.tables import FollowerCursorRow

FEED_PATH: Final = "/audit/v1/events"


class AuditFollower(follower.Follower):
    """Follows the feed of audit_api; what its events do here stands in `effects.py`."""

    issuer = FOLLOWER
    audience = "audit"
    feed_path = FEED_PATH
    rows = FollowerCursorRow
    told: ClassVar[tuple[type[Exception], ...]] = (FlagUnknown,)

    async def effect(self, tx: AsyncSession, envelope: Envelope) -> None:
        await apply(tx, envelope)
