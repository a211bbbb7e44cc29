"""The base of every row of this schema."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from chassis.rows import NAMES, TYPES, RegionText

__all__ = ["RegionText", "Row"]


class Row(DeclarativeBase):
    metadata = MetaData(schema="funds", naming_convention=NAMES)
    type_annotation_map = TYPES
