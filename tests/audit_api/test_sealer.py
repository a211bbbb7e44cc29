"""The sealer: every event of every journal is one leaf, once, whoever is killed where; a rewritten stream stops."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from services.audit_api.record import sealer as sealing
from services.audit_api.record import store
from services.audit_api.record.memory import Memory, MemoryUnreadable
from services.audit_api.record.verify import Checkpoint, Peaks, leaf_hash, leaf_line
from tests.audit_api.journals import Journals, Killed, digest, empty_log, seal_all
from tests.callers import LOG, audit_caller

STEPS = ("lock_head", "add_leaves", "add_tiles", "move_cursor", "add_checkpoint", "move_head")


@pytest.fixture
async def log(admin: asyncpg.Pool) -> asyncpg.Pool:
    await empty_log(admin)
    return admin


async def root_of(admin: asyncpg.Pool) -> tuple[int, bytes]:
    row = await admin.fetchrow("SELECT size, root FROM audit.log_checkpoint ORDER BY size DESC LIMIT 1")
    assert row is not None
    return row["size"], row["root"]


async def leaves_of(admin: asyncpg.Pool) -> list[Any]:
    return await admin.fetch("SELECT * FROM audit.log_leaf ORDER BY position")


def three(county: str) -> Journals:
    journals = Journals()
    journals.write("funds", county, 300)
    journals.write("audit", county, 40)
    journals.write("audit", f"{county}.leads", 7)
    journals.write("identity", "00", 30)
    journals.write("funds", "00", 3)
    return journals


async def test_every_event_is_one_leaf_and_the_signed_root_is_over_them(
    log: asyncpg.Pool, database: Database, county: str
) -> None:
    journals = three(county)
    assert await seal_all(journals.sealer(database, county)) == 380
    rows = await leaves_of(log)
    assert [row["position"] for row in rows] == list(range(380))
    told = {(row["service"], row["stream"], row["stream_position"]): row["hash"] for row in rows}
    assert told == {
        (service, stream, at): digest(service, stream, at)
        for (service, stream), held in journals.streams.items()
        for at in range(1, len(held) + 1)
    }
    peaks = Peaks()
    for row in rows:
        line = leaf_line(row["service"], row["stream"], row["stream_position"], row["hash"].hex())
        peaks.push(leaf_hash(line))
    assert await root_of(log) == (380, peaks.root())
    note = Checkpoint.read(await log.fetchval("SELECT note FROM audit.log_checkpoint WHERE size = 380"))
    note.must_be_signed(LOG.key)
    assert (note.size, note.root) == (380, peaks.root())
    assert await log.fetchval("SELECT count(*) FROM audit.log_tile") == 1
    assert await log.fetchval("SELECT complete_at = looked_at FROM audit.log_head")


async def test_what_comes_later_goes_behind_and_what_is_sealed_is_not_sealed_again(
    log: asyncpg.Pool, database: Database, county: str
) -> None:
    journals = three(county)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    before = await leaves_of(log)
    assert await sealer.round() == 0
    journals.write("audit", county, 2)
    assert await seal_all(sealer) == 2
    assert await seal_all(journals.sealer(database, county)) == 0
    after = await leaves_of(log)
    assert after[:380] == before
    assert [(row["stream"], row["stream_position"]) for row in after[380:]] == [(county, 41), (county, 42)]


@pytest.fixture
async def unbroken(
    log: asyncpg.Pool, database: Database, county: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, bytes]:
    """The root of a log that nobody interrupted, sealed in batches of 100; the log is empty again."""
    monkeypatch.setattr(sealing, "BATCH", 100)
    await seal_all(three(county).sealer(database, county))
    found = await root_of(log)
    await empty_log(log)
    return found


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_the_next_one_comes_to_the_same_root(
    step: str,
    nth: int,
    unbroken: tuple[int, bytes],
    log: asyncpg.Pool,
    database: Database,
    county: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = getattr(store, step)
    calls = 0

    async def dying(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        found = await whole(*arguments)
        if calls == nth:
            raise Killed
        return found

    journals = three(county)
    with monkeypatch.context() as patched:
        patched.setattr(store, step, dying)
        with pytest.raises(Killed):
            await seal_all(journals.sealer(database, county))
    await seal_all(journals.sealer(database, county))
    assert await root_of(log) == unbroken
    assert len(await leaves_of(log)) == 380


async def test_killed_at_any_question_the_next_one_comes_to_the_same_root(
    unbroken: tuple[int, bytes], log: asyncpg.Pool, database: Database, county: str
) -> None:
    whole = three(county)
    await seal_all(whole.sealer(database, county))
    assert whole.asked > 15
    for question in range(1, whole.asked, 3):
        await empty_log(log)
        journals = three(county)
        journals.dies_at = question
        with pytest.raises(Killed):
            await seal_all(journals.sealer(database, county))
        await seal_all(journals.sealer(database, county))
        assert await root_of(log) == unbroken, question


async def test_two_sealers_at_once_seal_each_event_once(
    unbroken: tuple[int, bytes], log: asyncpg.Pool, database: Database, county: str
) -> None:
    journals = three(county)
    both = [journals.sealer(database, county) for _ in range(2)]
    for _ in range(20):
        await asyncio.gather(*(one.round() for one in both))
    assert await root_of(log) == unbroken
    assert len(await leaves_of(log)) == 380


async def test_a_sealer_that_finds_its_log_shorter_than_it_sealed_signs_nothing_and_ends(
    log: asyncpg.Pool, database: Database, county: str
) -> None:
    journals = three(county)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    await empty_log(log)  # an old backup, restored below it
    journals.write("funds", county, 1)
    with pytest.raises(sealing.LogShrank, match="380 leaves were sealed, and the log has 0"):
        await sealer.run()
    assert await log.fetchval("SELECT count(*) FROM audit.log_checkpoint") == 0


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0, 0, "380 leaves were sealed, and the log has 0"),
        (379, 0, "380 leaves were sealed, and the log has 379"),
        (379, 90, "380 leaves were sealed, and the log has 469, other ones"),
    ],
)
async def test_started_anew_over_an_older_log_it_ends_again_until_somebody_takes_its_memory_away(
    before: int, after: int, said: str, log: asyncpg.Pool, database: Database, county: str, tmp_path: Path
) -> None:
    memory = Memory(tmp_path / "sealed.checkpoint")
    journals = Journals()
    journals.write("funds", county, 380)
    sealer = journals.sealer(database, county)
    sealer.memory = memory
    await seal_all(sealer)
    assert memory.recall() == await root_of(log)
    await empty_log(log)
    restored = Journals()
    for service, more in (("funds", before), ("audit", after)):
        if more:
            restored.write(service, county, more)
            await seal_all(restored.sealer(database, county))
    sealed = await leaves_of(log)
    journals.write("funds", county, 1)
    for _ in range(2):
        again = journals.sealer(database, county)
        again.memory = memory
        with pytest.raises(sealing.LogShrank, match=f"^{said}$"):
            await asyncio.wait_for(again.run(), 20)
    assert await leaves_of(log) == sealed
    memory.file.unlink()
    told = journals.sealer(database, county)
    told.memory = memory
    await told.round()
    assert len(await leaves_of(log)) > len(sealed)


async def test_started_anew_over_its_own_log_it_seals_on_and_remembers_what_it_signed(
    log: asyncpg.Pool, database: Database, county: str, tmp_path: Path
) -> None:
    memory = Memory(tmp_path / "sealed.checkpoint")
    journals = three(county)
    for more in (0, 1, 2):
        journals.write("funds", county, more)
        sealer = journals.sealer(database, county)
        sealer.memory = memory
        await seal_all(sealer)
        assert memory.recall() == await root_of(log)
    assert (await root_of(log))[0] == 383


async def test_killed_before_it_remembered_it_goes_on_from_what_it_remembered_before(
    log: asyncpg.Pool, database: Database, county: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(tmp_path / "sealed.checkpoint")
    journals = three(county)
    sealer = journals.sealer(database, county)
    sealer.memory = memory
    await seal_all(sealer)
    before = memory.recall()

    def dying(_: Memory, __: str) -> None:
        raise Killed

    journals.write("funds", county, 1)
    with monkeypatch.context() as patched:
        patched.setattr(Memory, "keep", dying)
        with pytest.raises(Killed):
            await sealer.round()
    assert memory.recall() == before
    journals.write("funds", county, 1)
    again = journals.sealer(database, county)
    again.memory = memory
    await seal_all(again)
    assert memory.recall() == await root_of(log)
    assert (await root_of(log))[0] == 382


async def test_a_damaged_memory_is_not_taken_for_none(
    log: asyncpg.Pool, database: Database, county: str, tmp_path: Path
) -> None:
    file = tmp_path / "sealed.checkpoint"
    file.write_bytes(b"\xff\x00 half a note")
    journals = three(county)
    sealer = journals.sealer(database, county)
    sealer.memory = Memory(file)
    with pytest.raises(MemoryUnreadable, match=r"sealed\.checkpoint"):
        await asyncio.wait_for(sealer.run(), 20)
    assert await leaves_of(log) == []


@contextlib.contextmanager
def connections_broken_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next transaction of the sealer ends as a restore ends it: its connection is gone."""
    whole = store.lock_head

    once = [asyncpg.ConnectionDoesNotExistError("connection was closed")]

    async def broken(tx: Any) -> int:
        if once:
            raise once.pop()
        return await whole(tx)

    with monkeypatch.context() as patched:
        patched.setattr(store, "lock_head", broken)
        yield


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0, 0, "380 leaves were sealed, and the log has 0"),
        (379, 0, "380 leaves were sealed, and the log has 379"),
        (379, 1, "380 leaves were sealed, and the log has 380, other ones"),
        (379, 90, "380 leaves were sealed, and the log has 469, other ones"),
    ],
)
async def test_a_restored_backup_that_breaks_its_connections_is_not_sealed_on(
    before: int,
    after: int,
    said: str,
    log: asyncpg.Pool,
    database: Database,
    county: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The log as it was at `before`, with `after` others that somebody else sealed behind that."""
    journals = Journals()
    journals.write("funds", county, 380)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    await empty_log(log)
    restored = Journals()
    for service, more in (("funds", before), ("audit", after)):
        if more:
            restored.write(service, county, more)
            await seal_all(restored.sealer(database, county))
    sealed = await leaves_of(log)
    journals.write("funds", county, 1)
    with (
        connections_broken_once(monkeypatch),
        pytest.raises(sealing.LogShrank, match=f"^{said}$"),
    ):
        await asyncio.wait_for(sealer.run(), 20)
    assert await leaves_of(log) == sealed


async def test_a_connection_that_broke_over_the_same_log_is_sealed_on(
    log: asyncpg.Pool, database: Database, county: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals = three(county)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    journals.write("funds", county, 1)
    await seal_all(journals.sealer(database, county))  # somebody else sealed the same journals on
    journals.write("funds", county, 1)
    with connections_broken_once(monkeypatch):
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await sealer._once()
        await sealer._once()
    assert (await root_of(log))[0] == 382


class Clock:
    """A clock that somebody sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def set(self, seconds: float) -> datetime:
        """Move it by so much."""
        self.at += timedelta(seconds=seconds)
        return self.at


async def test_an_idle_log_is_marked_each_second_and_at_once_by_a_clock_that_was_set_back(
    log: asyncpg.Pool, database: Database, county: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_ = Clock(monkeypatch)
    sealer = three(county).sealer(database, county)
    await seal_all(sealer)
    begun = clock_.at

    async def looked_at() -> datetime:
        await sealer.round()
        found: datetime = await log.fetchval("SELECT looked_at FROM audit.log_head")
        return found

    clock_.set(0.999)
    assert await looked_at() == begun
    later = clock_.set(0.001)
    assert await looked_at() == later == begun + timedelta(seconds=1)
    earlier = clock_.set(-20)
    assert await looked_at() == earlier, "else nobody is told of a mark for as long as the clock was set back"
    clock_.set(0.5)
    assert await looked_at() == earlier


def test_a_token_is_used_for_half_its_life_and_none_is_of_the_future(
    database: Database, county: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_ = Clock(monkeypatch)
    clock_.at = clock_.at.replace(microsecond=0)
    sealer = Journals().sealer(database, county)

    def begins() -> int:
        claims = sealer._token("funds", county).split(".")[1]
        found: int = json.loads(base64.urlsafe_b64decode(claims + "=="))["nbf"]
        return found

    begun = int(clock_.at.timestamp())
    assert begins() == begun
    clock_.set(sealing.TOKEN_SECONDS / 2 - 1)
    assert begins() == begun
    clock_.set(1)
    assert begins() == begun + sealing.TOKEN_SECONDS / 2
    clock_.set(-1)
    assert begins() == begun + sealing.TOKEN_SECONDS / 2 - 1, "nobody takes one that begins a second from now"


async def stopped(admin: asyncpg.Pool, stream: str) -> str | None:
    found: str | None = await admin.fetchval(
        "SELECT stopped_because FROM audit.log_cursor WHERE service = 'funds' AND stream = $1", stream
    )
    return found


@pytest.mark.parametrize(
    ("damage", "because"),
    [
        (lambda held: held.__setitem__(299, b"x" * 32), "event 300, sealed earlier, has another hash now"),
        (lambda held: held.__delitem__(slice(290, None)), "sealed up to 300, and the journal now ends at 290"),
        (lambda held: held.clear(), "sealed up to 300, and the journal now ends at 0"),
    ],
)
async def test_a_stream_that_was_rewritten_or_cut_off_is_sealed_no_further_and_the_others_are(
    damage: Any,
    because: str,
    log: asyncpg.Pool,
    database: Database,
    county: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    journals = three(county)
    sealer = journals.sealer(database, county)
    await seal_all(sealer)
    complete = await log.fetchval("SELECT complete_at FROM audit.log_head")
    damage(journals.streams["funds", county])
    if len(journals.streams["funds", county]) == 300:
        journals.write("funds", county, 1)
    journals.write("audit", county, 5)
    with caplog.at_level(logging.ERROR):
        assert await sealer.round() == 5
    assert "stream stopped" in caplog.text
    assert await stopped(log, county) == because
    await sealer.round()
    head = await log.fetchrow("SELECT size, complete_at, looked_at FROM audit.log_head")
    assert head is not None
    assert head["size"] == 385
    assert head["complete_at"] == complete, "what is not sealed to its end makes the lag grow"
    assert head["looked_at"] > complete


async def test_the_state_of_the_log_is_told_to_the_county_and_to_the_audit_administrator(
    log: asyncpg.Pool, database: Database, county: str, audit_http: httpx.AsyncClient
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    empty = (await inspector.get("/audit/v1/record/status")).json()
    assert (empty["size"], empty["root"], empty["lag_seconds"], empty["streams"]) == (0, None, None, [])
    assert empty["empty_because"]
    await seal_all(three(county).sealer(database, county))
    told = (await inspector.get("/audit/v1/record/status")).json()
    size, root = await root_of(log)
    assert (told["size"], told["root"], told["lag_events"]) == (size, root.hex(), 0)
    assert told["lag_seconds"] < 60
    assert {(one["service"], one["stream"], one["sealed_position"]) for one in told["streams"]} == {
        ("funds", county, 300),
        ("audit", county, 40),
    }, "no other place, and nothing of the leads"
    Checkpoint.read(told["checkpoint"]).must_be_signed(LOG.key)
    administrator = (await audit_caller(audit_http, "audit_admin", "00").get("/audit/v1/record/status")).json()
    assert {one["stream"] for one in administrator["streams"]} == {"00"}
    for role in ("finance_clerk", "feed_reader", "sealer"):
        answer = await audit_caller(audit_http, role, county).get("/audit/v1/record/status")
        assert answer.status_code == 403


async def test_the_role_may_add_to_the_log_for_the_nation_and_change_nothing(
    log: asyncpg.Pool, database: Database, county: str, urls: dict[str, str]
) -> None:
    await seal_all(three(county).sealer(database, county))
    role = await asyncpg.connect(urls["audit"])
    for statement in (
        "DELETE FROM audit.log_leaf",
        "UPDATE audit.log_leaf SET hash = hash",
        "UPDATE audit.log_tile SET root = root",
        "UPDATE audit.log_checkpoint SET note = ''",
        "DELETE FROM audit.log_checkpoint",
        "DELETE FROM audit.log_cursor",
        "DELETE FROM audit.log_head",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(statement)
    async with role.transaction():
        await role.execute("SELECT set_config('app.region', $1, true)", county)
        assert await role.fetchval("SELECT count(*) FROM audit.log_leaf") == 340, "its own streams, and not its leads"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with role.transaction():
                await role.execute("INSERT INTO audit.log_checkpoint VALUES (999, sha256(''), 'x', now())")
        assert await role.execute("UPDATE audit.log_head SET size = 0") == "UPDATE 0"
    await role.close()
