"""Races through the real processes: 200 clients at one fund, two reviewers at one batch, approval and withdrawal.

Every client starts at the same moment and asks on through 503; afterwards the whole history is held against the books.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chaos.checker import Verdict, balances, check
from chaos.client import Person, Streaming
from chaos.county import FUND, MOVED_ON, TOWNSHIPS, County, found
from chaos.history import Act, Fate, History
from chaos.workers import Office, new_key
from deploy.onebox.logins import FIRST_PEOPLE
from deploy.onebox.stack import Stack

CLIENTS = 200
ROUNDS = 12
TOWN = TOWNSHIPS[1]


@dataclass
class Field:
    """The stack, its county, and one history for all races."""

    stack: Stack
    county: County
    clients: contextlib.ExitStack
    history: History = field(default_factory=History)
    tokens: dict[str, str] = field(default_factory=dict)

    def person(self, username: str) -> Person:
        """Somebody with a connection of their own, signed in already, so that the race is about money."""
        http = self.clients.enter_context(httpx.Client(base_url=self.stack.url, timeout=60, trust_env=False))
        login = (username, self.stack.password(username))
        person = Person(http, login, self.history, random.Random(1), Streaming(), lambda: False)  # noqa: S311
        person._token = self.token(username)
        return person

    def token(self, username: str) -> str:
        if username not in self.tokens:
            body = {"username": username, "password": self.stack.password(username)}
            answer = httpx.post(f"{self.stack.url}/auth/login", json=body, timeout=30, trust_env=False)
            self.tokens[username] = answer.json()["access_token"]
        return self.tokens[username]

    def held(self, account: str) -> int:
        return asyncio.run(balances(self.stack.database_urls["admin"]))[account]


@pytest.fixture(scope="module")
def ground() -> Iterator[Field]:
    with Stack(logins=FIRST_PEOPLE) as stack, contextlib.ExitStack() as clients:
        with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as http:
            county = found(stack, http, scale=0.1)
        yield Field(stack, county, clients)


def _at_once(acts: Sequence[tuple[Person, Act]]) -> None:
    """Send all of them from one moment on, each until it is done or refused."""
    start = threading.Barrier(len(acts))

    def run(person: Person, act: Act) -> None:
        start.wait()
        person.act(act, insist=True)

    threads = [threading.Thread(target=run, args=pair) for pair in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _movement(kind: str, body: dict[str, Any]) -> Act:
    document = f"竞争{uuid4().hex[:12]}号"
    order = {"kind": kind, "document": document, "effective_on": MOVED_ON, **body}
    return Act(kind, new_key(), "POST", "/funds/v1/movements", order, document=document, movements=1)


def test_two_hundred_clients_drain_one_fund_and_not_one_fen_more(ground: Field) -> None:
    each, office = 1_234_567, ground.county.offices[TOWN.region]
    clerk = ground.person("caizheng")
    # Leave what 137 of the 200 can have, and a rest that is one fen too little for another.
    wanted = 137 * each + each - 1
    spare = ground.held(ground.county.treasury) - wanted
    lines = [{"to_account_id": ground.county.contractor, "amount_fen": spare}]
    pay = {"from_account_id": ground.county.treasury, "fund_code": FUND, "lines": lines}
    assert clerk.act(_movement("pay", pay), insist=True).fate is Fate.DONE
    before = ground.held(office)

    line = {"to_account_id": office, "amount_fen": each}
    order = {"from_account_id": ground.county.treasury, "fund_code": FUND, "lines": [line]}
    acts = [(ground.person("caizheng"), _movement("hand_down", order)) for _ in range(CLIENTS)]
    _at_once(acts)

    ended = Counter((act.status, act.problem) for _, act in acts)
    assert ended == {(201, ""): 137, (409, "/problems/money-not-there"): 63}
    assert ground.held(ground.county.treasury) == each - 1
    assert ground.held(office) == before + 137 * each
    told = {act.answer["figures"]["available_fen"] for _, act in acts if act.answer and act.status == 409}
    assert told == {each - 1}


def _checked(ground: Field, clerk: Person, name: str) -> str:
    office = Office(clerk, clerk, ground.county, TOWN, random.Random(1))  # noqa: S311
    opened = clerk.act(office.batch(name), insist=True).answer
    assert opened is not None
    path = f"/funds/v1/payment-batches/{opened['id']}"
    roster = ground.county.rosters[TOWN.region]
    sent = clerk.act(Act("upload", new_key(), "PUT", f"{path}/roster", file=roster), insist=True)
    assert sent.status == 200, sent.answer
    return path


def _approval(path: str, key: str = "") -> Act:
    return Act("approve", key or new_key(), "POST", f"{path}/approval", {})


def _rounds(ground: Field, rivals: Callable[[str], list[tuple[Person, Act]]]) -> Iterator[tuple[str, list[Act]]]:
    clerk = ground.person(TOWN.clerk)
    for turn in range(ROUNDS):
        path = _checked(ground, clerk, f"竞争{turn}{uuid4().hex[:8]}")
        acts = rivals(path)
        _at_once(acts)
        yield path, [act for _, act in acts]


def test_of_two_reviewers_one_approves_and_the_other_is_told(ground: Field) -> None:
    reviewers = [ground.person(TOWN.reviewer), ground.person("caizheng-fuhe")]
    winners: Counter[int] = Counter()
    for path, acts in _rounds(ground, lambda path: [(one, _approval(path)) for one in reviewers]):
        assert Counter((act.status, act.problem) for act in acts) == {
            (201, ""): 1,
            (409, "/problems/batch-not-checked"): 1,
        }
        winners[[act.status for act in acts].index(201)] += 1
        proof = reviewers[0].read(path)
        assert (proof["batch"]["status"], proof["unexplained_fen"]) == ("posted", 0)
        assert proof["paid_fen"] == proof["batch"]["total_fen"] > 0
    assert winners.total() == ROUNDS


def test_one_approval_sent_twice_pays_once_and_answers_the_same(ground: Field) -> None:
    reviewers = [ground.person(TOWN.reviewer), ground.person(TOWN.reviewer)]

    def same(path: str) -> list[tuple[Person, Act]]:
        key = new_key()
        return [(one, _approval(path, key)) for one in reviewers]

    for _, acts in _rounds(ground, same):
        assert [act.status for act in acts] == [201, 201]
        assert acts[0].answer == acts[1].answer
        assert sorted(act.replayed for act in acts) == [False, True]


def test_an_approval_and_a_withdrawal_at_once_are_one_of_the_two(ground: Field) -> None:
    reviewer, clerk = ground.person(TOWN.reviewer), ground.person(TOWN.clerk)

    def rivals(path: str) -> list[tuple[Person, Act]]:
        withdrawal = Act("withdraw", new_key(), "POST", f"{path}/withdrawal", {"reason": "竞争"})
        return [(reviewer, _approval(path)), (clerk, withdrawal)]

    for path, acts in _rounds(ground, rivals):
        status = reviewer.read(path)["batch"]["status"]
        assert [act.fate is Fate.DONE for act in acts] == [status == "posted", status == "withdrawn"]
        assert {act.problem for act in acts} < {"", "/problems/batch-not-checked", "/problems/batch-over"}


def test_after_all_races_the_books_and_the_history_agree(ground: Field) -> None:
    verdict = Verdict()
    asyncio.run(check(ground.stack.database_urls["admin"], ground.history, verdict, thorough=True))
    assert verdict.clean, verdict
    assert ground.history.crashes == []
    assert ground.history.done_n > 137 + ROUNDS * 3
