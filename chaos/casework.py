"""Who follows up: two inspectors take up alerts as findings, quarantine fen of them, release some, keep evidence.

What one draws up the other confirms over the same version. What was ordered about money reaches the books by the feed,
in its own time: nobody waits here for it. The treasury recovers fen for findings, and undoes some of that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from chaos.client import Person
from chaos.county import DECIDED_ON, SEEN_ON
from chaos.history import Act, Fate
from chaos.workers import movement, new_key

FINDINGS: Final = "/audit/v1/findings"
QUARANTINES: Final = "/audit/v1/quarantines"
# Small beside what rests on an account, so that the offices can go on paying.
LARGEST_KEPT_FEN: Final = 50_000
_REMEMBERED: Final = 30
_PAUSE_SECONDS: Final = 0.2


class Casework:
    """Two inspectors of the county, of whom `first` draws up and `second` confirms, and the treasury's clerk."""

    def __init__(self, first: Person, second: Person, finance: Person, dice: random.Random) -> None:
        self._first, self._second, self._finance, self._dice = first, second, finance, dice
        self._findings: list[dict[str, Any]] = []
        self._kept: list[tuple[str, dict[str, Any]]] = []  # quarantines, each with its finding

    def turn(self) -> None:
        ways: list[Callable[[], None]] = [self._take_up, self._keep, self._release, self._recover, self._file]
        self._dice.choices(ways, [4, 3, 2, 3, 2])[0]()
        time.sleep(_PAUSE_SECONDS)

    def _take_up(self) -> None:
        """A finding of one alert about a lot; another one may hold that lot already."""
        found = self._first.read("/audit/v1/alerts", status="new", limit="100")["items"]
        alerts = [one for one in found if one["lot_id"] and one["amount_fen"]]
        if not alerts:
            return
        alert = self._dice.choice(alerts)
        draft = {
            "alert_ids": [alert["id"]],
            "class_code": "F01",
            "title": f"演练问题{uuid4().hex[:12]}",
            "facts": "演练",
            "recorded_facts": [{"what": "演练", "amount_fen": alert["amount_fen"]}],
            "found_on": SEEN_ON,
        }
        drawn = self._first.act(Act("draw up", new_key(), "POST", FINDINGS, draft))
        if drawn.fate is not Fate.DONE or drawn.answer is None:
            return
        made = self._second.act(self._decision("confirm", f"{FINDINGS}/{drawn.answer['id']}/reviews", drawn.answer))
        if made.fate is Fate.DONE and made.answer is not None:
            self._findings = [*self._findings, {**made.answer, "alert": alert}][-_REMEMBERED:]

    def _keep(self) -> None:
        """Some fen of a finding's lot are to stay; one order in five is refused by the other inspector."""
        finding = self._dice.choice(self._findings) if self._findings else None
        if finding is None or not finding["lots"]:
            return self._take_up()
        order = {
            "finding_id": finding["id"],
            "document": f"演练封存{uuid4().hex[:12]}",
            "lots": [
                {
                    "lot_id": finding["lots"][0]["lot_id"],
                    "amount_fen": self._dice.randint(1, min(LARGEST_KEPT_FEN, finding["lots"][0]["bound_fen"])),
                }
            ],
            "reason": "演练",
            "on": DECIDED_ON,
        }
        drawn = self._first.act(Act("quarantine", new_key(), "POST", QUARANTINES, order))
        if drawn.fate is not Fate.DONE or drawn.answer is None:
            return None
        verdict = "refuse" if self._dice.random() < 0.2 else "confirm"  # noqa: PLR2004 - one in five
        path = f"{QUARANTINES}/{drawn.answer['id']}/decision"
        ordered = self._second.act(self._decision("quarantine decided", path, drawn.answer, verdict))
        if ordered.fate is Fate.DONE and verdict == "confirm":
            self._kept = [*self._kept, (drawn.answer["id"], finding)][-_REMEMBERED:]
        return None

    def _release(self) -> None:
        if not self._kept:
            return self._keep()
        path = f"{QUARANTINES}/{self._dice.choice(self._kept)[0]}/release"
        body = {"document": f"演练解封{uuid4().hex[:12]}", "reason": "演练", "on": DECIDED_ON}
        drawn = self._first.act(Act("release", new_key(), "POST", path, body))
        if drawn.fate is Fate.DONE and drawn.answer is not None:
            self._second.act(self._decision("release decided", f"{path}/decision", drawn.answer))
        return None

    def _recover(self) -> None:
        """Some fen go back for a finding, those first that are quarantined for it; two in five are undone."""
        if not self._kept:
            return self._keep()
        _, finding = self._dice.choice(self._kept)
        order = {
            "account_id": finding["alert"]["account_id"],
            "fund_code": finding["alert"]["fund_code"],
            "amount_fen": self._dice.randint(1, LARGEST_KEPT_FEN),
            "finding_id": finding["id"],
        }
        back = self._finance.act(movement("recover", order))
        if back.fate is Fate.DONE and back.answer is not None and self._dice.random() < 0.4:  # noqa: PLR2004
            self._finance.act(movement("reverse", {"movement_id": back.answer["movements"][0]["id"]}))
        return None

    def _file(self) -> None:
        """A file of evidence; every one is another."""
        if not self._findings:
            return self._take_up()
        finding = self._dice.choice(self._findings)["id"]
        path = f"/audit/v1/evidence?finding_id={finding}"
        content = f"项目,金额\n演练{uuid4().hex},1.00\n".encode()
        self._first.act(Act("evidence", new_key(), "POST", path, file=content, file_name=quote("演练.csv")))
        return None

    def _decision(self, kind: str, path: str, drawn: dict[str, Any], verdict: str = "confirm") -> Act:
        body = {"version_hash": drawn["version_hash"], "decision": verdict, "opinion": "演练", "on": DECIDED_ON}
        return Act(kind, new_key(), "POST", path, body)
