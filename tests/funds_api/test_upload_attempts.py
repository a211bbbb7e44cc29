"""What became of an upload: finished, refused, or cut off and undone; a start of the service names what was cut off."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from typing import IO, Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis.connections import OutcomeUnknown
from chassis.database import Database
from chassis.identity import Principal
from services.funds_api.columns import FileUnreadable
from services.funds_api.payments import attempts, endpoints, service
from tests.funds_api.people import Township, id_number, roster_csv


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


@pytest.fixture
async def database(urls: dict[str, str]) -> AsyncIterator[Database]:
    found = Database(urls["funds"])
    yield found
    await found.close()


def _clerk(township: Township) -> Principal:
    return Principal(
        subject="li",
        client_id="web",
        roles=frozenset({"township_clerk"}),
        region=township.region,
        unit=None,
        token_id="t",
        expires_at=0,
    )


async def _last(township: Township, batch: str) -> Any:
    return (await township.clerk.get(f"/funds/v1/payment-batches/{batch}")).json()["last_upload"]


async def test_an_upload_says_that_it_finished_and_a_bad_file_that_it_was_refused(township: Township) -> None:
    batch = await township.batch()
    assert await _last(township, batch) is None
    assert (await township.put(batch, "这不是名册")).status_code == 422
    refused = await _last(township, batch)
    assert (refused["outcome"], refused["told"]) == ("refused", "名册被退回，一行也没有入库")
    assert "改正文件" in refused["advice"]
    checked = await township.checked([(id_number(1), "12.34")], batch)
    last = await _last(township, batch)
    assert (last["outcome"], last["file_sha256"]) == ("finished", checked["batch"]["file_sha256"])
    # A second file for the same batch is refused before it is an attempt; what finished stays what is told.
    assert (await township.put(batch, roster_csv([(id_number(2), "1")]))).status_code == 409
    assert await _last(township, batch) == last


async def test_an_upload_whose_answer_was_lost_after_its_commit_is_named_as_finished(
    township: Township, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    batch, who = await township.batch(), _clerk(township)

    async def committed_and_lost() -> None:
        async with attempts.noted(database, who, township.county, UUID(batch), b"\1" * 32) as attempt:
            async with database.writing(who.region) as tx:
                await attempts.finish(tx, township.county, attempt)
            raise OutcomeUnknown

    with caplog.at_level(logging.WARNING, logger="uploads"), pytest.raises(OutcomeUnknown):
        await committed_and_lost()
    [named] = [one.__dict__ for one in caplog.records if one.name == "uploads" and one.__dict__["batch"] == batch]
    assert (named["outcome"], (await _last(township, batch))["outcome"]) == ("finished", "finished")


@pytest.mark.parametrize("failure", [OutcomeUnknown(), asyncpg.DiskFullError("no space left on device")])
async def test_a_broken_off_upload_is_told_as_undone_and_can_be_sent_again(
    township: Township, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    batch, roster, key = await township.batch(), roster_csv([(id_number(1), "12.34")]), uuid4().hex
    real = service.check_roster

    async def broken(*given: Any) -> Any:
        await real(*given)
        raise failure

    monkeypatch.setattr(service, "check_roster", broken)
    assert (await township.put(batch, roster, key=key)).status_code == 503
    assert (await _last(township, batch))["outcome"] == "undone"
    monkeypatch.undo()
    again = await township.put(batch, roster, key=key)
    assert again.status_code == 200
    assert "Idempotency-Replayed" not in again.headers
    assert (await _last(township, batch))["outcome"] == "finished"


async def test_a_start_settles_what_a_kill_cut_off_and_leaves_what_is_under_way(
    township: Township, database: Database
) -> None:
    who, sha = _clerk(township), b"\1" * 32
    dead, alive = await township.batch(), await township.batch()
    killed = attempts.noted(database, who, township.county, UUID(dead), sha)
    await killed.__aenter__()  # and then the process was killed: nothing after this ever ran
    assert (await _last(township, dead))["outcome"] == "under_way"

    async with (
        attempts.noted(database, who, township.county, UUID(alive), sha) as attempt,
        database.writing(who.region) as tx,
    ):
        await attempts.finish(tx, township.county, attempt)
        await attempts.settle_at_start(database)
        assert (await _last(township, alive))["outcome"] == "under_way"
    assert (await _last(township, alive))["outcome"] == "finished"
    assert (await _last(township, dead))["outcome"] == "undone"
    await killed.__aexit__(None, None, None)


async def test_an_upload_whose_file_is_being_opened_is_not_called_cut_off_by_another(
    township: Township, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook takes seconds to open; meanwhile anybody's upload settles what nobody holds."""
    slow, other = await township.batch(), await township.batch()
    opening, go_on = asyncio.Event(), threading.Event()
    loop, real = asyncio.get_running_loop(), endpoints.open_roster

    def opened(file: IO[bytes]) -> Any:
        file.seek(0)
        if file.read(2) == b"%%":
            loop.call_soon_threadsafe(opening.set)
            go_on.wait(20)
        return real(file)

    monkeypatch.setattr(endpoints, "open_roster", opened)
    sent = asyncio.create_task(township.put(slow, "%%这不是名册"))
    try:
        await asyncio.wait_for(opening.wait(), 10)
        await township.checked([(id_number(1), "1")], other)
        assert (await _last(township, slow))["outcome"] == "under_way"
    finally:
        go_on.set()
    assert (await sent).status_code == 422
    assert (await _last(township, slow))["outcome"] == "refused"


async def test_what_was_taken_for_cut_off_is_told_as_refused_once_it_was(
    township: Township, database: Database
) -> None:
    """Between writing an attempt down and locking it, a start may take it for cut off."""
    batch = await township.batch()

    async def refused_late() -> None:
        async with attempts.noted(database, _clerk(township), township.county, UUID(batch), b"\1" * 32):
            await attempts.settle_at_start(database)
            assert (await _last(township, batch))["outcome"] == "undone"
            raise FileUnreadable("不是名册", "另存")

    with pytest.raises(FileUnreadable):
        await refused_late()
    assert (await _last(township, batch))["outcome"] == "refused"


async def test_what_was_cut_off_is_named_in_the_log_with_its_batch(
    township: Township, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    batch = await township.batch()
    killed = attempts.noted(database, _clerk(township), township.county, UUID(batch), b"\1" * 32)
    await killed.__aenter__()
    with caplog.at_level(logging.WARNING, logger="uploads"):
        await attempts.settle_at_start(database)
        await attempts.settle_at_start(database)
    named = [record.__dict__["batch"] for record in caplog.records if record.name == "uploads"]
    assert named.count(batch) == 1
    await killed.__aexit__(None, None, None)
