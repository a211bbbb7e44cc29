"""What the rows of every schema have in common: names of constraints, types of columns, the text of a region's code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

NAMES: Final[Mapping[str, str]] = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
RegionText: Final = Text(collation="C")
TYPES: Final = {
    str: Text(),
    int: BigInteger(),
    bool: Boolean(),
    UUID: Uuid(),
    date: Date(),
    datetime: DateTime(timezone=True),
    bytes: LargeBinary(),
    dict[str, Any]: JSONB(),
}
