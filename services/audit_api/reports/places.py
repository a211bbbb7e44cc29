"""Names of places beside their codes, from the lists that the office laid in a folder: read once, at the start.

A list is a CSV file with the columns code and name, as the statistical office publishes them. A code that no list
holds is told as a code: a report is not kept back for a name.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """What places are called."""

    names: Mapping[str, str] = field(default_factory=dict)

    def told(self, code: str) -> str:
        """The name with the code: names repeat among counties, codes do not."""
        name = self.names.get(code)
        return f"{name}（{code}）" if name else code

    def name_or_code(self, code: str) -> str:
        return self.names.get(code, code)


def read(folder: str) -> Places:
    """The names in all lists of a folder; none where no folder is named. A folder without a list is a mistake."""
    if not folder:
        return Places()
    lists = sorted(Path(folder).glob("*.csv"))
    if not lists:
        msg = f"no list of places (*.csv) in {folder}"
        raise FileNotFoundError(msg)
    names: dict[str, str] = {}
    for path in lists:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names.update((row["code"], row["name"]) for row in csv.DictReader(file))
    return Places(names)
