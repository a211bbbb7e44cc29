"""The bundle of a finding over real books: what made, drew, flagged and quarantined its money is there, and proved."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from chassis.database import Database
from chassis.identity import SigningKey
from services.audit_api.extracts import questions
from services.audit_api.ledger import Ledger
from services.audit_api.record import notes
from services.audit_api.record.sealer import ISSUER, Sealer
from services.audit_api.record.verify import Bad, Checkpoint, verify
from tests.audit_api.journals import books, empty_log, seal_all
from tests.callers import LOG, SEALER_KEY, audit_caller, funds_caller
from tests.contract.decided import Both
from tests.contract.extracting import asking
from tests.contract.test_quarantines import Inspectors
from tests.funds_api.desk import Desk, conserved
from tests.funds_api.test_known_at import now


class Case:
    """A finding on 300,000 fen of a township, 200,000 of them quarantined and let go, 200,000 paid on since."""

    def __init__(self, two: Inspectors, funds: httpx.AsyncClient, audit: httpx.AsyncClient) -> None:
        self.two, self.funds, self.audit = two, funds, audit
        self.county = two.desk.county
        self.path = f"/audit/v1/record/findings/{two.finding['id']}"

    async def seal(self) -> None:
        """Seal both journals to their ends."""
        database: Database = self.audit.app.state.database  # type: ignore[attr-defined]
        apps: dict[str, Any] = {"funds": self.funds.app, "audit": self.audit.app}  # type: ignore[attr-defined]
        sources = {
            service: httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{service}")
            for service, app in apps.items()
        }
        key = SigningKey.from_jwk(SEALER_KEY, ISSUER, "internal+jwt")
        await seal_all(Sealer(database, sources, key, [LOG], [self.county]))

    async def bundle(self, **asked: Any) -> httpx.Response:
        return await audit_caller(self.audit, "inspector", self.county).get(self.path, params=asked)


@pytest.fixture
async def case(
    both: Both,
    desk: Desk,
    admin: asyncpg.Pool,
    funds_http: httpx.AsyncClient,
    audit_http: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Case]:
    await empty_log(admin)
    monkeypatch.setattr(questions, "SETTLED", timedelta(0))
    two = await Inspectors(both, desk).open()
    app: Any = funds_http.app  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://funds") as http:
        with asking(audit_http, http):
            yield Case(two, funds_http, audit_http)


def kinds(bundle: dict[str, Any], service: str) -> list[str]:
    return [row["kind"] for row in bundle["rows"] if row["service"] == service]


async def test_a_bundle_carries_what_the_books_hold_of_the_findings_money_and_each_row_is_proved(
    case: Case, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    two = case.two
    told = await two.order(200_000)
    await case.seal()
    then = now()
    before = (await case.bundle(known_at=then)).content
    assert kinds(json.loads(before), "funds") == ["MoneyMoved", "FlagsFound", "MoneyQuarantined"]

    await two.release(told["id"])
    paid = await two.desk.out(250_000, two.desk.contractor, "2017-12-31", kind="pay", from_account_id=two.desk.first)
    assert paid.status_code == 201
    await two.heard()
    await case.seal()
    answer = await case.bundle()
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert kinds(bundle, "funds") == ["MoneyMoved", "FlagsFound", "MoneyQuarantined", "MoneyReleased", "MoneyMoved"]
    own = kinds(bundle, "audit")
    assert {"FindingDrawnUp", "FindingOpened", "QuarantineOrdered", "QuarantineReleased", "RectificationMeasured"} <= {
        *own
    }
    assert own.count("QuarantineAnswered") == 2, "what the books answered names no finding"
    assert (bundle["not_sealed_yet"], bundle["lacking_n"], bundle["words_gone_n"]) == (0, 0, 0)
    assert {"资金去向不明，防止转移", "已查清"} <= {word for one in bundle["texts"] for word in one["words"]}
    file = tmp_path / "bundle.json"
    file.write_bytes(answer.content)
    assert "资金 5 条" in verify(file, LOG.key)

    # As known before, to the byte: whatever was recorded, sealed and proved since.
    assert (await case.bundle(known_at=then)).content == before
    file.write_bytes(before)
    assert "资金 3 条" in verify(file, LOG.key)
    await conserved(admin, case.county)


@pytest.mark.parametrize("service", ["funds", "audit"])
async def test_a_changed_row_or_word_is_named_and_nothing_rides_along(service: str, case: Case, tmp_path: Path) -> None:
    await case.two.order(200_000)
    await case.seal()
    file, whole = tmp_path / "bundle.json", (await case.bundle()).text

    def told(change: Any) -> Bad:
        bundle = json.loads(whole)
        change(bundle)
        file.write_text(json.dumps(bundle), encoding="utf-8")
        with pytest.raises(Bad) as bad:
            verify(file, LOG.key)
        return bad.value

    nth = [row["service"] for row in json.loads(whole)["rows"]].index(service)
    at = json.loads(whole)["rows"][nth]["log_position"]
    assert told(lambda one: one["rows"][nth].update(body="{}")).position == at
    assert told(lambda one: one["rows"][nth].update(service="identity")).position == at
    assert told(lambda one: one["rows"][nth].update(position=True)).position == at
    assert told(lambda one: one["rows"].append(one["rows"][nth])).position == at
    assert (
        told(lambda one: one["texts"][0]["words"].append("")).position == json.loads(whole)["texts"][0]["log_position"]
    )
    assert "不属于" in told(lambda one: one["texts"][0].update(log_position=10**6)).reason
    assert "多余" in told(lambda one: one.update(remark="已核")).reason
    assert "没有一条" in told(lambda one: one.update(about="0")).reason
    assert "各稿" in told(lambda one: one["versions"][0].update(version_no="1")).reason
    assert "第 7 稿" in told(lambda one: one["versions"][0].update(version_no=7)).reason
    file.write_text(whole.replace('{"format"', '{"about":"x","format"', 1), encoding="utf-8")
    with pytest.raises(Bad, match="出现两次"):
        verify(file, LOG.key)
    file.write_text(whole.replace('"not_sealed_yet":0', '"not_sealed_yet":0.0'), encoding="utf-8")
    with pytest.raises(Bad, match="不是整数"):
        verify(file, LOG.key)


async def test_a_bundle_is_held_against_a_smaller_checkpoint_that_was_seen_before(case: Case, tmp_path: Path) -> None:
    await case.seal()
    seen = Checkpoint.read((await case.bundle()).json()["checkpoint"])
    await case.two.order(200_000)
    await case.seal()
    file = tmp_path / "bundle.json"
    file.write_bytes((await case.bundle()).content)
    assert verify(file, LOG.key)
    with pytest.raises(Bad, match=f"seen_size={seen.size}"):
        verify(file, LOG.key, [seen])
    file.write_bytes((await case.bundle(seen_size=seen.size)).content)
    assert verify(file, LOG.key, [seen])
    forked = Checkpoint.read(notes.checkpoint(LOG, seen.size, b"f" * 32))
    with pytest.raises(Bad, match="不以先前的"):
        verify(file, LOG.key, [forked])
    late = await case.bundle(seen_size=10**6)
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "sizes-out-of-order")


async def test_the_rows_of_the_books_are_told_to_audit_api_alone_and_none_is_left_out_unsaid(case: Case) -> None:
    query = {"county": case.county, "about": case.two.lot}
    for role in ("inspector", "finance_clerk", "feed_reader", "sealer"):
        answer = await funds_caller(case.funds, role, case.county).get("/funds/v1/events/rows", params=query)
        assert answer.status_code in {401, 403}, role
    await case.seal()
    with books(case.audit) as asked:
        bundle = (await case.bundle()).json()
    assert {url.params["county"] for url in asked} == {case.county}
    assert bundle["lacking_n"] == 1, "the event that raised its flag"

    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    state: Any = case.audit.app.state  # type: ignore[attr-defined]
    with asking(case.audit, httpx.AsyncClient(transport=httpx.MockTransport(down), base_url="http://funds")):
        assert isinstance(state.ledger, Ledger)
        assert (await case.bundle()).status_code == 503


async def test_a_bundle_carries_the_acts_that_an_extract_tells_of(case: Case, tmp_path: Path) -> None:
    """The finding is not about that movement: the extract is, and the bundle proves the movement with it."""
    two = case.two
    before = kinds((await _sealed(case)).json(), "funds")
    paid = await two.desk.out(30_000, two.desk.contractor, "2017-12-30", kind="pay", document="西财农〔2017〕9号")
    assert paid.status_code == 201, paid.text
    [movement] = paid.json()["movements"]
    # Something else is recorded since, so that the row comes by what the extract tells of and by no position.
    assert (await two.desk.out(7, two.desk.second, "2017-12-31")).status_code == 201
    path = f"/audit/v1/findings/{two.finding['id']}/extracts"
    about = {"what": "document", "about": "西财农〔2017〕9号", "as_of": "2017-12-31", "known_at": now()}
    inspector = audit_caller(case.audit, "inspector", case.county)
    for one in (about, {**about, "what": "movement", "about": movement["id"]}):
        drawn = await inspector.post(path, one)
        assert drawn.status_code == 201, drawn.text
    answer = await _sealed(case)
    bundle = answer.json()
    told = [row for row in bundle["rows"] if row["service"] == "funds"]
    assert [row["kind"] for row in told] == [*before, "MoneyMoved", "MoneyMoved"]
    assert movement["id"] in told[-2]["body"]
    assert {drawn.json()["sha256"]} <= {one["sha256"] for one in bundle["evidence"]}
    file = tmp_path / "bundle.json"
    file.write_bytes(answer.content)
    assert verify(file, LOG.key)


async def _sealed(case: Case) -> httpx.Response:
    await case.seal()
    answer = await case.bundle()
    assert answer.status_code == 200, answer.text
    return answer
