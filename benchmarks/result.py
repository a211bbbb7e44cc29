"""What a benchmark found: its figure, the limit measured in the same run, and the bar it has to keep, if it has one.

A figure alone says how busy the machine was; the ratio to a limit measured beside it says something about Qingliu.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from chassis import clock


@dataclass(frozen=True)
class Bar:
    """The most, or the least, that `ours` or the ratio ours ÷ limit may be: seconds are bounded above, rates below."""

    of: Literal["ours", "ratio"]
    at_most: float | None = None
    at_least: float | None = None

    def keeps(self, figure: float) -> bool:
        return (self.at_most is None or figure <= self.at_most) and (self.at_least is None or figure >= self.at_least)

    def document(self) -> dict[str, Any]:
        bounds = {"at_most": self.at_most, "at_least": self.at_least}
        return {"of": self.of, **{name: bound for name, bound in bounds.items() if bound is not None}}


@dataclass(frozen=True)
class Skipped:
    """A benchmark that could not be run here, and what it takes to run it. It keeps no bar and breaks none."""

    name: str
    because: str

    def write(self, folder: Path) -> Path:
        """Say in `folder`/<name>.json that there is no figure."""
        return _kept(folder, self.name, {"name": self.name, "skipped": self.because, "machine": machine()})


@dataclass(frozen=True)
class Result:
    """`ours` and `limit` in `unit`, each over `runs`. `what` and `beside` say in a sentence each what was measured.

    `ceilings` names figures of `details` that have a bar of their own: the most they may be.
    """

    name: str
    ours: float
    limit: float
    unit: str
    runs: int
    what: str
    beside: str
    bar: Bar | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    ceilings: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Ours ÷ limit."""
        return self.ours / self.limit

    @property
    def met(self) -> bool | None:
        """Whether the bar is kept; None without a bar."""
        if self.bar is None:
            return None
        below = all(self.details[name] <= at_most for name, at_most in self.ceilings.items())
        return below and self.bar.keeps(self.ours if self.bar.of == "ours" else self.ratio)

    def document(self) -> dict[str, Any]:
        """The content of build/bench/<name>.json."""
        return {
            "name": self.name,
            "ours": significant(self.ours),
            "limit": significant(self.limit),
            "ratio": significant(self.ratio),
            "unit": self.unit,
            "runs": self.runs,
            "bar": None if self.bar is None else self.bar.document(),
            "ceilings": dict(self.ceilings),
            "met": self.met,
            "what": self.what,
            "beside": self.beside,
            "details": dict(self.details),
            "machine": machine(),
        }

    def write(self, folder: Path) -> Path:
        """Keep the document as `folder`/<name>.json."""
        return _kept(folder, self.name, self.document())


def _kept(folder: Path, name: str, document: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return file


def significant(value: float) -> float:
    """Four significant digits; more would pretend."""
    return float(f"{value:.4g}")


def machine() -> dict[str, Any]:
    """Where and when it ran, and how many processes wanted the processors just then."""
    return {
        "cores": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "date": clock.now().isoformat(timespec="seconds"),
    }


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` of them do not exceed (nearest rank); `values` is not empty."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, p95, p99 and extremes in milliseconds."""
    return {
        "p50_ms": significant(statistics.median(seconds) * 1000),
        "p95_ms": significant(quantile(seconds, 0.95) * 1000),
        "p99_ms": significant(quantile(seconds, 0.99) * 1000),
        "min_ms": significant(min(seconds) * 1000),
        "max_ms": significant(max(seconds) * 1000),
    }
