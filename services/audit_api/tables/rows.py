"""The base of every row of this schema."""

from __future__ import annotations

from datetime import date

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped

from chassis.rows import NAMES, TYPES, RegionText

__all__ = ["DECIDED", "DECIDED_WHOLE", "HAS_ITS_VERSION", "RegionText", "Row", "TwoPeople"]

# Of what one person draws up and another decides; what was recorded before there were two has no version.
DECIDED = "num_nonnulls(decision, opinion, decided_on, checked_by, decided_position) IN (0, 5)"
DECIDED_WHOLE = f"version_hash IS NULL OR {DECIDED}"
HAS_ITS_VERSION = "version_hash IS NOT NULL OR decided_position IS NOT DISTINCT FROM position"


class Row(DeclarativeBase):
    metadata = MetaData(schema="audit", naming_convention=NAMES)
    type_annotation_map = TYPES


class TwoPeople:
    """What one person drew up, as the salted hash names it, and what another decided of exactly that."""

    made_by: Mapped[str]
    version_hash: Mapped[str | None]
    salt: Mapped[str | None]
    position: Mapped[int]
    decision: Mapped[str | None]
    opinion: Mapped[str | None]
    decided_on: Mapped[date | None]
    checked_by: Mapped[str | None]
    decided_position: Mapped[int | None]
