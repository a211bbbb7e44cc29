"""The checker of the storm can fail: a lost, a double and a half act of every kind is planted, and found as that.

A calm stack, every kind of act done through the gateway, nothing killed: nothing is found. Then each damage is done to
the database by its superuser, in a transaction that is looked at from within and rolled back.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import httpx
import pytest

from chaos.border import LOGINS, PREFECTURE, Border, Succeeding, founded
from chaos.casework import Casework
from chaos.cashier import Cashier
from chaos.checker import Verdict, balances, look, look_at_the_other_side, recorded, worked_out
from chaos.client import Person, Streaming
from chaos.county import BANK, SEEN_ON, TOWNSHIPS, County, found
from chaos.discipline import Discipline
from chaos.history import Fate, History
from chaos.killer import IN_DATABASE, Killer, Stage
from chaos.sealing import look_at_the_log, until_sealed
from chaos.storm import followed
from chaos.workers import Office, Treasury
from demo.client import Caller
from deploy.onebox.stack import Stack
from services.audit_api.record.verify import Key
from tests.e2e.planted import KEPT_AGAIN_EVENT, PLANTED
from tests.e2e.planted_casework import PLANTED_CASEWORK

LONGEST_SECONDS = 300
TOWN = TOWNSHIPS[1]
EVERY: Final = PLANTED | PLANTED_CASEWORK
KINDS: Final = frozenset(
    {"hand_down", "pay", "receive", "reverse", "hold", "void", "pay held", "order", "bank result"}
    | {"open batch", "upload", "approve", "withdraw", "return", "payment return", "payment recovery", "approve again"}
    | {"succession", "succession undone", "ask rules", "decide", "list"}
    | {"stop", "stop ended", "publish", "object", "objection answered"}
    | {"draw up", "confirm", "quarantine", "quarantine decided", "release", "release decided", "evidence", "recover"}
)


@dataclass
class Calm:
    """A county in which everything was done once or more, and what its clients were told."""

    url: str
    history: History
    before: dict[str, int]
    county: County
    border: Border
    log_key: Key
    seen: set[Stage] = field(default_factory=set)


class _Watch(threading.Thread):
    """Looks at what the sessions are doing, as the killer does, and remembers which stages it recognised."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="watch")
        self.seen: set[Stage] = set()
        self.over = threading.Event()
        self._killer = Killer(stack, Streaming(), self.over.is_set)

    def run(self) -> None:
        asyncio.run(self._watch())

    async def _watch(self) -> None:
        while not self.over.is_set():
            self.seen |= {stage for _, stage in await self._killer.watch()}
            await asyncio.sleep(0.001)
        await self._killer.close()


@pytest.fixture(scope="module")
def calm() -> Iterator[Calm]:
    """Every kind of act through the gateway, until each was done and each stage was seen by the killer's eye."""
    with Stack(logins=LOGINS, daily=True) as stack, contextlib.ExitStack() as clients:
        http = clients.enter_context(httpx.Client(base_url=stack.url, timeout=60, trust_env=False))
        county, border = found(stack, http, scale=0.1), founded(stack, http)
        url = stack.database_urls["admin"]
        ready = Calm(url, History(), asyncio.run(balances(url)), county, border, Key.read(stack.secrets.log_vkey))
        seeds = itertools.count(1)

        def person(username: str) -> Person:
            own = clients.enter_context(httpx.Client(base_url=stack.url, timeout=60, trust_env=False))
            bank = username == BANK
            login = (username, county.bank_secret if bank else stack.password(username))
            dice = random.Random(next(seeds))  # noqa: S311
            return Person(own, login, ready.history, dice, Streaming(), lambda: False, machine=bank)

        dice = random.Random(2017)  # noqa: S311
        bank, finance = person(BANK), person("caizheng")
        office = Office(person(TOWN.clerk), person(TOWN.reviewer), county, TOWN, dice, bank=bank, finance=finance)
        treasury, cashier = Treasury(finance, county, dice), Cashier(finance, bank, county, dice)
        prefecture = Succeeding(person(PREFECTURE.username), border, dice)
        inspector = Discipline(person("jiwei"), county, dice)
        casework = Casework(person("jiwei"), person("jiwei-fuhe"), person("caizheng"), dice)
        watch = _Watch(stack)
        watch.start()
        try:
            deadline = time.monotonic() + LONGEST_SECONDS
            while time.monotonic() < deadline and not _all_done(ready, watch.seen):
                for one in (office, treasury, treasury, cashier, prefecture, inspector, casework, casework):
                    one.turn()
            # Asked about last, this run ends after every other.
            Caller.person(http, "jiwei", stack.password("jiwei")).run_rules(SEEN_ON)
            behind: list[str] = []
            asyncio.run(followed(url, behind))
            assert behind == []
            asyncio.run(_sealed(url))
        finally:
            watch.over.set()
            watch.join()
        ready.seen = watch.seen
        yield ready


def _all_done(calm: Calm, seen: set[Stage]) -> bool:
    done = {act.kind for act, fate in calm.history.so_far() if fate is Fate.DONE}
    undone = asyncio.run(_kept_again(calm.url))
    again, over = (any(getattr(act, what) for act in calm.history.acts) for what in ("was_done_before", "forbidden"))
    return done >= KINDS and seen >= set(IN_DATABASE) and undone and again and over


async def _sealed(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await until_sealed(connection)
    finally:
        await connection.close()


async def _kept_again(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        held = await connection.fetchval("SELECT count(*) FROM funds.hold WHERE status = 'held' AND expires_on IS NULL")
        back = await connection.fetchval("SELECT count(*) FROM funds.quarantine_change")
        freed = await connection.fetchval(
            "SELECT count(*) FROM funds.quarantine_hold q JOIN funds.hold h ON h.id = q.hold_id AND h.status = 'voided'"
        )
        return bool(held and back and freed) and await connection.fetchval(f"SELECT {KEPT_AGAIN_EVENT}") is not None
    finally:
        await connection.close()


async def _looked_at(calm: Calm, damage: str = "") -> Verdict:
    verdict = Verdict()
    connection = await asyncpg.connect(calm.url)
    change = connection.transaction()
    await change.start()
    try:
        if damage:
            # Neither keys nor triggers may stand in the way of what has to be found.
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(damage)
        await look(connection, calm.history.so_far(), verdict, thorough=True)
        await look_at_the_other_side(connection, verdict)
        await look_at_the_log(connection, calm.log_key, verdict)
    finally:
        await change.rollback()
        await connection.close()
    return verdict


async def test_nothing_is_found_where_nothing_was_killed(calm: Calm) -> None:
    verdict = await _looked_at(calm)
    assert verdict.clean, verdict
    assert verdict.runs > 0
    assert verdict.flags == verdict.alerts > 0
    assert verdict.warnings > 0
    assert verdict.findings > 0
    assert verdict.quarantined_fen > 0
    assert verdict.sealed > verdict.events
    assert verdict.checkpoints > 1
    held = worked_out(calm.history, calm.before, await recorded(calm.url))
    books = await balances(calm.url)
    accounts = [*calm.county.accounts, *calm.border.accounts]
    assert {one: held[one] for one in accounts} == {one: books[one] for one in accounts}
    done = {act.kind for act, fate in calm.history.so_far() if fate is Fate.DONE}
    assert done >= KINDS
    assert any(act.was_done_before for act in calm.history.acts), "a serial told again under another key"
    over = [act for act in calm.history.acts if act.forbidden]
    assert {act.problem for act in over} == {"/problems/hold-over"}


def test_the_killer_recognises_every_stage_by_its_statements(calm: Calm) -> None:
    assert set(IN_DATABASE) - calm.seen == set()


@pytest.mark.parametrize("name", EVERY)
async def test_what_is_planted_is_found(calm: Calm, name: str) -> None:
    damage, found_as, word = EVERY[name]
    verdict = await _looked_at(calm, damage)
    assert not verdict.clean
    assert any(word in one for one in getattr(verdict, found_as)), (found_as, verdict)
