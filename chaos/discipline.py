"""Who asks questions: the county's inspectors have the rules asked, decide flags, and put departments' lists in force.

A run is asked for when the one before has ended; it is done by the runner, in its own time. Every list is another one:
of people drawn anew, made by the department's own tool.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from chaos.client import Person
from chaos.county import DECIDED_ON, LISTED_ON, SEEN_ON, County
from chaos.history import Act, Fate
from chaos.workers import new_key
from demo.county import COUNTY
from services.funds_api.comparisons import tool

RUNS: Final = "/funds/v1/rule-runs"
# Days about which the rules are asked: limits of 30, 60, 90 and 180 days lie between them and the days money moved on.
ASKED_ON: Final = ("2017-06-15", "2017-07-20", "2017-08-20", "2017-11-20", SEEN_ON)
# One clock rule, one that needs a list and one that compares rows, for the runs that are short.
FEW: Final = ("I01", "R04", "R12")
LISTED: Final = 25
_PAUSE_SECONDS: Final = 0.1


def run_asked(as_of: str, rules: tuple[str, ...] = ()) -> Act:
    """All rules in force, or some, are to be asked about a day."""
    body = {"as_of": as_of, **({"rules": list(rules)} if rules else {})}
    return Act("ask rules", new_key(), "POST", RUNS, body)


def ended(person: Person, run: str) -> dict[str, Any] | None:
    """The run when it has ended."""
    found = person.read(f"{RUNS}/{run}")
    return found if found["ended_at"] else None


class Discipline:
    """An inspector of the county. Turns cost little: nobody waits here for a run."""

    def __init__(self, person: Person, county: County, dice: random.Random) -> None:
        self._person, self._county, self._dice = person, county, dice
        self._open: str | None = None

    def turn(self) -> None:
        ways: list[Callable[[], None]] = [self._ask, self._decide, self._list]
        self._dice.choices(ways, [6, 3, 1])[0]()
        time.sleep(_PAUSE_SECONDS)

    def _ask(self) -> None:
        """Ask for a run, unless one that this inspector asked for waits; every third run is short."""
        if self._open is not None and ended(self._person, self._open) is None:
            return
        rules = FEW if self._dice.random() < 0.3 else ()  # noqa: PLR2004
        asked = self._person.act(run_asked(self._dice.choice(ASKED_ON), rules))
        self._open = asked.answer["id"] if asked.fate is Fate.DONE and asked.answer is not None else None

    def _decide(self) -> None:
        """Say what became of a flag; of one that was decided already, it may be refused."""
        flags = self._person.read("/funds/v1/flags", as_of=SEEN_ON, limit="100")["items"]
        if not flags:
            return
        body = {
            "outcome": self._dice.choice(["confirmed", "refuted", "reopened"]),
            "reason": "演练",
            "document": f"演练核查{uuid4().hex[:12]}",
            "decided_on": DECIDED_ON,
        }
        path = f"/funds/v1/flags/{self._dice.choice(flags)['id']}/outcome"
        self._person.act(Act("decide", new_key(), "POST", path, body))

    def _list(self) -> None:
        """A list of people who have cars, drawn anew from everybody on the rosters."""
        everybody = [line.household.id_number for lines in self._county.lines.values() for line in lines]
        text = made(self._county.exchange_key, "car", self._dice.sample(everybody, min(LISTED, len(everybody))))
        given = urlencode({"source": "演练车辆管理所", "document": f"演练名单{uuid4().hex[:12]}"})
        path = f"/funds/v1/comparison-lists/car/versions?{given}"
        self._person.act(Act("list", new_key(), "POST", path, file=text.encode()))


def made(key: str, kind: str, numbers: list[str]) -> str:
    """A list of these people as the department's tool makes it from its own file, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="qingliu-list-") as folder:
        source, key_file = Path(folder) / "department.csv", Path(folder) / "key.json"
        source.write_text("\n".join(["身份证号", *numbers]))
        key_file.write_text(key)
        columns = dict.fromkeys(tool.OPTIONS)
        asked = argparse.Namespace(
            file=source, key=key_file, kind=kind, on=date.fromisoformat(LISTED_ON), id="身份证号", unit="元", **columns
        )
        text, _, faults = tool.make(asked)
    if faults or json.loads(key)["county"] != COUNTY:
        msg = f"the list could not be made: {faults}"
        raise ValueError(msg)
    return text
