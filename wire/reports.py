"""Events of reports: who took what out. The rows themselves are never in the journal, only their file's hash."""

from __future__ import annotations

from datetime import date

from wire.fact import Fact


class ReportTaken(Fact):
    """Somebody took a report as a file; recorded before its first byte left."""

    report: str
    county_code: str
    file_format: str
    parameters: dict[str, str]
    as_of: date
    known_position: int
    rows_n: int
    size_bytes: int
    sha256: str
    reader: str
