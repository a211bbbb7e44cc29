"""Comparison lists: tokens go in, hits come out, versions replace each other and stay."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from services.funds_api.comparisons import filling, matching, tool
from services.funds_api.comparisons.kinds import KINDS, ListKind, word_of
from services.funds_api.lots import ledger
from services.funds_api.moments import EVERYTHING
from tests.callers import Caller, funds_caller
from tests.funds_api.comparisons import GIVEN, LISTS, Entry, made, record, upload
from tests.funds_api.desk import refused, written
from tests.funds_api.people import Township, id_number


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    """Five registered households, persons 0 to 4."""
    return await Township(funds_http, county, fen=0, households=range(5)).open()


@pytest.fixture
def inspector(funds_http: httpx.AsyncClient, county: str) -> Caller:
    return funds_caller(funds_http, "inspector", county)


async def hits(
    admin: asyncpg.Pool, county: str, kind: str, known: int = EVERYTHING, region: str | None = None
) -> list[asyncpg.Record]:
    """What a rule is told, by its SQL function."""
    async with admin.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.region', $1, true)", county if region is None else region)
        return list(
            await connection.fetch(
                "SELECT * FROM funds.comparison_hits($1, $2, $3) ORDER BY line, person_id", county, kind, known
            )
        )


async def test_a_list_hits_who_is_registered_and_nobody_else(
    funds_http: httpx.AsyncClient, township: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    listed = [Entry(3, "2017-02-01", category="火化"), Entry(900, "2017-03-01")]
    version = await record(funds_http, township.county, "dead", listed, tmp_path)
    told = ("version_no", "rows_n", "persons_n", "hits_n", "uncompared_n", "list_on", "source", "document")
    assert [version[name] for name in told] == [1, 2, 5, 1, 0, "2017-12-31", GIVEN["source"], GIVEN["document"]]
    [hit] = await hits(admin, township.county, "dead")
    assert str(hit["person_id"]) == await township.person(admin, 3)
    assert hit["person_token"] == funds_http.app.state.vault.token(id_number(3))  # type: ignore[attr-defined]
    assert (str(hit["version_id"]), hit["version_no"]) == (version["id"], 1)
    assert [str(hit[name]) for name in ("list_on", "from_on", "category")] == ["2017-12-31", "2017-02-01", "火化"]
    assert [hit[name] for name in ("to_on", "amount_fen", "count_n", "region_code", "ref_token")] == [None] * 5


async def test_every_column_comes_back_with_the_hit(
    funds_http: httpx.AsyncClient, township: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    county, place = township.county, township.county + "101201"
    cars = [
        Entry(1, "2015-01-01", "2017-06-30", "小轿车", amount="70000.50", count="2"),
        Entry(1, "2017-07-01", category="货车"),
    ]
    await record(funds_http, county, "car", cars, tmp_path)
    found = await hits(admin, county, "car")
    assert {(str(one["from_on"]), str(one["to_on"]), one["amount_fen"], one["count_n"]) for one in found} == {
        ("2015-01-01", "2017-06-30", 7_000_050, 2),
        ("2017-07-01", "None", None, None),
    }
    kin = [Entry(1, category="配偶", ref=2, region=place), Entry(3, category="子女", ref=800, region=place)]
    await record(funds_http, county, "cadre_relative", kin, tmp_path)
    by_person = {str(one["person_id"]): one for one in await hits(admin, county, "cadre_relative")}
    one, other = by_person[await township.person(admin, 1)], by_person[await township.person(admin, 3)]
    assert str(one["ref_person_id"]) == await township.person(admin, 2)
    assert one["region_code"] == place
    assert other["ref_person_id"] is None  # the cadre is not in the register, and is told apart all the same
    assert other["ref_token"] not in {None, one["ref_token"]}


async def test_the_next_version_replaces_and_the_old_one_stays(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    county = township.county
    first = await record(funds_http, county, "dead", [Entry(1, "2017-01-01")], tmp_path, on="2017-06-30")
    text = made(funds_http, county, "dead", [Entry(2, "2017-07-01"), Entry(3, "2017-08-01")], "2017-09-30", tmp_path)
    answer = (await upload(inspector, "dead", text)).json()
    second = answer["version"]
    assert (answer["replaces_version_no"], answer["replaces_list_on"]) == (1, "2017-06-30")

    async def who(known: int) -> list[int]:
        people = {await township.person(admin, at): at for at in range(5)}
        return [people[str(one["person_id"])] for one in await hits(admin, county, "dead", known)]

    assert sorted(await who(EVERYTHING)) == [2, 3]
    assert sorted(await who(second["position"])) == [2, 3]
    assert await who(second["position"] - 1) == [1]
    assert await who(first["position"] - 1) == []
    async with admin.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.region', $1, true)", county)
        ask = "SELECT person_id::text FROM funds.comparison_hits_of($1, $2::uuid)"
        old = await connection.fetch(ask, county, first["id"])
    assert [row[0] for row in old] == [await township.person(admin, 1)]

    shown = (await inspector.get(f"{LISTS}/dead/versions", params={"limit": 1})).json()
    assert [one["version_no"] for one in shown["items"]] == [2]
    rest = (await inspector.get(f"{LISTS}/dead/versions", params={"after": shown["next"]})).json()
    assert [one["version_no"] for one in rest["items"]] == [1]
    then = (await inspector.get(f"{LISTS}/dead", params={"known_at": second["recorded_at"]})).json()
    assert then["comparison_list"]["in_force"]["version_no"] == 1  # the second was recorded after that instant
    assert (then["hits_n"], then["entries_n"]) == (1, 1)
    now = (await inspector.get(f"{LISTS}/dead")).json()
    assert (now["comparison_list"]["in_force"]["version_no"], now["hits_n"], now["entries_n"]) == (2, 2, 2)


async def test_who_registers_later_is_hit_from_then_on(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, tmp_path: Path
) -> None:
    listed = [Entry(at, category="行政") for at in (4, 5, 6)]
    version = await record(funds_http, township.county, "payroll", listed, tmp_path)
    assert version["hits_n"] == 1
    await township.register([5])
    home = (await township.finance.get("/funds/v1/households")).json()["items"][0]["id"]
    member = {"joined_on": "2017-02-01", "reason": "birth", "name": "张某", "id_number": id_number(6)}
    joined = await township.finance.post(
        f"/funds/v1/households/{home}/members",
        {**member, "document": "文", "card": "6299000000", "phone": "10000000000"},
    )
    assert joined.status_code == 201, joined.text
    assert (await inspector.get(f"{LISTS}/payroll")).json()["hits_n"] == 3


async def test_people_of_before_are_compared_from_the_first_upload_on(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    """A release that knew no lists registered them; who cannot be opened is counted, never left out silently."""
    county, person = township.county, await township.person(admin, 2)
    await admin.execute("UPDATE funds.person SET match_token = NULL WHERE county_code = $1", county)
    await admin.execute(
        "UPDATE funds.person SET cell = set_byte(cell, 20, get_byte(cell, 20) # 1)"
        " WHERE county_code = $1 AND id = $2::uuid",
        county,
        person,
    )
    before = (await inspector.get(LISTS)).json()
    assert (before["persons_n"], before["uncompared_n"]) == (5, 5)
    version = await record(funds_http, county, "payroll", [Entry(at) for at in range(5)], tmp_path)
    assert (version["hits_n"], version["uncompared_n"], version["persons_n"]) == (4, 1, 5)
    assert (await inspector.get(LISTS)).json()["uncompared_n"] == 1
    app = funds_http.app  # type: ignore[attr-defined]
    assert await filling.fill(app.state.database, county, app.state.vault, county, piece=2) == 0


async def test_pieces_fill_everybody_once(
    funds_http: httpx.AsyncClient, township: Township, admin: asyncpg.Pool
) -> None:
    app, county = funds_http.app, township.county  # type: ignore[attr-defined]
    ask = "SELECT id, match_token FROM funds.person WHERE county_code = $1 ORDER BY id"
    made_at_once = [tuple(row) for row in await admin.fetch(ask, county)]
    await admin.execute("UPDATE funds.person SET match_token = NULL WHERE county_code = $1", county)
    assert await filling.fill(app.state.database, county, app.state.vault, county, piece=2) == 5
    assert [tuple(row) for row in await admin.fetch(ask, county)] == made_at_once
    assert await filling.fill(app.state.database, county, app.state.vault, county, piece=2) == 0


async def test_the_same_key_twice_acts_once_and_the_same_file_is_told(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, tmp_path: Path
) -> None:
    text = made(funds_http, township.county, "payroll", [Entry(1)], "2017-12-31", tmp_path)
    first = await upload(inspector, "payroll", text, key="lists-key-1")
    again = await upload(inspector, "payroll", text, key="lists-key-1")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    known = {"kind": "payroll", "version_no": 1, "list_on": "2017-12-31"}
    refused(await upload(inspector, "payroll", text), 409, "comparison-list-known", known)
    for saved_again in (text.replace("\n", "\r\n").encode("utf-8-sig"), text.encode("gb18030")):
        refused(await upload(inspector, "payroll", saved_again), 409, "comparison-list-known", known)
    other = made(funds_http, township.county, "payroll", [Entry(2)], "2017-12-31", tmp_path)
    assert (await upload(inspector, "payroll", other)).status_code == 201
    back = await upload(inspector, "payroll", text)  # the other one was a mistake
    assert (back.status_code, back.json()["version"]["version_no"], back.json()["replaces_version_no"]) == (201, 3, 2)
    refused(await upload(inspector, "payroll", text), 409, "comparison-list-known", {"version_no": 3})
    reused = await upload(inspector, "payroll", other, key="lists-key-1")
    assert reused.json()["type"] == "/problems/idempotency-key-reused"


async def test_two_at_once_are_two_versions_or_one_is_told(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, tmp_path: Path
) -> None:
    texts = [made(funds_http, township.county, "payroll", [Entry(at)], "2017-12-31", tmp_path) for at in (1, 2)]
    answers = await asyncio.gather(*(upload(inspector, "payroll", one) for one in texts))
    for lost in (one for one in answers if one.status_code != 201):
        refused(lost, 409, "comparison-list-overtaken", {"kind": "payroll", "version_no": 1})
    numbers = [one["version_no"] for one in (await inspector.get(f"{LISTS}/payroll/versions")).json()["items"]]
    assert sorted(numbers) == sorted(one.json()["version"]["version_no"] for one in answers if one.status_code == 201)
    assert numbers[-1] == 1


async def test_only_the_inspector_of_the_whole_county_has_lists(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    county = township.county
    text = made(funds_http, county, "dead", [Entry(1, "2017-01-01")], "2017-12-31", tmp_path)
    for role in ("finance_clerk", "finance_reviewer", "township_clerk", "township_reviewer", "bank", "system_admin"):
        other = funds_caller(funds_http, role, county)
        assert (await upload(other, "dead", text)).status_code == 403, role
        for path in (LISTS, f"{LISTS}/dead", f"{LISTS}/dead/versions", f"{LISTS}/tool"):
            assert (await other.get(path)).status_code == 403, (role, path)
    for region in (county + "101", "999999"):
        other = funds_caller(funds_http, "inspector", region)
        assert (await upload(other, "dead", text, given={**GIVEN, "county": county})).status_code == 403
        assert (await other.get(LISTS, params={"county": county})).status_code == 403
    assert (await upload(inspector, "dead", text)).status_code == 201
    province = funds_caller(funds_http, "inspector", "99")
    assert (await province.get(f"{LISTS}/dead", params={"county": county})).json()["hits_n"] == 1
    for nobody in (county + "101", "999999", ""):
        with pytest.raises(asyncpg.PostgresError, match="outside the region"):
            await hits(admin, county, "dead", region=nobody)


async def test_no_entry_can_be_read_or_changed_by_the_service(
    funds_http: httpx.AsyncClient, township: Township, urls: dict[str, str], tmp_path: Path
) -> None:
    version = await record(funds_http, township.county, "dead", [Entry(1, "2017-01-01")], tmp_path)
    role = await asyncpg.connect(urls["funds"])
    try:
        await role.execute("SELECT set_config('app.region', $1, false)", township.county)
        for statement in (
            "SELECT * FROM funds.comparison_entry",
            "UPDATE funds.comparison_entry SET category = ''",
            "DELETE FROM funds.comparison_entry",
            "DELETE FROM funds.comparison_version",
            "UPDATE funds.comparison_version SET list_on = '2017-01-01'",
            "UPDATE funds.person SET token = match_token",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await role.execute(statement)
        late = (
            "INSERT INTO funds.comparison_entry (county_code, version_id, line, token)"
            " VALUES ($1, $2::uuid, 9, decode(repeat('aa', 16), 'hex'))"
        )
        with pytest.raises(asyncpg.CheckViolationError, match="takes no more entries"):
            await role.execute(late, township.county, version["id"])
        await role.execute("BEGIN")
        await role.execute(
            "INSERT INTO funds.comparison_version (county_code, id, kind, version_no, list_on, source, document,"
            " rows_n, file_sha256, recorded_by)"
            " VALUES ($1, gen_random_uuid(), 'dead', 2, '2017-01-01', '谁', '文', 3, 'x', '谁')",
            township.county,
        )
        half = "UPDATE funds.comparison_version SET persons_n = 0, hits_n = 0, uncompared_n = 0 WHERE version_no = 2"
        with pytest.raises(asyncpg.CheckViolationError, match="has 0 of 3 entries"):
            await role.execute(half)
        await role.execute("ROLLBACK")
    finally:
        await role.close()


async def test_what_rests_of_a_list_is_no_token_of_anywhere_else(
    funds_http: httpx.AsyncClient, township: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    """Neither what departments make nor the tokens of payments and persons: the exchange key opens nothing here."""
    text = made(funds_http, township.county, "dead", [Entry(1, "2017-01-01")], "2017-12-31", tmp_path)
    answer = await upload(funds_caller(funds_http, "inspector", township.county), "dead", text)
    assert answer.status_code == 201
    [kept] = await admin.fetch("SELECT token FROM funds.comparison_entry WHERE county_code = $1", township.county)
    sent = matching.from_letters(text.splitlines()[2].split(",")[0])
    assert len(sent) == 16
    rows = await admin.fetch("SELECT token, match_token FROM funds.person WHERE county_code = $1", township.county)
    assert kept["token"] in {row["match_token"] for row in rows}
    assert kept["token"] not in {sent, *(row["token"] for row in rows)}
    assert sent not in {one for row in rows for one in row}


async def test_a_list_of_no_day_that_was(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, tmp_path: Path
) -> None:
    today = ledger.today()
    tomorrow = (today + timedelta(days=1)).isoformat()
    for on, status in ((today.isoformat(), 201), (tomorrow, 422)):
        text = made(funds_http, township.county, "payroll", [Entry(1)], on, tmp_path)
        answer = await upload(inspector, "payroll", text)
        assert answer.status_code == status, answer.text
    refused(answer, 422, "dated-ahead", {"effective_on": tomorrow, "what": "名单日期"})


async def test_every_kind_is_told_and_the_tool_knows_the_same(inspector: Caller, admin: asyncpg.Pool) -> None:
    assert set(KINDS) == set(ListKind)
    assert {kind.value: (told.columns, told.needed) for kind, told in KINDS.items()} == tool.KINDS
    for kind in ListKind:
        assert sorted(tool.words_of(kind.value)) == sorted(KINDS[kind].words), kind
    for kind, told in KINDS.items():
        assert all(re.fullmatch(r"\w{1,20}", one) for one in told.words), kind
        assert {word_of(kind, kept) for kept in told.words.values()} == set(told.words.values()), "kept words are kept"
    before = await written(admin)
    answer = (await inspector.get(LISTS)).json()
    assert [one["described"]["words"] for one in answer["items"]] == [list(KINDS[kind].words) for kind in ListKind]
    assert [one["described"]["kind"] for one in answer["items"]] == list(ListKind)
    assert {one["in_force"] for one in answer["items"]} == {None}
    assert answer["empty_because"]
    assert (await inspector.get(f"{LISTS}/dead/versions")).json()["empty_because"]
    assert (await inspector.get(f"{LISTS}/nonsense")).status_code == 422
    assert await written(admin) == before
