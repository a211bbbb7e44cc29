"""Events of funds_api about comparison lists: which list came from whom, and who was given the key to make one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class ComparisonListRecorded(Fact):
    """A version of a list is in force from here on; who stands on it is told by counts alone."""

    county_code: str
    version_id: UUID
    kind: str
    version_no: int
    list_on: date
    source: str
    document: str
    rows_n: int
    hits_n: int
    uncompared_n: int
    file_sha256: str


class ExchangeKeyHandedOut(Fact):
    """A department was given the county's exchange key; the mark tells which key, and nothing about it."""

    county_code: str
    department: str
    handed_by: str
    key_mark: str
