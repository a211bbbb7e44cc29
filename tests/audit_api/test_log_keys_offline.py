"""The operator changes the log's key: what was carried off before, across or after it is verified with either one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chaos.checker import Verdict
from chaos.sealing import change_key, look_at_the_log
from chassis.database import Database
from deploy.onebox.export import export
from deploy.onebox.installation import Refused
from deploy.onebox.log_key import Keyring, announce, draw, finish
from deploy.onebox.processes import ROOT, Child
from deploy.onebox.stack import Stack
from services.audit_api.record import notes, pack
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import Bad, Checkpoint, Key, main, read_keys, verify
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.journals import empty_log
from tests.audit_api.office import finding
from tests.audit_api.test_evidence import send
from tests.audit_api.test_finding import alerted
from tests.audit_api.test_record import seal_audit
from tests.callers import LOG, audit_caller, internal_token

STRANGER = Signer.of("log.test", b"x" * 32, 1)


@pytest.fixture
async def log(admin: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """The log, and the nation's stream of audit_api's journal, as a new installation has them; again afterwards."""
    forget = ("DELETE FROM audit.event WHERE stream = '00'", "DELETE FROM audit.stream_head WHERE stream = '00'")
    for _ in range(2):
        await empty_log(admin)
        for statement in forget:
            await admin.execute(statement)
        if _ == 0:
            yield admin


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The secret file of containers, with the key in use."""
    file = tmp_path / "log_key"
    file.write_text(notes.written(LOG.key.name, LOG.private.private_bytes_raw()) + "\n")
    file.chmod(0o644)
    return Keyring(tmp_path, file)


class Carried:
    """What an inspector carried off: of before the change, and of after it."""

    def __init__(self, folder: Path, http: httpx.AsyncClient, county: str) -> None:
        self.folder = folder
        self.inspector = audit_caller(http, "inspector", county)
        self.new = LOG.key

    def keep(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file

    async def bundle(self, name: str, finding: str, **query: Any) -> Path:
        answer = await self.inspector.get(f"/audit/v1/record/findings/{finding}", params=query)
        assert answer.status_code == 200, answer.text
        return self.keep(name, answer.content)


def passes(path: Path, *keys: Key, **more: Any) -> None:
    for key in keys:
        assert "签名有效" in verify(path, key, **more), key


async def test_a_bundle_and_a_pack_are_verified_by_either_key_and_by_no_other(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    feed: FakeFeed,
    no_books: list[httpx.URL],
    keyring: Keyring,
    urls: dict[str, str],
    tmp_path: Path,
) -> None:
    carried = Carried(tmp_path, audit_http, county)
    [alert] = await alerted(feed, database, county, uuid4())
    drafted = (await carried.inspector.post("/audit/v1/findings", finding(alert))).json()["id"]
    known_at = (await log.fetchval("SELECT recorded_at FROM audit.stream_head WHERE stream = $1", county)).isoformat()
    await seal_audit(audit_http, database, county)
    old = await carried.bundle("old.json", drafted, known_at=known_at)
    seen = Checkpoint.read(json.loads(old.read_bytes())["checkpoint"])
    assert b'"keys"' not in old.read_bytes(), "one key: a bundle is what it always was"

    fresh = draw(keyring)
    assert await announce(urls["admin"], keyring.held(), "routine", "张三") == (LOG.key, fresh)
    await seal_audit(audit_http, database, county, keyring.held())
    assert (await send(carried.inspector, drafted, b"%PDF-1.7\nreceipt")).status_code == 201
    await seal_audit(audit_http, database, county, keyring.held())

    across = await carried.bundle("across.json", drafted, seen_size=seen.size)
    told = json.loads(across.read_bytes())
    assert len(told["keys"]) == 1
    passes(across, LOG.key, fresh)
    passes(across, LOG.key, fresh, seen=[seen])
    with pytest.raises(Bad, match="不相接"):
        verify(across, STRANGER.key)
    alone = carried.keep("alone.json", json.dumps({**told, "keys": []}).encode())
    passes(alone, fresh)
    size = Checkpoint.read(told["checkpoint"]).size
    with pytest.raises(Bad, match="没有在日志中公告") as bad:
        verify(alone, LOG.key)
    assert bad.value.position == size
    retired = notes.checkpoint(LOG, size, Checkpoint.read(told["checkpoint"]).root)
    with pytest.raises(Bad, match="由已停用的密钥"):
        verify(carried.keep("retired.json", json.dumps({**told, "checkpoint": retired}).encode()), LOG.key)
    [change] = told["keys"]
    for name, wrong in (
        ("proof", [*change["proof"][:-1], "0" * 64]),
        ("event_position", change["event_position"] + 1),
        ("note", change["note"].replace(fresh.text(), STRANGER.key.text())),
        ("note", "\n".join(change["note"].split("\n")[:-2]) + "\n"),
    ):
        with pytest.raises(Bad):
            verify(carried.keep("w.json", json.dumps({**told, "keys": [{**change, name: wrong}]}).encode()), LOG.key)

    assert (await carried.bundle("again.json", drafted, known_at=known_at)).read_bytes() == old.read_bytes()
    passes(old, LOG.key)
    with pytest.raises(Bad, match="没有在日志中公告"):
        verify(old, fresh)
    answer = await carried.inspector.get("/audit/v1/record/keys", params={"size": seen.size})
    keys = carried.keep("keys.json", answer.content)
    passes(old, LOG.key, fresh, told=[read_keys(keys)])
    assert main([str(old), "--key", fresh.text(), "--keys", str(keys)]) == 0
    assert main([str(old), "--key", fresh.text()]) == 1
    assert main([str(old), "--key", fresh.text(), "--keys", str(old)]) == 2

    app: Any = audit_http.app  # type: ignore[attr-defined]
    token = internal_token("inspector", county, audience="audit")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://a", headers=headers) as http:
        await pack.fetch(http, drafted, tmp_path / "pack", {"known_at": known_at})
    for key in (LOG.key, fresh):
        assert "份证据文件相符" in verify(tmp_path / "pack", key)


async def test_an_export_across_a_change_passes_and_is_held_to_it(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    keyring: Keyring,
    urls: dict[str, str],
    tmp_path: Path,
) -> None:
    append = "SELECT audit.journal_append($1, gen_random_uuid(), 'Told', '{}', 'a', 'r', $2, sha256('r'), '{}')"
    await log.execute(append, county, "key-00001")
    await seal_audit(audit_http, database, county)
    fresh = draw(keyring)
    for _ in range(2):  # said twice it is announced once
        await announce(urls["admin"], keyring.held(), "compromised", "张三")
    await seal_audit(audit_http, database, county, keyring.held())
    with pytest.raises(Refused, match="已有下一把密钥"):
        draw(keyring)
    assert await finish(urls["admin"], keyring) == fresh
    assert [one.key for one in keyring.held()] == [fresh]
    assert keyring.file is not None
    assert keyring.file.stat().st_mode & 0o777 == 0o644
    await log.execute(append, county, "key-00002")
    await seal_audit(audit_http, database, county, keyring.held())
    assert await log.fetchval("SELECT body->>'announced_by' FROM audit.event WHERE stream = '00'") == "张三"

    connection = await asyncpg.connect(urls["admin"])

    async def exported(name: str, of: str | None = None) -> Path:
        (tmp_path / name).mkdir()
        await export(connection, tmp_path / name, county=of, sealed_streams_only=True)
        return tmp_path / name

    for folder in (await exported("whole"), await exported("here", county)):
        for key in (LOG.key, fresh):
            assert "3 条日志均与检查点相符" in verify(folder, key)
        with pytest.raises(Bad, match="不相接"):
            verify(folder, STRANGER.key)

    async def damaged(name: str, statement: str, *arguments: Any) -> Bad:
        undone = connection.transaction(isolation="repeatable_read")
        await undone.start()
        assert await connection.execute(statement, *arguments) != "UPDATE 0"
        folder = await exported(name)
        await undone.rollback()
        with pytest.raises(Bad) as bad:
            verify(folder, LOG.key)
        return bad.value

    last = await log.fetchrow("SELECT size, root FROM audit.log_checkpoint ORDER BY size DESC LIMIT 1")
    assert last is not None
    sign = "UPDATE audit.log_checkpoint SET note = $1 WHERE size = 3"
    bad = await damaged("unannounced", sign, notes.checkpoint(STRANGER, last["size"], last["root"]))
    assert (bad.position, "没有在日志中公告" in bad.reason) == (3, True)
    bad = await damaged("retired", sign, notes.checkpoint(LOG, last["size"], last["root"]))
    assert (bad.position, "由已停用的密钥" in bad.reason) == (3, True)
    assert (await damaged("hidden", "DELETE FROM audit.log_key_change")).position == 3
    note = await log.fetchval("SELECT note FROM audit.log_key_change")
    root = Checkpoint.read(note).root
    leaf = note.split("\n")[4].removeprefix("key-event ").encode()
    forged = notes.key_change(LOG.key, [LOG, STRANGER], 2, root, leaf)
    bad = await damaged("another", "UPDATE audit.log_key_change SET note = $1", forged)
    assert (bad.position, bad.reason.startswith("检查点（3 条）没有")) == (3, True)
    early = notes.key_change(LOG.key, keyring.held(), 2, root, leaf[:-1] + b"0")
    assert "没有原密钥的签名" in (await damaged("alone", "UPDATE audit.log_key_change SET note = $1", early)).reason
    unsaid = notes.key_change(LOG.key, [LOG, *keyring.held()], 2, root, leaf[:-2] + b"00")
    bad = await damaged("nowhere", "UPDATE audit.log_key_change SET note = $1", unsaid)
    assert (bad.position, bad.reason) == (2, "密钥更换（2 条处）的公告不在日志中")
    await connection.close()


async def test_what_is_no_change_of_the_log_in_use_is_refused_and_nothing_is_announced(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    keyring: Keyring,
    urls: dict[str, str],
    tmp_path: Path,
) -> None:
    url = urls["admin"]
    held = [LOG, Signer.of("log.test", b"n" * 32, 1)]
    with pytest.raises(Refused, match="尚未封存"):
        await announce(url, held, "routine", "张三")
    await log.execute(
        "SELECT audit.journal_append($1, gen_random_uuid(), 'Told', '{}', 'a', 'r', 'key-00001', sha256('r'), '{}')",
        county,
    )
    await seal_audit(audit_http, database, county)
    with pytest.raises(Refused, match="没有下一把"):
        await announce(url, [LOG], "routine", "张三")
    with pytest.raises(Refused, match="不是遗失"):
        await announce(url, held, "lost", "张三")
    with pytest.raises(Refused, match="都不是日志现用的"):
        await announce(url, [STRANGER], "lost", "张三")
    with pytest.raises(Refused, match="没有原密钥"):
        await announce(url, held[1:], "routine", "张三", LOG.key)
    with pytest.raises(Refused, match="尚未换用"):
        await finish(url, keyring)
    assert await log.fetchval("SELECT count(*) FROM audit.log_key_announcement") == 0
    assert await announce(url, held[1:], "lost", "张三", LOG.key) == (LOG.key, held[1].key)
    empty = Keyring(tmp_path, tmp_path / "none")
    with pytest.raises(Refused, match="--old-key"):
        draw(empty)
    assert draw(empty, "log.test").name == "log.test"
    assert len(empty.held()) == 1


async def run_log_key(url: str, keyring: Keyring, verb: str, *more: str) -> tuple[int, str, str]:
    """The operator's command as a process of its own, against the database at `url`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.onebox.log_key", verb, "--home", str(keyring.home)),
        *("--log-key", str(keyring.file), *more),
        env={**os.environ, "QINGLIU_DATABASE_URL": url, "PYTHONIOENCODING": "utf-8"},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, failed = await process.communicate()
    return process.returncode or 0, said.decode(), failed.decode()


async def test_the_operators_command_changes_the_key_as_a_process(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    keyring: Keyring,
    urls: dict[str, str],
) -> None:
    await log.execute(
        "SELECT audit.journal_append($1, gen_random_uuid(), 'Told', '{}', 'a', 'r', 'key-00001', sha256('r'), '{}')",
        county,
    )
    url, by = urls["admin"], ("--because", "routine", "--by", "张三")
    code, said, failed = await run_log_key(url, keyring, "announce", *by)
    assert (code, said, failed) == (1, "", "未能更换：日志尚未封存，密钥可以直接换用，无须公告\n")
    await seal_audit(audit_http, database, county)

    held = keyring.held()
    assert len(held) == 2, "drawn before it was refused; the next time this one is announced"
    fresh = held[-1].key
    code, said, failed = await run_log_key(url, keyring, "draw")
    assert (code, said, failed) == (1, "", "未能更换：密钥文件中已有下一把密钥；请先完成这一次更换\n")
    code, _, failed = await run_log_key(url, keyring, "announce", "--because", "routine", "--by", " ")
    assert (code, failed) == (1, "未能更换：经办人须填写\n")
    code, _, failed = await run_log_key(url, keyring, "announce", "--because", "tired", "--by", "张三")
    assert (code, "invalid choice: 'tired'" in failed) == (2, True)
    assert await log.fetchval("SELECT count(*) FROM audit.log_key_announcement") == 0

    for _ in range(2):  # said twice it is announced once
        code, said, failed = await run_log_key(url, keyring, "announce", *by)
        assert (code, failed) == (0, "")
        assert said.splitlines()[:2] == ["已记入日志：例行更换，张三 经办", f"原公钥：{LOG.key.text()}"]
        assert said.splitlines()[2].startswith(f"新公钥：{fresh.text()}（")
    [told] = await log.fetch("SELECT body FROM audit.event WHERE stream = '00' AND kind = 'LogKeyAnnounced'")
    assert json.loads(told["body"])["announced_by"] == "张三"
    assert "PRIVATE" not in said + told["body"]

    code, said, failed = await run_log_key(url, keyring, "finish")
    assert (code, said, failed.startswith("未能更换：封存进程尚未换用新密钥")) == (1, "", True)
    assert [one.key for one in keyring.held()] == [LOG.key, fresh]
    await seal_audit(audit_http, database, county, held)
    code, said, failed = await run_log_key(url, keyring, "finish")
    assert (code, said, failed) == (0, f"只保留现用密钥，公钥：{fresh.text()}\n", "")
    assert [one.key for one in keyring.held()] == [fresh]
    code, said, _ = await run_log_key(url, keyring, "draw")
    assert (code, [f"下一把公钥：{one.key.text()}\n" for one in keyring.held()[1:]]) == (0, [said])
    code, _, failed = await run_log_key(f"{url}_elsewhere", keyring, "finish")
    assert (code, failed.startswith("未能更换：")) == (1, True), "no such database: a sentence, and no traceback"


async def test_the_storms_operator_announces_a_key_and_the_sealer_is_killed_over_it(
    log: asyncpg.Pool,
    database: Database,
    county: str,
    audit_http: httpx.AsyncClient,
    urls: dict[str, str],
    tmp_path: Path,
) -> None:
    await log.execute(
        "SELECT audit.journal_append($1, gen_random_uuid(), 'Told', '{}', 'a', 'r', 'key-00001', sha256('r'), '{}')",
        county,
    )
    await seal_audit(audit_http, database, county)
    written = notes.written(LOG.key.name, LOG.private.private_bytes_raw())
    waiting = [sys.executable, "-c", "import signal; signal.pause()"]
    sealer = Child("sealer", waiting, {"AUDIT_LOG_KEY": written}, tmp_path / "sealer.log")
    stack = Stack()
    stack.secrets.log_key = written
    stack.database_urls = {"admin": urls["admin"]}
    stack._children["sealer"] = sealer
    sealer.start()
    try:
        await change_key(stack)
        assert await asyncio.to_thread(sealer._process.wait, 20) == -signal.SIGKILL  # type: ignore[union-attr]
    finally:
        sealer.stop()
    held = notes.signers_of(sealer.environment["AUDIT_LOG_KEY"])
    assert [one.key for one in held][:1] == [LOG.key]
    assert stack.secrets.log_vkey == LOG.key.text(), "the key from before is what the storm verifies with"
    await seal_audit(audit_http, database, county, held)
    assert await log.fetchval("SELECT key FROM audit.log_key_change") == held[-1].key.text()
    verdict = Verdict()
    connection = await asyncpg.connect(urls["admin"])
    async with connection.transaction():
        await look_at_the_log(connection, LOG.key, verdict)
    await connection.close()
    assert verdict.key_changes == 1
