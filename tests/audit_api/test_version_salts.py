"""Whatever one person draws up and another decides on is named by a hash that nobody can work out without its salt."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest

from services.audit_api import checking
from services.audit_api.checking import version_hash
from services.audit_api.words import sealed
from tests.audit_api.casework import inspector, leaving, proposed, referred
from tests.audit_api.engaged import Office
from tests.audit_api.feeds import flag, flags
from tests.audit_api.office import confirmed, finding, issued
from tests.audit_api.ordering import ORDERS, Desk, done
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import order
from tests.audit_api.test_repeats import REPEATS
from tests.audit_api.test_supervision import notice

# They name a `finding_version`, which has the salt.
NAMING: Final = {"finding", "finding_review"}
BASIS: Final = {"basis": "handled_unlawfully", "document": "个请〔2026〕3号", "on": "2026-03-03"}


async def tables(admin: asyncpg.Pool, column: str) -> set[str]:
    rows = await admin.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'audit' AND column_name = $1", column
    )
    return {row["table_name"] for row in rows}


class Spelled:
    """What every hash of a version was made over, by the hash."""

    def __init__(self) -> None:
        self.contents: dict[str, dict[str, Any]] = {}

    def dumps(self, content: dict[str, Any], **more: Any) -> str:
        told = json.dumps(content, **more)
        self.contents[checking.hashlib.sha256(told.encode()).hexdigest()] = dict(content)
        return told


@pytest.fixture
def spelled(monkeypatch: pytest.MonkeyPatch) -> Spelled:
    found = Spelled()
    monkeypatch.setattr(checking, "json", SimpleNamespace(dumps=found.dumps))
    return found


class Drafts:
    """One of each kind of draft in a county, and every answer that told of one."""

    def __init__(self, desk: Desk, office: Office) -> None:
        self.desk, self.office = desk, office
        self.told: list[str] = []

    async def _findings(self, unit: Any) -> tuple[str, str, dict[str, Any]]:
        """Two confirmed findings about a unit, one of the year before, and the later one's flag."""
        made = []
        for found_on in ("2016-11-01", "2017-11-01"):
            one = flag(self.desk.county, unit_id=unit)
            self.desk.feed.append(self.desk.county, flags(self.desk.county, one))
            await self.desk.feed.follower(self.desk.database, self.desk.county).round()
            opened = await confirmed(self.desk.inspector, finding(str(one.flag_id), found_on=found_on))
            made.append((str(opened["id"]), one))
        return made[0][0], made[1][0], {"lot_id": str(made[1][1].lot_id), "amount_fen": 100}

    async def draw_up(self) -> None:
        desk, http = self.desk, self.desk.http
        earlier, later, lot = await self._findings(uuid4())
        on = "2017-11-02"
        linked = {"finding_id": later, "earlier_id": earlier, "reason": "再次滞留", "on": on}
        drawn = done(await desk.inspector.post(REPEATS, linked))
        held = done(await desk.decided(desk.second, REPEATS, drawn, "confirm", on))
        self.told += [json.dumps(drawn), json.dumps(held)]
        undone = await desk.third.post(f"{REPEATS}/{drawn['id']}/undoing", {"reason": "并非同一事项", "on": on})
        self.told.append(json.dumps(done(undone)))
        await self._say("/audit/v1/quarantines", finding_id=later, document="封1", lots=[lot], reason="防转移", on=on)
        proof = done(await send(desk.inspector, later, PDF))["id"]
        await self._say(f"/audit/v1/evidence/{proof}/withdrawals", reason="误传", on="2026-03-03")
        await self._say("/audit/v1/erasures", what="finding", id=later, fields=["title"], **BASIS)

        waiting = flag(desk.county)
        desk.feed.append(desk.county, flags(desk.county, waiting))
        await desk.feed.follower(desk.database, desk.county).round()
        await self._say(f"/audit/v1/alerts/{waiting.flag_id}/refutations", reason="质保金", on="2017-11-01")

        order_id = (await issued(desk.inspector, order(later, desk.county)))["id"]
        body = {"deadline": "2017-12-30", "reason": "停工", "on": "2017-11-10"}
        self.told.append((await desk.clerk.post(f"{ORDERS}/{order_id}/extensions", body)).text)
        await self._say(f"{ORDERS}/{order_id}/supervisions", **notice("2018-02-01"))
        _, closed = await desk.ordered()
        await desk.closed(closed)
        seen = {"result": "held", "note": "无返还", "on": "2018-02-01"}
        self.told.append((await desk.second.post(f"{ORDERS}/{closed}/look-backs", seen)).text)
        self.told.append((await desk.inspector.get(f"{ORDERS}/{closed}")).text)

        an = inspector(http, desk.county, "an")
        lead = await referred(desk.county, an, inspector(http, desk.county, "bo"))
        await proposed(an, lead, "2019-02-01", disposition="closed")
        self.told.append(json.dumps(await leaving(an, lead, an)))
        self.told.append((await an.get(f"/audit/v1/leads/{lead}")).text)
        await self.office.plan()
        self.told.append((await self.office.notice("2023-03-06", "2023-03-09")).text)
        longer = {"ends_on": "2023-07-31", "document": "延期1", "on": "2023-03-07"}
        self.told.append((await self.office.post("period", longer)).text)

    async def _say(self, url: str, **said: Any) -> None:
        answer = await self.desk.inspector.post(url, said)
        assert answer.status_code == 201, answer.text
        self.told.append(answer.text)


async def test_every_named_version_has_a_salt_beside_it(admin: asyncpg.Pool) -> None:
    named = await tables(admin, "version_hash")
    assert named - NAMING <= await tables(admin, "salt")
    assert named > NAMING


async def test_no_name_of_a_draft_can_be_worked_out_from_what_is_told_of_it(
    desk: Desk, office: Office, spelled: Spelled, admin: asyncpg.Pool
) -> None:
    drafts = Drafts(desk, office)
    await drafts.draw_up()
    told, contents = "".join(drafts.told), dict(spelled.contents)
    for table in sorted(await tables(admin, "version_hash") - NAMING):
        rows = await admin.fetch(
            f"SELECT version_hash, salt FROM audit.{table} WHERE county_code = $1 AND version_hash IS NOT NULL",
            desk.county,
        )
        assert rows, f"no draft of {table}: a new kind has to be drawn up here"
        for row in rows:
            content = contents[row["version_hash"]]
            if table == "erasure":
                assert content["words"] == sealed(row["salt"], finding()["title"]) != sealed("", finding()["title"])
            else:
                assert content["salt"] == row["salt"]
                bare = {name: value for name, value in content.items() if name != "salt"}
                assert row["version_hash"] not in {version_hash(bare), version_hash({**bare, "salt": ""})}
            assert len(bytes.fromhex(row["salt"])) == 16
            assert row["salt"] not in told, table
    # Also what stands in no column: a request for closure is named by its step. Of an erasure the words are salted.
    for content in contents.values():
        assert len(content.get("salt", "")) == 32 or "words" in content
    assert {"explanation", "matter_sha256", "looked_on", "reason"} <= {
        one for it in spelled.contents.values() for one in it
    }


async def test_a_refused_request_to_forget_keeps_no_salt_once_the_words_are_gone(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    found, _ = await desk.ordered()

    async def asked(*fields: str) -> dict[str, Any]:
        return done(
            await desk.inspector.post(
                "/audit/v1/erasures", {"what": "finding", "id": found, "fields": [*fields], **BASIS}
            )
        )

    async def decided(one: dict[str, Any], said: str) -> None:
        body = {"version_hash": one["version_hash"], "decision": said, "opinion": "已议", "on": "2026-03-04"}
        done(await desk.second.post(f"/audit/v1/erasures/{one['id']}/decision", body))

    async def salted() -> dict[str, bool]:
        rows = await admin.fetch("SELECT id, salt FROM audit.erasure WHERE county_code = $1", desk.county)
        return {str(row["id"]): row["salt"] is not None for row in rows}

    refused_one, waits, other, agreed = [await asked(*of) for of in (("title",), ("title",), ("facts",), ("title",))]
    await decided(refused_one, "refused")
    assert all((await salted()).values()), "as long as the words are there, so is what proves the name"
    await decided(agreed, "agreed")
    assert await salted() == {refused_one["id"]: False, waits["id"]: False, other["id"]: True, agreed["id"]: False}
    await decided(other, "agreed")
    assert not any((await salted()).values())
