"""A finding on a movement, an order, a batch or a row of one is bound to where that money rests in the real books."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.audit_api.findings import content
from tests.audit_api.office import confirmed_draft, finding
from tests.callers import funds_caller
from tests.contract.decided import Both
from tests.contract.extracting import asking
from tests.contract.test_quarantines import Inspectors, written
from tests.funds_api.asked import run_rules
from tests.funds_api.desk import Desk, conserved, refused
from tests.funds_api.library import Library
from tests.funds_api.test_known_at import now
from tests.funds_api.test_orders import Chain
from tests.funds_api.test_returns import Paid

FINDINGS = "/audit/v1/findings"


class Misuse(Inspectors):
    """50,000 fen were handed down to a village that should have none of them; inspectors name the movement."""

    movement = ""

    async def open(self) -> Misuse:
        self.movement = await self.hand_down(50_000)
        return self

    async def hand_down(self, fen: int) -> str:
        answer = await self.desk.out(fen, self.desk.village, "2017-11-01")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movements"][0]["id"])

    async def pay(self, fen: int, on: str = "2017-12-02") -> str:
        """The village pays a contractor."""
        answer = await self.desk.out(fen, self.desk.contractor, on, kind="pay", from_account_id=self.desk.village)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movements"][0]["id"])

    async def recover(self, fen: int, account: str) -> httpx.Response:
        order = {"fund_code": "TEST-FUND", "account_id": account, "amount_fen": fen, "finding_id": self.finding["id"]}
        return await self.desk.order("recover", "2017-12-10", **order)

    async def drawn(self, fen: int = 50_000, **more: Any) -> httpx.Response:
        subject = {"kind": "movement", "id": self.movement, "amount_fen": fen}
        request = finding(**{"class_code": "F02", "found_on": "2017-12-01", "subjects": [subject], **more})
        return await self.both.inspector.post(FINDINGS, request)

    async def draft(self, **more: Any) -> dict[str, Any]:
        self.finding = written(await self.drawn(**more))
        return self.finding

    async def confirm(self) -> dict[str, Any]:
        """Confirmed and told to the books."""
        told = await confirmed_draft(self.both.audit_http, self.both.county, self.finding)
        await self.both.tell()
        return told

    async def seen(self, **asked: Any) -> dict[str, Any]:
        answer = await self.both.inspector.get(
            f"{FINDINGS}/{self.finding['id']}", params={"as_of": "2017-12-31", **asked}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def figures(self) -> tuple[int, int]:
        """What is bound, and what of it is put right, once the inspectors heard of everything."""
        await self.both.hear()
        told = await self.seen()
        assert told["bound_fen"] == sum(one["bound_fen"] for one in told["lots"])
        return int(told["bound_fen"]), int(told["rectified_fen"])

    async def held(self) -> dict[str, int]:
        """What the village and the contractor hold in the books, by lot."""
        there = [*await self.desk.lots(self.desk.village), *await self.desk.lots(self.desk.contractor)]
        return {one["id"]: one["remaining_fen"] for one in there if one["remaining_fen"]}

    async def rests(self) -> dict[str, int]:
        """What is bound and not put right, by lot."""
        return {
            one["lot_id"]: one["bound_fen"] - one["rectified_fen"]
            for one in (await self.seen())["lots"]
            if one["bound_fen"] > one["rectified_fen"]
        }


@pytest.fixture
async def books(funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient) -> AsyncIterator[None]:
    """The inspectors ask the real books."""
    app: Any = funds_http.app  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://funds") as http:
        with asking(audit_http, http):
            yield


@pytest.fixture
async def case(both: Both, desk: Desk, books: None) -> Misuse:
    return await Misuse(both, desk).open()


async def test_the_draft_says_to_which_lots_and_fen_it_will_be_bound(case: Misuse, desk: Desk) -> None:
    [lot] = await desk.lots(desk.village)
    drafted = await case.draft()
    assert [(one["lot_id"], one["alert_id"], one["bound_fen"]) for one in drafted["lots"]] == [
        (lot["id"], None, 50_000)
    ]
    [subject] = (await case.seen())["subjects"]
    assert [(one["lot_id"], one["amount_fen"]) for one in subject["lots"]] == [(lot["id"], 50_000)]
    made = (await case.both.inspector.get(f"{FINDINGS}/{drafted['id']}/versions")).json()["items"]
    assert made[0]["subjects"][0]["lots"] == subject["lots"]
    told = await case.confirm()
    assert (told["bound_fen"], told["rectified_fen"], told["unexplained_fen"]) == (50_000, 0, 0)
    # Of less than the movement comes to, so many fen are bound; of none, none.
    case.movement = await case.hand_down(30_000)
    assert [one["bound_fen"] for one in (await case.draft(fen=12_000))["lots"]] == [12_000]
    assert (await case.draft(fen=0))["lots"] == []


async def test_its_fen_are_quarantined_and_recovered(case: Misuse, desk: Desk, admin: asyncpg.Pool) -> None:
    await case.draft()
    [lot] = (await case.confirm())["lots"]
    kept = written(await case.draw(40_000, lot["lot_id"]))
    refused(await case.draw(10_001, lot["lot_id"]), 409, "quarantined-too-much", {})
    written(await case.decide(kept))
    await case.heard()
    paying = await desk.out(10_001, desk.contractor, "2017-12-07", kind="pay", from_account_id=desk.village)
    refused(paying, 409, "money-quarantined", {"free_fen": 10_000, "quarantined_fen": 40_000})
    back = await case.recover(35_000, desk.village)
    assert back.status_code == 201, back.text
    assert back.json()["movements"][0]["to_account_id"] == desk.treasury
    assert await case.figures() == (50_000, 35_000)
    assert (await case.seen())["outstanding_fen"] == 15_000
    # Undone, nothing is put right, and the finding is bound to the lot where the money rests again.
    assert (await desk.undo(back.json()["movements"][0]["id"], "2017-12-11")).status_code == 201
    assert await case.figures() == (50_000, 0)
    assert await case.rests() == await case.held()
    await conserved(admin, desk.county)


async def test_money_that_only_goes_further_is_not_put_right_and_stays_bound(case: Misuse, desk: Desk) -> None:
    await case.draft()
    await case.confirm()
    before = now()
    paid = await case.pay(20_000)
    assert await case.figures() == (50_000, 0)
    [there] = await desk.lots(desk.contractor)
    assert (await case.rests())[there["id"]] == 20_000
    # As known before, all of it was in the village.
    then = await case.seen(known_at=before)
    assert ([one["bound_fen"] for one in then["lots"]], then["bound_fen"]) == ([50_000], 50_000)
    # Recovered from the contractor it is with the village again, which should have none of it.
    back = await case.recover(15_000, desk.contractor)
    assert back.status_code == 201, back.text
    assert await case.figures() == (50_000, 0)
    assert await case.rests() == await case.held()
    assert (await desk.undo(back.json()["movements"][0]["id"], "2017-12-12")).status_code == 201
    assert (await case.figures(), await case.rests()) == ((50_000, 0), await case.held())
    assert (await desk.undo(paid, "2017-12-12")).status_code == 201
    assert (await case.figures(), await case.rests()) == ((50_000, 0), await case.held())
    # Only with the treasury is it put right.
    written(await desk.back(50_000, desk.village, "2017-12-13"))
    assert (await case.figures(), await case.rests()) == ((50_000, 50_000), {})


async def test_idle_money_is_put_right_when_it_leaves(case: Misuse, desk: Desk) -> None:
    await case.draft(class_code="F01")
    await case.confirm()
    await case.pay(20_000)
    assert await case.figures() == (50_000, 20_000)


async def test_what_undoes_the_movement_itself_puts_it_right(case: Misuse, desk: Desk) -> None:
    await case.draft()
    await case.confirm()
    assert (await desk.undo(case.movement, "2017-12-02")).status_code == 201
    assert await case.figures() == (50_000, 50_000)


async def test_what_came_back_before_is_not_bound(case: Misuse, desk: Desk) -> None:
    assert (await desk.back(20_000, desk.village, "2017-11-20", kind="return")).status_code == 201
    await case.pay(10_000)
    drafted = await case.draft()
    [village], [contractor] = await desk.lots(desk.village), await desk.lots(desk.contractor)
    bound = {one["lot_id"]: one["bound_fen"] for one in drafted["lots"]}
    assert bound == {village["id"]: 20_000, contractor["id"]: 10_000}
    assert (drafted["amount_fen"], drafted["bound_fen"], drafted["unexplained_fen"]) == (50_000, 30_000, 0)


async def test_what_happens_between_the_draft_and_the_decision_is_counted(case: Misuse, desk: Desk) -> None:
    await case.draft()
    await case.pay(20_000)
    [first] = written(await desk.back(6_000, desk.contractor, "2017-12-03", kind="recover"))["movements"]
    written(await desk.back(9_000, desk.village, "2017-12-03", kind="return"))
    assert (await desk.undo(first["id"], "2017-12-04")).status_code == 201
    written(await desk.back(5_000, desk.contractor, "2017-12-05", kind="recover"))
    [last] = written(await desk.back(2_000, desk.village, "2017-12-06"))["movements"]
    assert (await desk.undo(last["id"], "2017-12-07")).status_code == 201
    await case.both.hear()
    told = await case.confirm()
    assert (told["bound_fen"], sum(one["rectified_fen"] for one in told["lots"])) == (50_000, 9_000)
    assert (await case.figures(), await case.rests()) == ((50_000, 9_000), await case.held())
    written(await desk.back(26_000, desk.village, "2017-12-08"))
    assert (await case.figures(), await case.rests()) == ((50_000, 35_000), await case.held())


async def test_what_the_books_had_counted_already_is_not_counted_again(case: Misuse, desk: Desk) -> None:
    """The follower has heard neither of the payment nor of what came back when the books answer with both done."""
    await case.pay(20_000)
    written(await desk.back(5_000, desk.village, "2017-12-03", kind="return"))
    drafted = await case.draft()
    assert sum(one["bound_fen"] for one in drafted["lots"]) == 45_000
    await case.confirm()
    assert await case.figures() == (45_000, 0)
    written(await desk.back(5_000, desk.village, "2017-12-04", kind="return"))
    assert await case.figures() == (45_000, 5_000)


async def test_an_answer_older_than_what_was_heard_is_asked_for_anew(
    case: Misuse, audit_http: httpx.AsyncClient
) -> None:
    state: Any = audit_http.app.state  # type: ignore[attr-defined]
    real: httpx.AsyncClient = state.ledger.http
    answers = []

    async def late(request: httpx.Request) -> httpx.Response:
        """The books answer, and before the answer is there they move and the follower hears of it."""
        found = await real.get(request.url.raw_path.decode(), headers=request.headers)
        answers.append(found.json()["position"])
        if len(answers) == 1 or case.movement == "ever":
            await case.pay(1_000)
            await case.both.hear()
        return httpx.Response(200, content=found.content)

    with asking(audit_http, httpx.AsyncClient(transport=httpx.MockTransport(late), base_url="http://funds")):
        drafted = await case.draft()
        assert len(answers) == 2
        assert answers[0] < answers[1]
        assert sorted(one["bound_fen"] for one in drafted["lots"]) == [1_000, 49_000]
        movement, case.movement = case.movement, "ever"
        subject = {"kind": "movement", "id": movement, "amount_fen": 1}
        refused(await case.drawn(subjects=[subject]), 503, "books-moved-on", {})
        assert len(answers) == 7


async def test_no_fen_is_bound_to_two_findings(case: Misuse, admin: asyncpg.Pool) -> None:
    await case.draft()
    await case.confirm()
    first = case.finding
    refused(await case.drawn(), 409, "lot-held", {})
    case.finding = written(await case.drawn(fen=0))
    assert (await case.confirm())["bound_fen"] == 0, "the same movement may be named without its money"
    with pytest.raises(asyncpg.PostgresError) as held:
        await admin.execute(
            "INSERT INTO audit.finding_lot"
            " (county_code, region_code, finding_id, lot_id, first_fen, bound_fen, told_position)"
            " SELECT county_code, region_code, $2, lot_id, first_fen, bound_fen, 1 FROM audit.finding_lot"
            " WHERE finding_id = $1",
            UUID(first["id"]),
            UUID(case.finding["id"]),
        )
    assert held.value.sqlstate == "23514", "the version says nothing of it"


async def test_the_database_holds_what_the_lots_add_up_to(case: Misuse, admin: asyncpg.Pool) -> None:
    drafted = await case.draft(fen=20_000, amount_fen=20_000)
    for no, fen, why in ((1, 1, "come to more than it"), (9, 1, "violates foreign key")):
        with pytest.raises(asyncpg.PostgresError, match=why):
            await admin.execute(
                "INSERT INTO audit.finding_subject_lot SELECT county_code, finding_id, version_no, 9, $2,"
                " gen_random_uuid(), region_code, $3, movement_id, position, depth"
                " FROM audit.finding_subject_lot WHERE finding_id = $1",
                UUID(drafted["id"]),
                no,
                fen,
            )


async def test_the_bundle_carries_the_lots_that_the_hash_names(case: Misuse, audit_http: httpx.AsyncClient) -> None:
    drafted = await case.draft()
    [row] = (await case.both.inspector.get(f"{FINDINGS}/{drafted['id']}/versions")).json()["items"]
    spoken = {name: row.get(name) for name in content.SAID if name != "published"}
    told = [{"subject_no": 1, "movement_id": case.movement, **one} for one in row["subjects"][0]["lots"]]
    facts = [{name: one[name] for name in content.FACT} for one in row["recorded_facts"]]
    about = [{"kind": one["kind"], "subject_id": one["id"], "amount_fen": one["amount_fen"]} for one in row["subjects"]]
    assert content.hash_of(spoken, facts, about, told) == drafted["version_hash"]
    assert content.hash_of(spoken, facts, about) != drafted["version_hash"]


@pytest.fixture
async def ordering(
    funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, county: str, books: None
) -> AsyncIterator[Misuse]:
    """Inspectors of a county that works with quota alone."""
    async with Both(funds_http, audit_http, county) as both:
        yield Misuse(both, Desk(funds_http, county))


async def test_an_order_is_put_right_when_its_money_is_quota_again(ordering: Misuse) -> None:
    case, both, desk = ordering, ordering.both, ordering.desk
    chain = await Chain(desk.http, desk.county).open()
    order = await chain.issue(300_000)
    named = [{"kind": "order", "id": order["id"], "amount_fen": 300_000}]
    drafted = await case.draft(subjects=named)
    assert drafted["bound_fen"] == 300_000
    assert (await chain.result(order)).status_code == 201
    await both.hear()
    await case.confirm()
    assert await case.figures() == (300_000, 0)
    [there] = await desk.lots(chain.contractor["cash"])
    assert await case.rests() == {there["id"]: 300_000}
    # First with the bank, which gives it on to the quota.
    for account, right in ((chain.contractor["cash"], 0), (chain.bank["cash"], 300_000)):
        body = {"fund_code": chain.fund, "account_id": account, "amount_fen": 300_000}
        written(await desk.order("return", "2017-12-10", **body))
        assert await case.figures() == (300_000, right)
    over = await case.drawn(subjects=[{**named[0], "amount_fen": 300_001}], amount_fen=300_001)
    refused(over, 409, "subjects-too-large", {})
    # An order that the bank turned down is quota again, and nothing is bound.
    turned_down = await chain.issue(100_000)
    assert (await chain.result(turned_down, "returned")).status_code == 201
    subject = {"kind": "order", "id": turned_down["id"], "amount_fen": 100_000}
    assert (await case.draft(subjects=[subject]))["lots"] == []


async def test_a_project_is_what_rests_in_its_accounts(
    case: Misuse, desk: Desk, funds_http: httpx.AsyncClient, county: str
) -> None:
    library = Library(funds_http, county)
    await library.walk("planned")
    account = (await library.shown())["cash_account_id"]
    order = {"to_account_id": account, "amount_fen": 80_000}
    answer = await desk.out(80_000, account, "2017-11-02", lines=[order])
    assert answer.status_code == 201, answer.text
    subject = {"kind": "project", "id": library.id, "amount_fen": 500_000}
    drafted = await case.draft(subjects=[subject])
    assert (drafted["bound_fen"], drafted["amount_fen"]) == (80_000, 500_000)
    await case.confirm()
    written(await desk.back(30_000, account, "2017-12-03"))
    assert await case.figures() == (80_000, 30_000)


SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_the_finding_follows_its_money_as_the_books_do(
    case: Misuse, desk: Desk, admin: asyncpg.Pool, seed: int
) -> None:
    """Drawn up and confirmed at any time: what is bound and not put right is where the books say the money rests."""
    chance = random.Random(seed)  # noqa: S311 (chosen, not secret)
    posted = {await case.hand_down(20_000): "hand_down"}  # other money of the same village
    draft_at, confirm_at = sorted(chance.sample(range(14), 2))
    for step in range(18):
        if step == draft_at:
            there = await books_say(case)
            # What had come back by now is not this finding's, and would not be if that were undone.
            posted = {one: kind for one, kind in posted.items() if kind in {"hand_down", "pay", "carry_over"}}
            drafted = await case.draft(fen=50_000)
            assert {one["lot_id"]: one["bound_fen"] for one in drafted["lots"]} == there
        if step == confirm_at:
            if chance.random() < 0.5:
                await case.both.hear()
            await case.confirm()
        posted |= await happened(case, desk, chance, posted)
        if step >= confirm_at:
            bound, right = await case.figures()
            assert await case.rests() == await books_say(case), f"step {step}"
            assert right == bound - sum((await case.rests()).values())
    await conserved(admin, desk.county)


async def books_say(case: Misuse) -> dict[str, int]:
    """Where the money of the movement rests, as funds_api walks down its draws."""
    reader = funds_caller(case.desk.http, "ledger_reader", case.desk.county)
    answer = await reader.get("/funds/v1/subjects", params={"named": f"movement:{case.movement}"})
    [told] = answer.json()["items"]
    return {one["lot_id"]: one["fen"] for one in told["lots"]}


async def happened(case: Misuse, desk: Desk, chance: random.Random, posted: dict[str, str]) -> dict[str, str]:
    """One thing that happens to the money of the village and its contractor; what was posted, with its kind."""
    fen = chance.choice([1_000, 7_000, 15_000, 30_000])
    account = chance.choice([desk.village, desk.village, desk.contractor])
    match chance.choice(["pay", "pay", "return", "recover", "reverse", "reverse", "carry_over", "take_back"]):
        case "pay":
            answer = await desk.out(fen, desk.contractor, "2017-12-20", kind="pay", from_account_id=desk.village)
        case "return" | "recover" as kind:
            answer = await desk.back(fen, account, "2017-12-20", kind=kind)
        case "reverse":
            answer = await desk.undo(chance.choice([*posted]), "2017-12-20")
        case "carry_over":
            answer = await desk.order("carry_over", "2017-12-20", account_id=desk.village, from_year=2017)
        case _:
            order = {"account_id": desk.village, "to_account_id": desk.treasury, "fund_code": "TEST-FUND"}
            answer = await desk.order("take_back", "2017-12-20", amount_fen=fen, **order)
    assert answer.status_code in {201, 409}, answer.text
    return {one["id"]: one["kind"] for one in answer.json()["movements"]} if answer.status_code == 201 else {}


async def test_an_alert_is_bound_to_the_money_that_its_flag_names(
    case: Misuse, desk: Desk, funds_http: httpx.AsyncClient, county: str
) -> None:
    """A roster that was never publicised (R23) names the movement that paid it."""
    await Paid(funds_http, county).open()
    await run_rules(funds_http, county, "2017-12-31", "R23")
    await case.both.hear()
    [alert] = [one for one in await case.both.alerts() if one["rule_code"] == "R23"]
    drafted = await case.draft(subjects=[], alert_ids=[alert["id"]], class_code="F17")
    assert (alert["subject"], drafted["bound_fen"], len(drafted["lots"])) == ("batch", 150_000, 3)
    assert (await case.confirm())["bound_fen"] == 150_000
    moved = (await desk.clerk.get("/funds/v1/movements", params={"kind": "disburse"})).json()["items"][0]["id"]
    assert (await desk.undo(moved, "2018-01-02")).status_code == 201
    await case.both.hear()
    assert (await case.seen(as_of="2018-01-31"))["rectified_fen"] == 150_000


async def test_a_flag_tells_the_lots_of_the_rows_it_names(
    case: Misuse, funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    paid = await Paid(funds_http, county).open()
    flag = uuid4()
    await admin.execute(
        "INSERT INTO funds.flag (county_code, id, region_code, rule_code, rule_version, limit_days, as_of, amount_fen,"
        " days, facts, explanation, position, subject, subject_id, mark)"
        " VALUES ($1, $2, $3, 'R12', 1, 0, '2017-12-31', 45000, 0, '{}', '试', 1, 'payment', $2, '试')",
        county,
        flag,
        county + "101",
    )
    for item, fen in ((f"payment:{paid.batch}:3", 20_000), (f"payment:{paid.batch}:4", 25_000), ("income:1", 7)):
        await admin.execute(
            "INSERT INTO funds.flag_money VALUES ($1, $2, $3, $4, $5)", county, flag, item, county + "101", fen
        )
    reader = funds_caller(funds_http, "ledger_reader", county)
    [told] = (await reader.get("/funds/v1/subjects", params={"named": f"flag:{flag}"})).json()["items"]
    first, second, _ = paid.approval["spans"]
    # Of row 4 (300 yuan) the flag names 250: what the first lot fed of it, and so much of the second.
    assert [(one["lot_id"], one["line"], one["fen"]) for one in told["lots"]] == [
        (first["to_lot_id"], 3, 20_000),
        (first["to_lot_id"], 4, 20_000),
        (second["to_lot_id"], 4, 5_000),
    ]
    assert {one["batch_id"] for one in told["lots"]} == {paid.batch}


class Rows:
    """A roster of five rows paid out of three lots; inspectors find something with single rows."""

    def __init__(self, case: Misuse, paid: Paid) -> None:
        self.case, self.paid = case, paid

    async def find(self, *lines: int, kind: str = "batch", **more: Any) -> dict[str, Any]:
        """A confirmed finding on rows (from 0), or on the whole batch."""
        self.case.finding = written(await self.drawn(*lines, **more))
        return await self.case.confirm()

    async def drawn(self, *lines: int, **more: Any) -> httpx.Response:
        named = [
            {"kind": "batch", "id": self.paid.batch, "line": line + 2, "amount_fen": (line + 1) * 10_000}
            for line in lines
        ] or [{"kind": "batch", "id": self.paid.batch, "amount_fen": 150_000}]
        return await self.case.drawn(subjects=named, class_code="F03", **more)

    async def give_back(self, line: int, fen: int) -> dict[str, Any]:
        return written(
            await self.paid.give_back(self.paid.line(line), self.paid.town.finance, reason="recovered", amount_fen=fen)
        )


@pytest.fixture
async def rows(case: Misuse, funds_http: httpx.AsyncClient, county: str) -> Rows:
    return Rows(case, await Paid(funds_http, county).open())


async def test_findings_on_rows_share_the_lots_and_each_counts_its_own(rows: Rows, case: Misuse) -> None:
    first, second = await rows.find(1), await rows.find(2)
    assert (first["bound_fen"], second["bound_fen"]) == (20_000, 30_000)
    assert {one["lot_id"] for one in first["lots"]} & {one["lot_id"] for one in second["lots"]}
    back = await rows.give_back(2, 12_000)
    assert await case.figures() == (30_000, 12_000)
    case.finding = first
    assert await case.figures() == (20_000, 0)
    # What came back before the third is drawn up is not its own; what comes back until it is decided is.
    await rows.give_back(3, 10_000)
    case.finding = written(await rows.drawn(3))
    assert case.finding["bound_fen"] == 30_000
    await rows.give_back(3, 4_000)
    await case.both.hear()
    await case.confirm()
    assert await case.figures() == (30_000, 4_000)
    # Undone, the household has it again.
    assert (await case.desk.undo(back["id"], "2017-05-09")).status_code == 201
    case.finding = second
    assert await case.figures() == (30_000, 0)


async def test_a_row_is_one_findings_and_a_whole_batch_is_nobody_elses(rows: Rows, case: Misuse) -> None:
    one = await rows.find(0)
    refused(await rows.drawn(0), 409, "lot-held", {})
    refused(await rows.drawn(), 409, "lot-held", {})
    assert (await rows.find(4))["bound_fen"] == 50_000
    case.finding = one
    await rows.give_back(0, 10_000)
    assert await case.figures() == (10_000, 10_000)


async def test_a_batch_and_its_movement_are_the_same_money_once(rows: Rows, case: Misuse, desk: Desk) -> None:
    moved = (await desk.clerk.get("/funds/v1/movements", params={"kind": "disburse"})).json()["items"][0]["id"]
    subjects = [
        {"kind": "movement", "id": moved, "amount_fen": 150_000},
        {"kind": "batch", "id": rows.paid.batch, "amount_fen": 150_000},
        {"kind": "batch", "id": rows.paid.batch, "line": 3, "amount_fen": 20_000},
    ]
    drafted = await case.draft(subjects=subjects, amount_fen=200_000)
    assert (drafted["bound_fen"], len(drafted["lots"])) == (150_000, 3)
    told = await case.confirm()
    assert told["bound_fen"] == 150_000
    # The approval undone, every row is back.
    assert (await desk.undo(moved, "2017-12-02")).status_code == 201
    assert await case.figures() == (150_000, 150_000)
