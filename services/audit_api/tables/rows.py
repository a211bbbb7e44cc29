"""The base of every row of this schema."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from chassis.rows import NAMES, TYPES, RegionText

__all__ = ["DECIDED_WHOLE", "HAS_ITS_VERSION", "RegionText", "Row"]

# Of what one person draws up and another decides; what was recorded before there were two has no version.
DECIDED_WHOLE = (
    "version_hash IS NULL OR num_nonnulls(decision, opinion, decided_on, checked_by, decided_position) IN (0, 5)"
)
HAS_ITS_VERSION = "version_hash IS NOT NULL OR decided_position IS NOT DISTINCT FROM position"


class Row(DeclarativeBase):
    metadata = MetaData(schema="audit", naming_convention=NAMES)
    type_annotation_map = TYPES
