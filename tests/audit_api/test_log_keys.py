"""The log's key is changed in the middle of the log: from any one key all that signed in turn are believed, alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from chaos.checker import Verdict
from chaos.sealing import look_at_the_log
from chassis.database import Database
from services.audit_api.record import notes, store
from services.audit_api.record.keys import KeyNotAnnounced
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import (
    Bad,
    Checkpoint,
    Key,
    KeyChange,
    KeyMisused,
    Keys,
    changes_of,
    joined_changes,
)
from tests.audit_api.journals import Journals, Killed, empty_log, seal_all
from tests.audit_api.test_record import Office
from tests.callers import LOG, audit_caller

NEXT = Signer.of("log.test", b"n" * 32, 1)
THIRD = Signer.of("log.test", b"t" * 32, 1)
STRANGER = Signer.of("log.test", b"x" * 32, 1)
NOW = 1_764_000_000


@pytest.fixture
async def log(admin: asyncpg.Pool) -> asyncpg.Pool:
    await empty_log(admin)
    return admin


@pytest.fixture
def office(audit_http: httpx.AsyncClient, tmp_path: Path) -> Office:
    return Office(audit_http, tmp_path)


async def announce(admin: asyncpg.Pool, journals: Journals, before: Key, after: Key, because: str = "routine") -> None:
    """As the operator's command does it: an event of the nation's stream, and which keys it is about."""
    journals.write("audit", "00", 1)
    await admin.execute(
        "INSERT INTO audit.log_key_announcement VALUES ($1, $2, $3, $4, now())",
        *(len(journals.streams["audit", "00"]), before.text(), after.text(), because),
    )


def journals_of(county: str, count: int) -> Journals:
    journals = Journals()
    journals.write("funds", county, count)
    journals.write("identity", "00", 7)
    return journals


async def changed(admin: asyncpg.Pool, database: Database, county: str) -> Journals:
    """A log of 107 leaves, then the change at 108, then 30 more."""
    journals = journals_of(county, 100)
    await seal_all(journals.sealer(database, county))
    await announce(admin, journals, LOG.key, NEXT.key)
    await seal_all(journals.sealer(database, county, signers=[LOG, NEXT]))
    journals.write("funds", county, 30)
    await seal_all(journals.sealer(database, county, signers=[LOG, NEXT]))
    return journals


async def signed(admin: asyncpg.Pool) -> list[tuple[int, str]]:
    """Which key signed which checkpoint."""
    names = {"old": LOG, "new": NEXT, "third": THIRD}
    return [
        (row["size"], "+".join(of for of, one in names.items() if note.signed_by(one.key) is not None))
        for row in await admin.fetch("SELECT size, note FROM audit.log_checkpoint ORDER BY size")
        for note in [Checkpoint.read(row["note"])]
    ]


async def change_of(admin: asyncpg.Pool) -> KeyChange:
    [found] = changes_of([Checkpoint.read(await admin.fetchval("SELECT note FROM audit.log_key_change"))])
    return found


async def laws(urls: dict[str, str], key: Key) -> list[str]:
    """What the storm's laws of the log say of it, of the log alone: there are no such journals."""
    verdict = Verdict()
    connection = await asyncpg.connect(urls["admin"])
    async with connection.transaction():
        await look_at_the_log(connection, key, verdict)
    await connection.close()
    return [one for one in verdict.broken if "不符" not in one or "检查点" in one]


async def test_the_next_key_signs_from_its_announcement_on_and_both_sign_that(
    log: asyncpg.Pool, database: Database, county: str, urls: dict[str, str]
) -> None:
    journals = await changed(log, database, county)
    assert await signed(log) == [(107, "old"), (108, "old"), (138, "new")]
    change = await change_of(log)
    assert (change.size, change.before, change.after) == (108, LOG.key, NEXT.key)
    assert change.checkpoint.signed_by(LOG.key) == change.checkpoint.signed_by(NEXT.key) == 0
    await seal_all(journals.sealer(database, county, signers=[NEXT]))
    with pytest.raises(KeyNotAnnounced):
        await journals.sealer(database, county, signers=[LOG]).run()
    for key in (LOG.key, NEXT.key):
        assert await laws(urls, key) == []
    assert await laws(urls, STRANGER.key)


async def test_a_key_that_nobody_announced_signs_nothing(log: asyncpg.Pool, database: Database, county: str) -> None:
    journals = journals_of(county, 5)
    await seal_all(journals.sealer(database, county))
    journals.write("funds", county, 5)
    for held in ([STRANGER], [NEXT]):
        with pytest.raises(KeyNotAnnounced, match="was announced to follow it"):
            await journals.sealer(database, county, signers=held).run()
    await announce(log, journals, LOG.key, NEXT.key)
    with pytest.raises(KeyNotAnnounced):  # it was not said to be lost: whoever has it signs that it is followed
        await journals.sealer(database, county, signers=[NEXT]).run()
    await seal_all(journals.sealer(database, county, signers=[LOG, STRANGER]))
    assert await signed(log) == [(12, "old"), (18, "old")]
    await seal_all(journals.sealer(database, county, signers=[LOG, NEXT]))
    assert (await change_of(log)).size == 18, "what was sealed meanwhile is below the old key"


@pytest.mark.parametrize("step", ["add_checkpoint", "leaf_of", "add_key_change", "move_head"])
async def test_killed_in_the_middle_of_a_change_it_happens_once(
    step: str, log: asyncpg.Pool, database: Database, county: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals = journals_of(county, 5)
    await seal_all(journals.sealer(database, county))
    await announce(log, journals, LOG.key, NEXT.key)
    whole = getattr(store, step)

    async def dying(*arguments: Any) -> Any:
        await whole(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(store, step, dying)
        with pytest.raises(Killed):
            await seal_all(journals.sealer(database, county, signers=[LOG, NEXT]))
    assert await log.fetchval("SELECT count(*) FROM audit.log_key_change") == 0
    await seal_all(journals.sealer(database, county, signers=[LOG, NEXT]))
    assert await signed(log) == [(12, "old"), (13, "old")]
    assert (await change_of(log)).size == 13


async def test_a_sealer_that_holds_the_old_key_alone_signs_nothing_after_another_changed_it(
    log: asyncpg.Pool, database: Database, county: str
) -> None:
    journals = journals_of(county, 5)
    late = journals.sealer(database, county)
    await seal_all(late)
    await announce(log, journals, LOG.key, NEXT.key)
    await seal_all(late)
    await seal_all(journals.sealer(database, county, signers=[LOG, NEXT]))  # at the same size: no leaf tells the other
    journals.write("funds", county, 1)
    with pytest.raises(KeyNotAnnounced):
        await late.run()
    assert await signed(log) == [(12, "old"), (13, "old")]


async def test_a_lost_key_is_followed_by_the_word_of_the_new_one_which_the_old_does_not_make_believed(
    log: asyncpg.Pool, database: Database, county: str, urls: dict[str, str]
) -> None:
    journals = journals_of(county, 50)
    await seal_all(journals.sealer(database, county))
    journals.write("funds", county, 5)
    await announce(log, journals, LOG.key, NEXT.key, "lost")
    await seal_all(journals.sealer(database, county, signers=[NEXT]))
    assert await signed(log) == [(57, "old"), (58, "new"), (63, "new")]
    assert (await change_of(log)).checkpoint.signed_by(LOG.key) is None
    assert await laws(urls, NEXT.key) == []
    [said] = await laws(urls, LOG.key)
    assert "58 条处的密钥更换没有原密钥的签名" in said


async def test_the_database_lets_no_key_be_followed_twice_or_come_back(
    log: asyncpg.Pool, database: Database, county: str
) -> None:
    journals = await changed(log, database, county)
    await announce(log, journals, LOG.key, THIRD.key)
    await announce(log, journals, NEXT.key, LOG.key)
    add = (
        "INSERT INTO audit.log_key_change SELECT $1, position, 0, key_before, key, 'x', now()"
        " FROM audit.log_key_announcement WHERE key = $2"
    )
    for size, key in ((138, THIRD), (138, LOG), (107, LOG)):
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.UniqueViolationError)):
            await log.execute(add, size, key.key.text())
    with pytest.raises(asyncpg.CheckViolationError):
        await log.execute(
            "INSERT INTO audit.log_key_announcement VALUES (99, $1, $2, 'routine', now())",
            *(NEXT.key.text(), Signer.of("another.log", b"a" * 32, 1).key.text()),
        )


async def told(http: httpx.AsyncClient, county: str, size: int) -> tuple[Checkpoint, list[KeyChange]]:
    """A checkpoint and the changes that are told beside it, each joined with it."""
    inspector = audit_caller(http, "inspector", county)
    note = (await inspector.get("/audit/v1/record/checkpoint", params={"size": size})).json()["note"]
    answer = (await inspector.get("/audit/v1/record/keys", params={"size": size})).json()
    assert answer["size"] == size
    checkpoint = Checkpoint.read(note)
    return checkpoint, joined_changes(answer["changes"], checkpoint)


async def test_from_any_one_key_each_checkpoint_is_believed_that_was_signed_in_turn(
    log: asyncpg.Pool, database: Database, county: str, audit_http: httpx.AsyncClient
) -> None:
    journals = await changed(log, database, county)
    await announce(log, journals, NEXT.key, THIRD.key)
    await seal_all(journals.sealer(database, county, signers=[NEXT, THIRD]))
    journals.write("funds", county, 400)
    await seal_all(journals.sealer(database, county, signers=[THIRD]))
    for size in (107, 108, 138, 139, 539):
        checkpoint, changes = await told(audit_http, county, size)
        assert [one.size for one in changes] == [108, 139]
        for key in (LOG.key, NEXT.key, THIRD.key):
            Keys(key, changes).must_sign(checkpoint)
        with pytest.raises(Bad, match="与所信任的公钥不相接"):
            Keys(STRANGER.key, changes).must_sign(checkpoint)
    checkpoint, [first, second] = await told(audit_http, county, 539)
    with pytest.raises(Bad, match="没有在日志中公告") as bad:
        Keys(NEXT.key, [first]).must_sign(checkpoint)
    assert bad.value.position == 539
    keys = Keys(NEXT.key, [first, second])
    root = checkpoint.root
    for signer, size, said in (
        (LOG, 109, "由已停用的密钥"),
        (NEXT, 140, "由已停用的密钥"),
        (THIRD, 138, "起才启用的密钥签名"),
        (NEXT, 107, "起才启用的密钥签名"),
        (STRANGER, 539, "没有在日志中公告"),
    ):
        with pytest.raises(Bad, match=said) as bad:
            keys.must_sign(Checkpoint.read(notes.checkpoint(signer, size, root)))
        assert bad.value.position == size
    for signer, size in ((LOG, 108), (NEXT, 108), (NEXT, 109), (NEXT, 139), (THIRD, 139)):
        keys.must_sign(Checkpoint.read(notes.checkpoint(signer, size, root)))
    half = second._replace(checkpoint=second.checkpoint._replace(signatures=second.checkpoint.signatures[:1]))
    with pytest.raises(Bad, match="没有新密钥的有效签名"):
        Keys(NEXT.key, [first, half])
    answer = (await audit_caller(audit_http, "inspector", county).get("/audit/v1/record/keys")).json()
    elsewhere = {**answer["changes"][0], "event_position": answer["changes"][0]["event_position"] - 1}
    with pytest.raises(Bad, match="密钥更换的公告不在日志中"):
        joined_changes([elsewhere], checkpoint)


async def test_a_witness_follows_to_the_new_key_and_no_further(
    log: asyncpg.Pool, database: Database, county: str, office: Office
) -> None:
    journals = journals_of(county, 100)
    await seal_all(journals.sealer(database, county))
    assert await office.look() == "107 条，已见证（首次）"
    await announce(log, journals, LOG.key, NEXT.key)
    await seal_all(journals.sealer(database, county, signers=[LOG, NEXT]))
    journals.write("funds", county, 30)
    await seal_all(journals.sealer(database, county, signers=[NEXT]))
    assert await office.look() == "138 条，已见证（上次 107 条）"
    assert len(json.loads(office.witness.followed.read_text(encoding="utf-8"))) == 1
    journals.write("funds", county, 1)
    await seal_all(journals.sealer(database, county, signers=[NEXT]))
    stranger = replace(office.witness, log_key=STRANGER.key)
    with pytest.raises(Bad, match="不相接"):
        await stranger.look(NOW)
    assert not office.witness.conflict.exists(), "nothing that contradicts itself was signed"
    # The old key, stolen: it signs the log on, and the record hides that it was followed.
    row = await log.fetchrow("SELECT size, root FROM audit.log_checkpoint ORDER BY size DESC LIMIT 1")
    assert row is not None
    forged = notes.checkpoint(LOG, row["size"], row["root"])
    await log.execute("UPDATE audit.log_checkpoint SET note = $1 WHERE size = $2", forged, row["size"])
    await log.execute("DELETE FROM audit.log_key_change")
    with pytest.raises(KeyMisused, match="由已停用的密钥"):
        await office.look()
    assert office.witness.conflict.read_text(encoding="utf-8").endswith(forged)
    with pytest.raises(Bad, match="尚未处理"):
        await office.look()


async def test_a_witness_is_not_led_to_two_keys_after_one(
    log: asyncpg.Pool, database: Database, county: str, office: Office
) -> None:
    journals = await changed(log, database, county)
    await office.look()
    change = await change_of(log)
    lines = change.checkpoint.body.decode().split("\n")
    leaf = (lines[4].removeprefix("key-event ") + "\n").encode()
    other = notes.key_change(LOG.key, [LOG, THIRD], change.size, change.checkpoint.root, leaf)
    await log.execute("UPDATE audit.log_key_change SET note = $1, key = $2", other, NEXT.key.text())
    journals.write("funds", county, 1)
    await seal_all(journals.sealer(database, county, signers=[NEXT]))
    with pytest.raises(KeyMisused, match="公告了两个后继密钥"):
        await office.look()
    assert office.witness.conflict.exists()
