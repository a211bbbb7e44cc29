"""The envelope of a journal row on its way to a follower, and a page of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Envelope(BaseModel):
    """One journal row: `position` is dense within `stream`; `hash` (hex) covers the row and all rows before it."""

    model_config = ConfigDict(frozen=True)
    stream: str
    position: int = Field(ge=1)
    id: UUID
    kind: str
    body: dict[str, Any]
    actor: str
    request_id: str
    recorded_at: datetime
    hash: str


class FeedPage(BaseModel):
    """Events of one stream in order, and the stream's head, so that a follower knows how far behind it is."""

    model_config = ConfigDict(frozen=True)
    events: list[Envelope]
    head_position: int


class Streams(BaseModel):
    """The streams a feed has, with their head positions."""

    model_config = ConfigDict(frozen=True)
    streams: dict[str, int]
