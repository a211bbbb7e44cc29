"""Where the demo's data lies, and how its CSV files are read. Knows no meaning of a column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT / "data"
BUILD: Final = ROOT / "build" / "demo"


def rows(*path: str) -> list[dict[str, str]]:
    """The rows of a CSV file below `data/`, every cell as text; an empty cell is "" (not published)."""
    with DATA.joinpath(*path).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))
