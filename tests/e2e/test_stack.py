"""The real processes together: the whole path in small, a service down, a follower that catches up, and kill -9."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.onebox.logins import FIRST_PEOPLE
from deploy.onebox.stack import Stack
from tests.e2e.county import GRANT_FEN, PEOPLE, County, found

SEEN_ON = "2017-12-31"
RECEIVED_FEN = 10_000 * 1_000_000


@pytest.fixture(scope="module")
def county() -> Iterator[County]:
    with Stack(logins=FIRST_PEOPLE) as stack, httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as http:
        founded = found(stack, http)
        founded.hand_down(7_000)
        yield founded


def _until(ask: Callable[[], Any], fits: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 30
    while not fits(seen := ask()):
        assert time.monotonic() < deadline, f"still {seen!r}"
        time.sleep(0.1)
    return seen


def _whole(county: County) -> None:
    """Laws 1 and 7: the tranche is all there, and the households hold what they were paid."""
    tranche = county.tranche_on(SEEN_ON)
    assert tranche["received_fen"] == RECEIVED_FEN
    assert tranche["unexplained_fen"] == 0
    cards = county.who("caizheng").get(f"/funds/v1/accounts/{county.accounts['城关镇农户一卡通']}", as_of=SEEN_ON)
    assert cards["balance_fen"] == tranche["spent_fen"]
    assert cards["unexplained_fen"] == 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"


def test_the_whole_path_in_small(county: County) -> None:
    checked = county.checked_batch("小样")
    assert checked["rows_good"] == PEOPLE
    paid = county.who("chengguan-fuhe").post(f"/funds/v1/payment-batches/{checked['batch']['id']}/approval", {})
    assert (paid["total_fen"], paid["unexplained_fen"]) == (PEOPLE * GRANT_FEN, 0)
    trace = county.who("jiwei").get(f"/funds/v1/payments/{checked['batch']['id']}-2/trace", as_of=SEEN_ON)
    assert [hop["kind"] for hop in trace["ways"][0]["hops"]] == ["receive", "hand_down", "disburse"]
    assert trace["unexplained_fen"] == 0
    run = county.who("jiwei").run_rules("2017-11-30")
    assert run["new_n"] > 0
    alerts = _until(lambda: list(county.who("jiwei").every("/audit/v1/alerts")), lambda seen: len(seen) == run["new_n"])
    assert all(alert["status"] == "new" for alert in alerts)
    _whole(county)


def test_without_audit_api_money_still_moves_and_the_door_says_503(county: County) -> None:
    county.stack.child("audit_api").kill()
    answer = httpx.get(
        f"{county.stack.url}/audit/v1/alerts", headers=county.who("jiwei")._headers(), timeout=30, trust_env=False
    )
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    county.hand_down(1)
    _whole(county)
    county.stack.restart("audit_api")
    assert county.who("jiwei").get("/audit/v1/alerts")["items"]


def test_a_follower_that_was_away_catches_up(county: County) -> None:
    seen = len(list(county.who("jiwei").every("/audit/v1/alerts")))
    county.stack.child("follower").kill()
    for _ in range(3):
        county.hand_down(1)
    run = county.who("jiwei").run_rules("2017-11-29")
    assert run["new_n"] >= 3
    time.sleep(0.5)
    assert len(list(county.who("jiwei").every("/audit/v1/alerts"))) == seen
    county.stack.restart("follower")
    _until(lambda: len(list(county.who("jiwei").every("/audit/v1/alerts"))), lambda count: count == seen + run["new_n"])


def test_a_runner_that_was_away_hears_what_inspectors_decided(county: County) -> None:
    """Both feeds by the real processes: the flag of a dismissed alert is refuted without anybody saying so again."""
    inspector = county.who("jiwei")
    alert = next(one for one in inspector.every("/audit/v1/alerts") if one["status"] == "new")
    record = f"/funds/v1/rules/{alert['rule_code']}/record"
    before = inspector.get(record)["refuted_n"]
    county.stack.child("runner").kill()
    url = f"/audit/v1/alerts/{alert['id']}/refutations"
    [made] = inspector.post(url, {"reason": "已核实", "on": SEEN_ON})["refutations"]
    decision = {"version_hash": made["version_hash"], "decision": "confirm", "opinion": "属实", "on": SEEN_ON}
    county.who("jiwei-fuhe").post(f"{url}/{made['id']}/decision", decision)
    assert inspector.get(record)["refuted_n"] == before
    county.stack.restart("runner")
    _until(lambda: inspector.get(record)["refuted_n"], lambda seen: seen == before + 1)
    [told] = inspector.get(f"/funds/v1/flags/{alert['id']}/outcomes")["items"]
    assert (told["outcome"], told["decided_by"]) == ("refuted", "qingliu-runner")


def test_kill_9_in_the_middle_of_an_upload_keeps_no_row_of_it(county: County) -> None:
    """A roster is accepted whole or the batch is as it was before; the same key sends it again."""
    clerk, file = county.who("chengguan"), county.roster("断传")
    undisturbed, began = county.open_batch("断传 先"), time.monotonic()
    first = clerk.send_file("PUT", f"{undisturbed}/roster", "名册.csv", file.content, file.kind)
    lasts = time.monotonic() - began
    clerk.post(f"{undisturbed}/withdrawal", {"reason": "测试"})
    left = []
    for turn, share in enumerate((0.2, 0.4, 0.6, 0.8, 1.5)):
        path, key = county.open_batch(f"断传 {turn}"), f"upload-{turn}-{uuid4().hex}"
        headers = {**clerk._headers(), "Idempotency-Key": key, "Content-Type": file.kind}
        sending = threading.Thread(
            target=_ask_and_forget, args=(f"{county.stack.url}{path}/roster", headers, "PUT", file.content)
        )
        sending.start()
        time.sleep(lasts * share)
        county.stack.child("funds_api").kill()
        sending.join()
        county.stack.restart("funds_api")

        batch = clerk.get(path)["batch"]
        done = batch["status"] == "checked"
        left.append(done)
        assert batch["status"] in {"draft", "checked"}
        assert batch["rows_good"] == (first["rows_good"] if done else 0)
        rows = clerk.get("/funds/v1/payments", batch=batch["id"], as_of=SEEN_ON)["items"]
        assert bool(rows) is done

        again = county.http.put(f"{path}/roster", content=file.content, headers=headers)
        assert again.status_code == 200, again.text
        assert (again.headers.get("Idempotency-Replayed") == "true") is done
        assert (again.json()["rows_good"], again.json()["total_fen"]) == (first["rows_good"], first["total_fen"])
        clerk.post(f"{path}/withdrawal", {"reason": "测试"})
    _whole(county)
    assert not all(left), "every kill came after its upload; nothing was tested in the middle"


def test_kill_9_in_the_middle_of_an_approval_leaves_everything_or_nothing(county: County) -> None:
    """Whatever moment the kill falls on, the batch is paid whole or not at all, and the same key completes it."""
    reviewer = county.who("chengguan-fuhe")
    undisturbed = county.checked_batch("不断电")["batch"]["id"]
    began = time.monotonic()
    reviewer.post(f"/funds/v1/payment-batches/{undisturbed}/approval", {})
    lasts = time.monotonic() - began
    left = []
    for turn, share in enumerate((0.1, 0.3, 0.5, 0.7, 0.9)):
        checked = county.checked_batch(f"断电 {turn}")
        path, key = f"/funds/v1/payment-batches/{checked['batch']['id']}", f"approve-{turn}-{uuid4().hex}"
        headers = {**reviewer._headers(), "Idempotency-Key": key}
        spent_before = county.tranche_on(SEEN_ON)["spent_fen"]
        asking = threading.Thread(target=_ask_and_forget, args=(f"{county.stack.url}{path}/approval", headers))
        asking.start()
        time.sleep(lasts * share)
        county.stack.child("funds_api").kill()
        asking.join()
        county.stack.restart("funds_api")

        proof = reviewer.get(path)
        done = proof["batch"]["status"] == "posted"
        left.append(done)
        assert proof["batch"]["status"] in {"posted", "checked"}
        assert proof["paid_fen"] == (checked["total_fen"] if done else 0)
        assert proof["unexplained_fen"] == 0
        assert county.tranche_on(SEEN_ON)["spent_fen"] == spent_before + proof["paid_fen"]
        _whole(county)

        again = reviewer.ask("POST", f"{path}/approval", json={}, key=key)
        assert again.status_code == 201, again.text
        assert (again.headers.get("Idempotency-Replayed") == "true") is done
        assert again.json()["total_fen"] == checked["total_fen"]
        assert county.tranche_on(SEEN_ON)["spent_fen"] == spent_before + checked["total_fen"]
        _whole(county)
    assert not all(left), "every kill came after its approval; nothing was tested in the middle"


def _ask_and_forget(url: str, headers: dict[str, str], method: str = "POST", content: bytes = b"{}") -> None:
    try:
        typed = {
            "Content-Type": "application/json",
            **headers,
        }  # without a type the body would be refused, not acted on
        httpx.request(method, url, content=content, headers=typed, timeout=30, trust_env=False)
    except httpx.HTTPError:
        return


def test_nothing_is_left_after_a_stop(county: County) -> None:
    stack = county.stack
    pids = [stack.child(name).pid for name in ("funds_api", "audit_api", "gateway", "follower")]
    pids.append(_postmaster(stack))
    folder = stack.logs.parent
    assert all(pid is not None and _alive(pid) for pid in pids)
    stack.stop()
    assert not [pid for pid in pids if pid is not None and _alive(pid)]
    assert not folder.exists()


def _postmaster(stack: Stack) -> int:
    assert stack._postgres is not None
    return int((stack._postgres.home / "cluster" / "postmaster.pid").read_text().split("\n", 1)[0])
