"""The divisions the demo registers: the country down to the county, Yunxi and named places down to the village."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from demo.files import rows

LISTED_YEAR: Final = 2023
NATION: Final = "00"
PER_REQUEST: Final = 1000  # the most that one request may name

# Where money rests with a province or prefecture itself, its place is the six-digit form of the code (GB/T 2260), which
# the statistical list leaves out. 000000 is the centre.
OWN_LEVEL: Final = {
    "000000": ("中央本级", NATION),
    "410100": ("郑州市本级", "4101"),
    "410700": ("新乡市本级", "4107"),
    "411400": ("商丘市本级", "4114"),
    "430000": ("湖南省本级", "43"),
    "511900": ("巴中市本级", "5119"),
    "620700": ("张掖市本级", "6207"),
}


def _region(code: str, name: str, level: str, parent: str | None) -> dict[str, Any]:
    return {"code": code, "name": name, "level": level, "parent_code": parent}


def divisions() -> list[dict[str, Any]]:
    """Every division of the demo, parents before children."""
    found = [_region(NATION, "全国", "nation", None)]
    found += [_region(row["code"], row["name"], "province", NATION) for row in rows("regions", "provinces.csv")]
    found += [
        _region(row["code"], row["name"], "prefecture", row["provinceCode"]) for row in rows("regions", "cities.csv")
    ]
    found += [_region(code, name, "county", parent) for code, (name, parent) in OWN_LEVEL.items()]
    found += [_region(row["code"], row["name"], "county", row["cityCode"]) for row in rows("regions", "areas.csv")]
    found += [_region(row["code"], row["name"], "township", row["areaCode"]) for row in rows("regions", "streets.csv")]
    found += [
        _region(row["code"], row["name"], "village", row["streetCode"]) for row in rows("regions", "villages.csv")
    ]
    return found


def requests() -> Iterator[dict[str, Any]]:
    """The bodies for POST /funds/v1/regions."""
    every = divisions()
    for start in range(0, len(every), PER_REQUEST):
        yield {"listed_year": LISTED_YEAR, "regions": every[start : start + PER_REQUEST]}


def names() -> dict[str, str]:
    """The name of every division by its code."""
    return {one["code"]: one["name"] for one in divisions()}
