"""The record as others check it: proofs, a witness that is lied to, a finding's bundle, and an export of everything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from chassis.identity import SigningKey
from deploy.onebox.export import HEADS, SEALED, TILES, export
from services.audit_api.record import notes, pack
from services.audit_api.record.sealer import ISSUER, Sealer
from services.audit_api.record.verify import EXPORT_FORMAT, Bad, Checkpoint, Peaks, inclusion_root, leaf_hash, verify
from services.audit_api.record.witness import Witness, _alone
from tests.audit_api.casework import inspector, referred
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.journals import Journals, empty_log, seal_all
from tests.audit_api.office import confirmed_draft, finding
from tests.audit_api.test_evidence import send
from tests.audit_api.test_finding import alerted
from tests.callers import LOG, SEALER_KEY, WITNESS, audit_caller, internal_token

NOW = 1_764_000_000


@pytest.fixture
async def log(admin: asyncpg.Pool) -> asyncpg.Pool:
    await empty_log(admin)
    return admin


def journals_of(county: str, count: int) -> Journals:
    journals = Journals()
    journals.write("funds", county, count)
    journals.write("audit", f"{county}.leads", 5)
    return journals


async def test_each_event_is_proved_below_each_checkpoint_that_holds_it(
    log: asyncpg.Pool, database: Database, county: str, audit_http: httpx.AsyncClient
) -> None:
    journals = journals_of(county, 260)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    journals.write("funds", county, 40)
    await seal_all(sealer)
    inspector = audit_caller(audit_http, "inspector", county)
    of = {"service": "funds", "stream": county}
    for position, size in ((1, 265), (260, 265), (1, 305), (256, 305), (261, 305), (300, 305)):
        query = {**of, "position": position, "size": size}
        told = (await inspector.get("/audit/v1/record/inclusion", params=query)).json()
        checkpoint = Checkpoint.read(told["note"])
        proof = [bytes.fromhex(one) for one in told["proof"]]
        assert checkpoint.size == size
        assert inclusion_root(leaf_hash(told["line"].encode()), told["position"], size, proof) == checkpoint.root
    early = await inspector.get("/audit/v1/record/inclusion", params={**of, "position": 261, "size": 265})
    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (409, "not-sealed-yet")
    for query in (
        {**of, "position": 301},
        {**of, "position": 1, "service": "identity"},
        {**of, "position": 1, "stream": f"{county}.leads", "service": "audit"},
        {**of, "position": 1, "size": 266},
    ):
        assert (await inspector.get("/audit/v1/record/inclusion", params=query)).status_code == 404
    neighbour = audit_caller(audit_http, "inspector", "980001")
    assert (await neighbour.get("/audit/v1/record/inclusion", params={**of, "position": 1})).status_code == 404
    backwards = await inspector.get("/audit/v1/record/consistency", params={"old_size": 306})
    assert (backwards.status_code, backwards.json()["figures"]["largest"]) == (409, 305)


async def proof_of(http: httpx.AsyncClient, county: str, position: int) -> tuple[int, Any]:
    """A proof that leads to the root of its own checkpoint, or the problem there is."""
    answer = await audit_caller(http, "inspector", county).get(
        "/audit/v1/record/inclusion", params={"service": "funds", "stream": county, "position": position}
    )
    told = answer.json()
    if answer.status_code != 200:
        return answer.status_code, told["type"].rpartition("/")[2]
    proof = [bytes.fromhex(one) for one in told["proof"]]
    root = inclusion_root(leaf_hash(told["line"].encode()), told["position"], told["size"], proof)
    assert root == Checkpoint.read(told["note"]).root
    return 200, told["size"]


async def test_a_proof_is_of_the_log_that_is_there_and_none_is_given_of_a_changed_one(
    log: asyncpg.Pool, database: Database, county: str, audit_http: httpx.AsyncClient
) -> None:
    await seal_all(journals_of(county, 400).sealer(database, county))
    assert [await proof_of(audit_http, county, at) for at in (1, 300, 400)] == [(200, 405)] * 3
    await empty_log(log)  # an old backup was restored below a service that runs
    other = Journals()
    other.write("audit", county, 30)
    other.write("funds", county, 400)
    await seal_all(other.sealer(database, county))
    assert [await proof_of(audit_http, county, at) for at in (1, 300, 400)] == [(200, 430)] * 3
    await log.execute("UPDATE audit.log_leaf SET hash = sha256(hash) WHERE stream_position = 300 AND service = 'funds'")
    assert await proof_of(audit_http, county, 300) == (409, "record-damaged")
    await log.execute("UPDATE audit.log_tile SET hashes = sha256(hashes) || substr(hashes, 33)")
    assert await proof_of(audit_http, county, 2) == (409, "record-damaged")


async def test_nothing_sealed_is_said_so(log: asyncpg.Pool, county: str, audit_http: httpx.AsyncClient) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    for path in ("checkpoint", "consistency?old_size=0"):
        answer = await inspector.get(f"/audit/v1/record/{path}")
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "nothing-sealed")


class Office:
    """Another office: a witness in the prefecture, with a key and a state of its own."""

    def __init__(self, audit_http: httpx.AsyncClient, folder: Path) -> None:
        app: Any = audit_http.app  # type: ignore[attr-defined]
        token = internal_token("witness", "9900", audience="audit")
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://audit",
            headers={"Authorization": f"Bearer {token}"},
        )
        self.witness = Witness(self.http, LOG.key, WITNESS, folder / "seen")

    async def look(self) -> str:
        return await self.witness.look(NOW)


@pytest.fixture
def office(audit_http: httpx.AsyncClient, tmp_path: Path) -> Office:
    return Office(audit_http, tmp_path)


async def test_a_witness_signs_what_follows_and_everybody_is_shown_its_line(
    log: asyncpg.Pool, database: Database, county: str, audit_http: httpx.AsyncClient, office: Office
) -> None:
    journals = journals_of(county, 10)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    assert await office.look() == "15 条，已见证（首次）"
    assert await office.look() == "15 条，先前已见证"
    journals.write("funds", county, 300)
    await seal_all(sealer)
    assert await office.look() == "315 条，已见证（上次 15 条）"
    inspector = audit_caller(audit_http, "inspector", county)
    told = Checkpoint.read((await inspector.get("/audit/v1/record/checkpoint")).json()["note"])
    assert told.signed_by(WITNESS.key) == NOW
    [seen] = (await inspector.get("/audit/v1/record/status")).json()["witnesses"]
    assert (seen["witness"], seen["size"]) == ("witness.test", 315)
    event = await log.fetchrow("SELECT body FROM audit.event WHERE stream = '9900' ORDER BY position DESC LIMIT 1")
    assert event is not None
    assert json.loads(event["body"])["root"] == told.root.hex()


@pytest.mark.parametrize("lie", ["fork", "cut", "fork of the same size"])
async def test_a_witness_that_is_lied_to_names_it_keeps_both_and_signs_nothing_more(
    lie: str, log: asyncpg.Pool, database: Database, county: str, office: Office
) -> None:
    await seal_all(journals_of(county, 100).sealer(database, county))
    await office.look()
    signed = await log.fetchval("SELECT max(size) FROM audit.log_cosignature")
    await empty_log(log)
    other = Journals()
    other.write("funds", county, {"fork": 300, "cut": 90, "fork of the same size": 105}[lie])
    await seal_all(other.sealer(database, county))
    with pytest.raises(Bad) as bad:
        await office.look()
    said = {"fork": "不以先前的 105 条为开头", "cut": "先前见到 105 条", "fork of the same size": "两个不同的根"}
    assert said[lie] in str(bad.value)
    kept = office.witness.conflict.read_text(encoding="utf-8")
    assert kept.count(LOG.key.name + "\n") == 2
    with pytest.raises(Bad, match="尚未处理"):
        await office.look()
    assert signed == 105
    assert await log.fetchval("SELECT count(*) FROM audit.log_cosignature") == 0


async def test_two_looks_at_once_over_one_state_are_one(office: Office) -> None:
    with _alone(office.witness.state.with_name("seen.lock")), pytest.raises(Bad, match="另一次见证正在进行"):
        await office.look()


async def test_a_log_that_signs_more_and_shows_no_proof_is_not_signed_and_is_asked_again(
    log: asyncpg.Pool, database: Database, county: str, office: Office
) -> None:
    journals = journals_of(county, 10)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    await office.look()
    journals.write("funds", county, 10)
    await seal_all(sealer)

    async def withheld(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/consistency"):
            return httpx.Response(200, json={"proof": None})
        return await office.http.send(request)

    lying = httpx.AsyncClient(
        transport=httpx.MockTransport(withheld), base_url="http://audit", headers=office.http.headers
    )
    with pytest.raises(Bad, match="没有给出它以先前的 15 条为开头的证明"):
        await replace(office.witness, http=lying).look(NOW)
    assert not office.witness.conflict.exists()
    assert await office.look() == "25 条，已见证（上次 15 条）"


async def test_only_a_registered_witness_is_heard_and_only_below_what_it_signed(
    log: asyncpg.Pool, database: Database, county: str, audit_http: httpx.AsyncClient
) -> None:
    sealer = journals_of(county, 10).sealer(database, county)
    await seal_all(sealer)
    inspector = audit_caller(audit_http, "inspector", county)
    found = Checkpoint.read((await inspector.get("/audit/v1/record/checkpoint")).json()["note"])
    line = notes.cosignature(WITNESS, found, NOW)
    stranger = notes.Signer.of("witness.test", b"s" * 32, 4)
    another = Checkpoint.read(notes.checkpoint(LOG, 15, b"r" * 32))
    path = "/audit/v1/record/cosignatures"
    office = audit_caller(audit_http, "witness", "9900")
    for wrong in (
        notes.cosignature(stranger, found, NOW),
        notes.cosignature(WITNESS, another, NOW),
        notes.cosignature(WITNESS, found, int(clock.now().timestamp()) + 3600),
        notes.cosignature(WITNESS, found, 2**63),
        "not a line of a note",
        line + notes.cosignature(stranger, found, NOW),
    ):
        refused = await office.post(path, {"size": 15, "line": wrong.strip()})
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "cosignature-refused"), wrong
    assert (await office.post(path, {"size": 14, "line": line.strip()})).status_code == 404
    key = uuid4().hex
    first = await office.post(path, {"size": 15, "line": line.strip()}, key=key)
    again = await office.post(path, {"size": 15, "line": line.strip()}, key=key)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    for role in ("finance_clerk", "inspector", "audit_admin"):
        other = audit_caller(audit_http, role, county)
        assert (await other.post(path, {"size": 15, "line": line.strip()})).status_code == 403, role
    # A witness sees hashes of everything and learns of no event: not that it is there, and not where.
    for query in ("status", f"inclusion?service=funds&stream={county}&position=1", f"findings/{uuid4()}"):
        assert (await office.get(f"/audit/v1/record/{query}")).status_code == 403, query
    assert (await office.get("/audit/v1/findings")).status_code == 403


@pytest.fixture
async def bundled(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    feed: FakeFeed,
    no_books: list[httpx.URL],
) -> dict[str, Any]:
    """The bundle of a finding of the real journal, sealed by the real sealer."""
    inspector = audit_caller(audit_http, "inspector", county)
    [alert] = await alerted(feed, database, county, uuid4())
    opened = await inspector.post("/audit/v1/findings", finding(alert))
    assert opened.status_code == 201, opened.text
    await seal_audit(audit_http, database, county)
    path = f"/audit/v1/record/findings/{opened.json()['id']}"
    neighbour = audit_caller(audit_http, "inspector", "980001")
    assert (await neighbour.get(path)).status_code == 404
    assert (await audit_caller(audit_http, "finance_clerk", county).get(path)).status_code == 403
    answer = await inspector.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_bundle_of_a_finding_is_verified_offline(bundled: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(bundled), encoding="utf-8")
    assert [row["kind"] for row in bundled["rows"]] == ["AlertsTakenIn", "FindingDrawnUp"]
    assert "签名有效" in verify(file, LOG.key)
    with pytest.raises(Bad, match="没有"):
        verify(file, notes.Signer.of(LOG.key.name, b"o" * 32, 1).key)


@pytest.mark.parametrize(
    "field", ["body", "actor", "kind", "recorded_micros", "outcome_sha256", "previous_hash", "hash", "stream"]
)
async def test_a_bundle_with_one_field_changed_does_not_pass(
    field: str, bundled: dict[str, Any], tmp_path: Path
) -> None:
    row = bundled["rows"][0]
    text = str(row[field])
    changed = text[:-1] + ("0" if text[-1] != "0" else "1")
    row[field] = int(changed) if isinstance(row[field], int) else changed
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(bundled), encoding="utf-8")
    with pytest.raises(Bad) as bad:
        verify(file, LOG.key)
    assert bad.value.position == row["log_position"]


async def seal_audit(
    audit_http: httpx.AsyncClient, database: Database, county: str, signers: Sequence[notes.Signer] = (LOG,)
) -> None:
    """Seal the real journal of audit_api to its end."""
    app: Any = audit_http.app  # type: ignore[attr-defined]
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://audit")
    key = SigningKey.from_jwk(SEALER_KEY, ISSUER, "internal+jwt")
    await seal_all(Sealer(database, {"audit": http}, key, signers, [county]))


async def test_a_pack_carries_versions_and_evidence_and_is_asked_for_as_it_was_known(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    feed: FakeFeed,
    no_books: list[httpx.URL],
    tmp_path: Path,
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    [alert] = await alerted(feed, database, county, uuid4())
    drafted = (await inspector.post("/audit/v1/findings", finding(alert))).json()
    path = f"/audit/v1/record/findings/{drafted['id']}"
    known_at = await log.fetchval("SELECT recorded_at FROM audit.stream_head WHERE stream = $1", county)
    assert (await send(inspector, drafted["id"], b"%PDF-1.7\nreceipt")).status_code == 201
    redrawn = {**finding(alert, title="第一镇滞留扶贫资金（更正）"), "based_on": drafted["version_hash"]}
    again = await inspector.post(f"/audit/v1/findings/{drafted['id']}/versions", redrawn)
    assert again.status_code == 201, again.text
    await confirmed_draft(audit_http, county, again.json())
    await seal_audit(audit_http, database, county)

    before = (await inspector.get(path, params={"known_at": known_at.isoformat()})).content
    then = json.loads(before)
    assert [row["kind"] for row in then["rows"]] == ["AlertsTakenIn", "FindingDrawnUp"]
    assert ([one["version_no"] for one in then["versions"]], then["evidence"]) == ([1], [])
    earlier = (known_at - timedelta(days=1)).isoformat()
    assert (await inspector.get(path, params={"known_at": earlier})).status_code == 404
    _held_to_what_it_says_was_known(then, known_at, tmp_path / "then.json")

    app: Any = audit_http.app  # type: ignore[attr-defined]
    token = internal_token("inspector", county, audience="audit")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://audit",
        headers={"Authorization": f"Bearer {token}"},
    ) as http:
        told = await pack.fetch(http, drafted["id"], tmp_path / "pack", {})
    kinds = [row["kind"] for row in told["rows"]]
    assert kinds == ["AlertsTakenIn", "FindingDrawnUp", "EvidenceKept", "FindingDrawnUp", "FindingOpened"]
    assert [one["content"]["title"] for one in told["versions"]] == [
        "第一镇滞留扶贫资金",
        "第一镇滞留扶贫资金（更正）",
    ]
    assert told["not_sealed_yet"] == 0
    said = verify(tmp_path / "pack", LOG.key)
    assert "5 条日志（监督 5 条，资金 0 条）" in said
    assert "2 稿、3 处文字与 1 份证据的摘要在其中，账本未能提供 1 条，签名有效" in said
    assert said.endswith("1 份证据文件相符，0 份未附")
    file = tmp_path / "pack" / "evidence" / told["evidence"][0]["sha256"]
    file.write_bytes(b"%PDF-1.7\nanother")
    with pytest.raises(Bad, match="内容与摘要不符"):
        verify(tmp_path / "pack", LOG.key)
    told["versions"][0]["content"]["title"] = "另一标题"
    (tmp_path / "pack" / "bundle.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(Bad, match="第 1 稿的内容与日志中的摘要不符"):
        verify(tmp_path / "pack", LOG.key)

    await seal_audit(audit_http, database, county)
    later = (await inspector.get(path, params={"known_at": known_at.isoformat()})).content
    assert later == before, "what was known then, whatever came later"


def _held_to_what_it_says_was_known(bundle: dict[str, Any], known_at: datetime, file: Path) -> None:
    """A bundle as known at the instant of its last row: that far, and with no row from behind what it says."""
    last = bundle["rows"][-1]
    assert last["recorded_micros"] == round(known_at.timestamp() * 1_000_000)

    def verdict(**changed: Any) -> str:
        file.write_text(json.dumps({**bundle, **changed}), encoding="utf-8")
        return verify(file, LOG.key)

    at, place = known_at.isoformat(), last["position"]
    for instant in (at, at.replace("+00:00", "Z"), known_at.astimezone(timezone(timedelta(hours=8))).isoformat()):
        assert "签名有效" in verdict(known_at=instant)
    for changed, said in (
        ({"known_at": (known_at - timedelta(microseconds=1)).isoformat()}, "之后才登记"),
        ({"known_position": place - 1}, f"登记位置（第 {place - 1} 条）之后"),
    ):
        with pytest.raises(Bad, match=said) as bad:
            verdict(**changed)
        assert bad.value.position == last["log_position"]
    for wrong in ("yesterday", at.removesuffix("+00:00"), 7, None):
        with pytest.raises(Bad, match="登记时点格式有误"):
            verdict(known_at=wrong)
    for wrong in (None, "7", True):
        with pytest.raises(Bad, match="没有日志位置"):
            verdict(known_position=wrong)


@pytest.fixture
async def exported(bundled: dict[str, Any], log: asyncpg.Pool, urls: dict[str, str], tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    connection = await asyncpg.connect(urls["admin"])
    await export(connection, tmp_path / "export", sealed_streams_only=True)
    await connection.close()
    return tmp_path / "export"


async def test_an_export_of_the_journal_is_verified_offline(exported: Path) -> None:
    assert verify(exported, LOG.key) == "2 条日志均与检查点相符，0 条尚未封存，1 个检查点签名有效、前后一致"


async def test_an_export_that_does_not_reach_what_was_seen_before_does_not_pass(exported: Path) -> None:
    seen = Checkpoint.read(notes.checkpoint(LOG, 3, Peaks().root()))
    with pytest.raises(Bad, match="先前见到 3 条") as bad:
        verify(exported, LOG.key, [seen])
    assert bad.value.position == 2


async def test_leaves_of_what_is_kept_apart_are_in_an_export_by_their_hash_alone(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    urls: dict[str, str],
    tmp_path: Path,
) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    lead = await referred(county, an, bo)
    await log.execute(
        "SELECT audit.journal_append($1, gen_random_uuid(), 'Told', '{}', 'a', 'r', 'key-00001', sha256('r'), '{}')",
        county,
    )
    await seal_audit(audit_http, database, county)
    apart = await log.fetchval("SELECT count(*) FROM audit.log_leaf WHERE stream = $1", f"{county}.leads")
    assert apart > 0
    connection = await asyncpg.connect(urls["admin"])

    async def exported_to(name: str, of: str | None = None) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        await export(connection, folder, county=of, sealed_streams_only=True)
        return folder

    whole, here = await exported_to("whole"), await exported_to("here", county)
    for folder in (whole, here, elsewhere := await exported_to("elsewhere", "980001")):
        assert "前后一致" in verify(folder, LOG.key)
        for file in folder.iterdir():
            told = file.read_bytes()
            assert b".leads" not in told, file
            assert b"Lead" not in told, file
            assert lead.encode() not in told, file
    assert f"其中 {apart} 条只有摘要" in verify(whole, LOG.key)
    size = await log.fetchval("SELECT size FROM audit.log_head")
    assert f"其中 {size} 条只有摘要" in verify(elsewhere, LOG.key)
    assert {line.split(b"\t")[2] for line in (here / "journal.tsv").read_bytes().splitlines()} == {
        county.encode(),
        b"\\N",
    }

    # An event that nobody sees in it is held all the same, at its place.
    at = await log.fetchval("SELECT min(position) FROM audit.log_leaf WHERE stream = $1", f"{county}.leads")
    for damage in (
        "UPDATE audit.event SET body = '{}' WHERE stream = $1 AND position = 1",
        "DELETE FROM audit.event WHERE stream = $1 AND position = 1",
    ):
        undone = connection.transaction()
        await undone.start()
        await connection.execute(damage, f"{county}.leads")
        folder = tmp_path / f"damaged{damage[:3]}"
        folder.mkdir()
        await _exported_inside(connection, folder)
        await undone.rollback()
        with pytest.raises(Bad) as bad:
            verify(folder, LOG.key)
        size = await log.fetchval("SELECT size FROM audit.log_head")
        assert bad.value.position in {at, 0}, "its place, or the range up to the checkpoint that holds it"
    await connection.close()


async def _exported_inside(connection: asyncpg.Connection, folder: Path) -> None:
    """The same export out of a transaction that is undone afterwards: it sees what that has changed."""
    with (folder / "journal.tsv").open("wb") as file:
        await connection.copy_from_query(SEALED, None, output=file)
    with (folder / "heads.tsv").open("wb") as file:
        await connection.copy_from_query(HEADS, None, True, output=file)  # noqa: FBT003 - a parameter of SQL
    with (folder / "tiles.tsv").open("wb") as file:
        await connection.copy_from_query(TILES, output=file)
    notes = await connection.fetch("SELECT note FROM audit.log_checkpoint ORDER BY size")
    (folder / "checkpoints.jsonl").write_text("".join(json.dumps(one["note"]) + "\n" for one in notes))
    (folder / "export.json").write_text(json.dumps({"format": EXPORT_FORMAT, "county": None}))
