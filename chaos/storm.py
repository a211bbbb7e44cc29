"""One run: the stack, its people in threads, kills one after the other, checks in between, and everything ended again.

The main thread watches over the stack and starts again what was killed (a child has to be started by a thread that
lives as long as it does); one thread kills, the others work.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import httpx

from chaos.border import LOGINS, PREFECTURE, Border, Succeeding, founded
from chaos.casework import Casework
from chaos.cashier import Cashier
from chaos.checker import (
    LAW_SECONDS,
    TooSlowError,
    Verdict,
    balances,
    check,
    look_at_the_other_side,
    recorded,
    worked_out,
)
from chaos.client import Person, Streaming
from chaos.county import BANK, SEEN_ON, TOWNSHIPS, County, found
from chaos.discipline import Discipline, ended, run_asked
from chaos.history import Fate, History
from chaos.killer import Kill, Killer, Tally, Victim, planned
from chaos.sealing import change_key, look_at_the_log, until_sealed
from chaos.workers import Inspector, Office, Treasury, until_over
from deploy.onebox.processes import ROOT
from deploy.onebox.stack import Stack
from deploy.onebox.supervision import Restart
from services.audit_api.record.verify import Key

LOOK_SECONDS: Final = 0.03
CHECK_EVERY: Final = 20
# Between two kills the storm has to have got somewhere: this many acts done, or the next kill proves nothing.
ACTS_BETWEEN: Final = 3
CALM_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 90.0
RUN_SECONDS: Final = 120.0
# The follower of the one and the runner of the other answer each other: both are asked in one look.
_BEHIND: Final = " UNION ALL ".join(
    f"SELECT '{who}' AS who, h.stream, h.position, c.position AS at FROM {told}.stream_head h"
    f" LEFT JOIN {hearing}.follower_cursor c ON c.stream = h.stream"
    " WHERE h.stream ~ '^42[0-9]*$' AND (c.position, c.hash) IS DISTINCT FROM (h.position, h.hash)"
    for who, told, hearing in (("跟随进程", "funds", "audit"), ("规则进程", "audit", "funds"))
)


@dataclass
class Outcome:
    """Everything a run found out."""

    history: History = field(default_factory=History)
    verdict: Verdict = field(default_factory=Verdict)
    tally: Tally = field(default_factory=Tally)
    restarts: list[Restart] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    read_n: int = 0
    raised_again: int = -1
    seconds: float = 0.0
    trouble: str = ""


class Storm:
    """`run` does it all and leaves nothing behind; `say` hears how far it is."""

    def __init__(self, kills: int, minutes: float, seed: int, scale: float, say: Callable[[str], None]) -> None:
        self._kills = kills
        self._seconds = minutes * 60
        self._seed = seed
        self._scale = scale
        self._say = say
        self._calm = threading.Event()  # no more new acts
        self._over = threading.Event()  # no more requests
        self._streaming = Streaming()
        self._clients = contextlib.ExitStack()
        self.outcome = Outcome()

    def run(self) -> Outcome:
        began = time.monotonic()
        self._say("建立临时环境（内置 PostgreSQL，fsync 开启）")
        with Stack(logins=LOGINS, daily=True) as stack, self._clients:
            with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as http:
                county, border = found(stack, http, self._scale), founded(stack, http)
            try:
                self._through(stack, county, border, time.monotonic() + self._seconds)
            finally:
                self._calm.set()
                self._over.set()
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    def _through(self, stack: Stack, county: County, border: Border, deadline: float) -> None:
        before = asyncio.run(balances(stack.database_urls["admin"]))
        watched = stack.watched()
        workers, inspector = self._people(stack, county, border)
        killing = threading.Thread(target=self._kill_all, args=(stack, lambda: watched.whole, deadline), name="killer")
        for thread in [*workers, killing]:
            thread.start()
        try:
            calm_since: float | None = None
            # A runner that was killed last starts again in here: nobody waits for it at the end.
            while (
                killing.is_alive()
                or any(one.is_alive() for one in workers)
                or not (watched.whole or self._over.is_set())
            ):
                watched.look()
                if not killing.is_alive() and calm_since is None:
                    calm_since = time.monotonic()
                    self._calm.set()
                    self._say("击杀结束；等待在途业务用同一个键得到结果")
                if calm_since is not None and time.monotonic() - calm_since > SETTLE_SECONDS:
                    self._over.set()
                time.sleep(LOOK_SECONDS)
        finally:
            self._calm.set()
            self._over.set()
            for thread in [*workers, killing]:
                thread.join()
        self.outcome.restarts = watched.restarts
        self.outcome.read_n = inspector.read_n
        self.outcome.differences += inspector.wrong
        self._over.clear()
        self._ask_again(stack, county)
        self._ask_the_rules_again(stack, county)
        self.outcome.crashes = crashes_of(stack)
        asyncio.run(self._last(stack, county, border, before))

    def _person(self, stack: Stack, county: County, username: str, seed: int) -> Person:
        http = self._clients.enter_context(httpx.Client(base_url=stack.url, timeout=30, trust_env=False))
        bank = username == BANK
        login = (username, county.bank_secret if bank else stack.password(username))
        dice = random.Random(seed)  # noqa: S311 - a run that can be repeated
        return Person(http, login, self.outcome.history, dice, self._streaming, self._over.is_set, machine=bank)

    def _people(self, stack: Stack, county: County, border: Border) -> tuple[list[threading.Thread], Inspector]:
        seeds = itertools.count(self._seed)

        def person(username: str) -> Person:
            return self._person(stack, county, username, next(seeds))

        def dice() -> random.Random:
            return random.Random(next(seeds))  # noqa: S311 - a run that can be repeated

        inspector = Inspector(person("jiwei"))
        turns: list[tuple[str, Callable[[], None]]] = [("inspector", inspector.turn)]
        turns.append(("discipline", Discipline(person("jiwei"), county, dice()).turn))
        turns.append(("casework", Casework(person("jiwei"), person("jiwei-fuhe"), person("caizheng"), dice()).turn))
        turns += [("treasury", Treasury(person("caizheng"), county, dice()).turn) for _ in range(2)]
        turns += [("cashier", Cashier(person("caizheng"), person(BANK), county, dice()).turn) for _ in range(2)]
        turns += [("border", Succeeding(person(PREFECTURE.username), border, dice()).turn) for _ in range(2)]
        for town in TOWNSHIPS:
            beyond = {"bank": person(BANK), "finance": person("caizheng")}
            office = Office(person(town.clerk), person(town.reviewer), county, town, dice(), **beyond)
            turns.append((town.clerk, office.turn))
        threads = [
            threading.Thread(target=until_over, args=(turn, self._calm.is_set), name=name) for name, turn in turns
        ]
        return threads, inspector

    def _kill_all(self, stack: Stack, whole: Callable[[], bool], deadline: float) -> None:
        try:
            asyncio.run(self._kills_in_turn(stack, whole, deadline))
        except Exception as error:  # noqa: BLE001 - told in the outcome, where it makes the run fail
            self.outcome.trouble = f"{type(error).__name__}: {error}"

    async def _kills_in_turn(self, stack: Stack, whole: Callable[[], bool], deadline: float) -> None:
        killer = Killer(stack, self._streaming, self._over.is_set)
        self.outcome.tally = killer.tally
        plan = planned(self._kills, random.Random(self._seed))  # noqa: S311
        checked = 0
        key_changed = False
        while plan:
            if not await self._recovered(whole, deadline):
                self.outcome.trouble = self.outcome.trouble or "时限已到，尚未完成全部击杀"
                break
            if killer.tally.n - checked >= CHECK_EVERY:
                checked = killer.tally.n
                await self._check(stack, killer.tally.n)
            if not key_changed and killer.tally.n >= self._kills // 2:
                await change_key(stack)
                key_changed = True
                continue  # the sealer is away: nobody else is killed before it is back
            before = killer.tally.n
            await killer.strike(plan[-1])
            if killer.tally.n > before:
                kill: Kill = plan.pop()
                await asyncio.sleep(LOOK_SECONDS * 3 if kill.victim is not Victim.BACKEND else 0.3)
        await killer.close()

    async def _recovered(self, whole: Callable[[], bool], deadline: float) -> bool:
        """Wait until everything works again and some acts have been done since; False when time is up."""
        calm = time.monotonic() + CALM_SECONDS
        done: int | None = None
        while time.monotonic() < min(deadline, calm):
            if whole():
                now = self.outcome.history.done_n
                done = now if done is None else done
                if now - done >= ACTS_BETWEEN:
                    return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    async def _check(self, stack: Stack, killed: int) -> None:
        history, verdict = self.outcome.history, self.outcome.verdict
        try:
            await check(stack.database_urls["admin"], history, verdict)
        except TooSlowError as error:
            self._say(f"  检查超过 {LAW_SECONDS} 秒而放弃：{error}")
            return
        except (OSError, asyncpg.PostgresError) as error:
            self._say(f"  检查被中断（{type(error).__name__}），稍后再查")
            return
        wrong = len(verdict.lost) + len(verdict.double) + len(verdict.half) + len(verdict.broken)
        self._say(
            f"  {killed}/{self._kills} 次击杀，{history.done_n} 笔已办结，"
            f"账面 {verdict.remaining_fen:,} 分，不符 {wrong}"
        )

    def _ask_again(self, stack: Stack, county: County) -> None:
        """Every second act that was given up is asked again under its key: it acts now, or says what it did then."""
        given_up = [act for act, fate in self.outcome.history.so_far() if fate is Fate.GIVEN_UP]
        people: dict[str, Person] = {}
        for act in given_up[::2]:
            if act.username not in people:
                people[act.username] = self._person(stack, county, act.username, self._seed)
            people[act.username].act(act, insist=True)

    def _ask_the_rules_again(self, stack: Stack, county: County) -> None:
        """What was asked for is done by now; a run that is asked for again about the same day raises nothing new."""
        inspector = self._person(stack, county, "jiwei", self._seed)
        deadline = time.monotonic() + RUN_SECONDS
        new: list[int] = []
        for _ in range(2):
            asked = inspector.act(run_asked(SEEN_ON), insist=True)
            run = None
            while asked.answer is not None and run is None and time.monotonic() < deadline:
                run = ended(inspector, asked.answer["id"])
                time.sleep(LOOK_SECONDS)
            if run is None:
                self.outcome.differences.append(
                    f"规则运行在 {RUN_SECONDS:.0f} 秒内没有办完：{asked.problem or asked.answer}"
                )
                return
            new.append(run["new_n"])
        self.outcome.raised_again = new[1]
        if new[1]:
            self.outcome.differences.append(f"同一天再次运行规则，又新增预警 {new[1]} 条")

    async def _last(self, stack: Stack, county: County, border: Border, before: dict[str, int]) -> None:
        """The thorough check, and every balance: the clients' own sum, the books, and what the service answers."""
        url = stack.database_urls["admin"]
        outcome = self.outcome
        await check(url, outcome.history, outcome.verdict, thorough=True)
        held = worked_out(outcome.history, before, await recorded(url))
        books = await balances(url)
        async with httpx.AsyncClient(base_url=stack.url, timeout=60, trust_env=False) as http:
            answers = await _answered(http, stack, county.accounts)
        for account in county.accounts:
            if len({held[account], books[account], answers[account]}) != 1:
                outcome.differences.append(
                    f"账户 {account}：按答复推算 {held[account]}，账面 {books[account]}，接口 {answers[account]} 分"
                )
        for account in border.accounts:
            if held[account] != books[account]:
                outcome.differences.append(f"账户 {account}：按答复推算 {held[account]}，账面 {books[account]} 分")
        await followed(url, outcome.differences)
        connection = await asyncpg.connect(url)
        try:
            await look_at_the_other_side(connection, outcome.verdict)
            await until_sealed(connection)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await look_at_the_log(connection, Key.read(stack.secrets.log_vkey), outcome.verdict)
            if outcome.verdict.key_changes != 1:
                outcome.differences.append(f"日志密钥更换了 {outcome.verdict.key_changes} 次，应为 1 次")
        finally:
            await connection.close()


def crashes_of(stack: Stack) -> list[str]:
    """The last line of every crash that a service wrote into its log, with the place it came from."""
    told: list[str] = []
    for log in sorted(stack.logs.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("{") and (found := json.loads(line))["message"] == "crash":
                lines = [one for one in found.get("exception", "").strip().splitlines() if "sqlalche.me" not in one]
                ours = [one.strip().removeprefix(f'File "{ROOT}/') for one in lines if str(ROOT) in one]
                what = [one for one in lines if one[:1].strip() and "Error" in one]
                told.append(f"{log.stem}：{what[-1] if what else lines[-1:]} {ours[-1] if ours else ''}")
    return told


async def _answered(http: httpx.AsyncClient, stack: Stack, accounts: list[str]) -> dict[str, int]:
    login = {"username": "caizheng", "password": stack.password("caizheng")}
    token = (await http.post("/auth/login", json=login)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    found: dict[str, int] = {}
    for account in accounts:
        path = f"/funds/v1/accounts/{account}"
        answer: dict[str, Any] = (await http.get(path, params={"as_of": "2017-12-31"}, headers=headers)).json()
        found[account] = answer["balance_fen"]
    return found


async def followed(url: str, differences: list[str]) -> None:
    """Wait until either side has applied everything of the other, once: its cursors stand at the heads' hashes."""
    connection = await asyncpg.connect(url)
    try:
        deadline = time.monotonic() + CALM_SECONDS
        while True:
            behind = await connection.fetch(_BEHIND)
            if not behind or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)
    finally:
        await connection.close()
    differences += [f"{one['who']}停在 {one['stream']} 第 {one['at']} 条，流水头是 {one['position']}" for one in behind]
