"""Chooses a victim and a moment, and sends SIGKILL: to a process of ours, one backend, or the whole server.

Moments are aimed at by watching what the server's sessions do (`pg_stat_activity`) and which uploads are being sent.
A moment that does not come within its time becomes a kill at no special moment, and is counted as that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import asyncpg

from chaos.client import Streaming
from deploy.onebox.stack import Stack

AIM_SECONDS: Final = 6.0
LOOK_SECONDS: Final = 0.001
_DATABASE_FAILURES: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class Victim(StrEnum):
    SERVICE = "funds_api"
    BACKEND = "后端进程"
    POSTMASTER = "postmaster"
    GATEWAY = "gateway"
    FOLLOWER = "follower"
    RUNNER = "runner"
    AUDIT = "audit_api"
    SEALER = "sealer"


class Stage(StrEnum):
    """Where an upload, an approval, another act or the asking of a rule is at the moment of the kill."""

    ANY = "任意时刻"
    STREAMING = "上传中"
    JUDGING = "名册校验中"
    COPYING = "COPY 写入中"
    UPLOAD_COMMIT = "上传提交中"
    PROVING = "审批复核中"
    POSTING = "审批记账中"
    APPROVAL_COMMIT = "审批提交中"
    KEPT = "重发取用冻结中"
    AT_ONCE = "单句记账中"
    ORDER = "支付令签发中"
    RESULT = "银行回单入账中"
    RETURN = "逐户退汇中"
    HOLD = "冻结与解除中"
    UNDO = "冲正中"
    ACT_COMMIT = "其他业务提交中"
    ASKING = "规则查询与判断中"
    FLAGGING = "预警写入中"
    RULE_COMMIT = "规则提交中"


IN_DATABASE: Final = (*list(Stage)[2:],)
RUNNING: Final = (Stage.ASKING, Stage.FLAGGING, Stage.RULE_COMMIT)
# In a hundred kills: how many of each victim, spread evenly over its stages.
SHARES: Final[dict[Victim, tuple[int, tuple[Stage, ...]]]] = {
    Victim.SERVICE: (29, tuple(Stage)),
    Victim.BACKEND: (27, (Stage.ANY, *IN_DATABASE)),
    Victim.POSTMASTER: (27, (Stage.ANY, *IN_DATABASE)),
    Victim.GATEWAY: (3, (Stage.STREAMING, Stage.ANY)),
    Victim.FOLLOWER: (2, (Stage.ANY,)),
    Victim.RUNNER: (8, (Stage.ANY, *RUNNING)),
    Victim.AUDIT: (2, (Stage.ANY,)),
    Victim.SEALER: (2, (Stage.ANY,)),
}

# What a session says of itself in each stage; the first that fits. A posting and a commit belong to what came before.
SIGNS: Final = (
    (Stage.COPYING, "COPY"),
    (Stage.JUDGING, "registry_on("),
    (Stage.JUDGING, "has_rivals("),
    (Stage.JUDGING, "claimed_by_another($1, $2, $3"),
    (Stage.JUDGING, "rejected_row"),
    (Stage.PROVING, "hold_entitlement("),
    (Stage.UNDO, "hold_entitlements("),
    (Stage.PROVING, "lag(cum_fen"),
    (Stage.KEPT, "AS owed, n.cum_fen"),
    (Stage.AT_ONCE, "funds.act("),
    (Stage.RESULT, "order_result (county_code"),
    (Stage.RESULT, "false AS undone FROM funds.order_result"),
    (Stage.ORDER, "treasury_order (county_code"),
    (Stage.ORDER, "treasury_order.order_key ="),
    (Stage.RETURN, "AS fed_fen"),
    (Stage.RETURN, "SELECT id, made FROM stands"),
    (Stage.RETURN, "record_return("),
    (Stage.HOLD, "void_hold("),
    (Stage.HOLD, "place_hold("),
    (Stage.UNDO, "f.clock_from, f.fiscal_year FROM stands"),
    (Stage.UNDO, "movement.reverses_id ="),
    (Stage.UNDO, "keep_again("),
    # A rule's own query stands between two of these; while its candidates are judged, this is what was said last.
    (Stage.ASKING, "'enable_nestloop'"),
    (Stage.FLAGGING, "raise_crossings("),
    (Stage.FLAGGING, "INSERT INTO funds.flag "),
    (Stage.FLAGGING, "INSERT INTO funds.flag_money "),
    (Stage.RULE_COMMIT, "INSERT INTO funds.flag_run_rule "),
    (Stage.RULE_COMMIT, "INSERT INTO funds.warning "),
)
_UPLOADING: Final = frozenset({Stage.COPYING, Stage.JUDGING, Stage.UPLOAD_COMMIT})
_APPROVING: Final = frozenset({Stage.PROVING, Stage.KEPT, Stage.POSTING, Stage.APPROVAL_COMMIT})
# A return places a hold and an undone return ends one: what came first in the transaction stays its stage.
_ACTING: Final = frozenset({Stage.ORDER, Stage.RESULT, Stage.RETURN, Stage.UNDO})
_WATCH: Final = """
SELECT pid, xact_start, state, left(query, 1500) AS query FROM pg_stat_activity
 WHERE usename = 'funds_app' AND backend_type = 'client backend' AND xact_start IS NOT NULL"""
_ANY_BACKEND: Final = "SELECT pid FROM pg_stat_activity WHERE usename = 'funds_app' ORDER BY state, random() LIMIT 1"


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill as it was planned."""

    victim: Victim
    stage: Stage


@dataclass
class Tally:
    """How many kills fell on whom and when, and what was aimed at."""

    fell: Counter[tuple[Victim, Stage]] = field(default_factory=Counter)
    missed: int = 0

    @property
    def n(self) -> int:
        return sum(self.fell.values())


def planned(kills: int, dice: random.Random) -> list[Kill]:
    """So many kills in the shares above, each victim's stages in turn; the dice choose the order of both."""
    made: list[Kill] = []
    for victim, (share, all_stages) in SHARES.items():
        stages = dice.sample(all_stages, len(all_stages))
        made += [Kill(victim, stages[at % len(stages)]) for at in range(max(1, round(kills * share / 100)))]
    while len(made) > kills:  # everybody is in the shortest storm too: what is too many goes from whom there are most
        commonest = Counter(one.victim for one in made).most_common(1)[0][0]
        made.remove(next(one for one in made if one.victim is commonest))
    dice.shuffle(made)
    extra = Kill(Victim.SERVICE, Stage.ANY)
    return made + [extra] * (kills - len(made))


@dataclass
class _Seen:
    """What one session was last seen doing in the transaction that began at `since`."""

    since: Any
    stage: Stage | None = None


class Killer:
    """Waits for the moment of a kill and sends it. Reconnects by itself: it kills what it is connected to."""

    def __init__(self, stack: Stack, streaming: Streaming, over: Callable[[], bool]) -> None:
        self._stack = stack
        self._streaming = streaming
        self._over = over
        self._connection: asyncpg.Connection | None = None
        self._sessions: dict[int, _Seen] = {}
        self.tally = Tally()

    async def strike(self, kill: Kill) -> None:
        """Aim at the stage of `kill` for a while, then kill, hit or not."""
        deadline = time.monotonic() + AIM_SECONDS
        stage, backend = Stage.ANY, None
        while kill.stage is not Stage.ANY and time.monotonic() < deadline and not self._over():
            found = await self._look(kill.stage)
            if found is not None:
                stage, backend = kill.stage, found
                break
            await asyncio.sleep(LOOK_SECONDS)
        if kill.victim is Victim.BACKEND and not backend:
            backend = await self._any_backend()
        if self._send(kill.victim, backend):
            self.tally.fell[kill.victim, stage] += 1
            self.tally.missed += stage is not kill.stage

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(*_DATABASE_FAILURES):
                await self._connection.close()

    async def _look(self, stage: Stage) -> int | None:
        """The backend that is in this stage now; 0 for a stage that the server does not see."""
        if stage is Stage.STREAMING:
            return 0 if self._streaming.any else None
        for pid, seen in await self.watch():
            if seen is stage:
                return pid
        return None

    async def watch(self) -> Iterator[tuple[int, Stage]]:
        """Every session that is in a stage now, by its process."""
        rows = await self._fetch(_WATCH)
        now: list[tuple[int, Stage]] = []
        for row in rows:
            seen = self._sessions.get(row["pid"])
            if seen is None or seen.since != row["xact_start"]:
                seen = self._sessions[row["pid"]] = _Seen(row["xact_start"])
            stage = stage_of(row["query"], seen.stage)
            seen.stage = stage or seen.stage
            if stage is not None and (stage is not Stage.COPYING or row["state"] == "active"):
                now.append((row["pid"], stage))
        return iter(now)

    async def _any_backend(self) -> int | None:
        rows = await self._fetch(_ANY_BACKEND)
        return rows[0]["pid"] if rows else None

    async def _fetch(self, query: str) -> list[asyncpg.Record]:
        """The rows, or none while the server is away."""
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._stack.database_urls["admin"], timeout=2)
            found: list[asyncpg.Record] = await self._connection.fetch(query, timeout=2)
        except _DATABASE_FAILURES:
            if self._connection is not None:
                self._connection.terminate()
                self._connection = None
            return []
        return found

    def _send(self, victim: Victim, backend: int | None) -> bool:
        postgres = self._stack.postgres
        if victim is Victim.BACKEND:
            pid = backend
        elif victim is Victim.POSTMASTER:
            pid = postgres.pid if postgres is not None and postgres.alive else None
        else:
            child = self._stack.child(victim)
            pid = child.pid if child.alive else None
        if not pid:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


def stage_of(query: str, before: Stage | None) -> Stage | None:
    """The stage that a statement shows; `before` is what this transaction was last seen at."""
    for stage, sign in SIGNS:
        if sign in query:
            return before if before in _ACTING else stage
    if "post_movements" in query:
        return before if before in _ACTING else Stage.POSTING if before in _APPROVING else None
    if query.startswith("COMMIT") or "journal_append" in query:
        if before in _UPLOADING:
            return Stage.UPLOAD_COMMIT
        if before in RUNNING:
            return Stage.RULE_COMMIT
        return Stage.APPROVAL_COMMIT if before in _APPROVING else Stage.ACT_COMMIT if before else None
    return None
