"""A feed of funds_api made by hand: events chained as the real one chains them, served over a mock transport."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from chassis.cursors import genesis
from chassis.database import Database
from chassis.feed import Envelope, FeedPage, Streams
from chassis.identity import KeyRing, SigningKey, verify
from chassis.pages import mark, window_of
from services.audit_api.follower import FLAGS_PATH, ISSUER, Follower
from tests.callers import FOLLOWER_KEY, INTERNAL_JWKS
from wire.flags import FlagRaised, FlagsFound, FlagsRaised, FlagTold, ToldPolicy
from wire.money import Drawn, MoneyMoved, Moved
from wire.rosters import PaymentReturned, PaymentsDisbursed

RING = KeyRing.from_jwks(INTERNAL_JWKS, max_life_seconds=60)
DAY = date(2017, 10, 31)


class FakeFeed:
    """Streams of events in memory; `handler` answers as GET /funds/v1/events does, to the follower's token only.

    Flags that an event only counts are listed by their run, as GET /funds/v1/flags does. `before_page` may look on,
    wait or fail before each page of them; it hears which of all pages asked for this is.
    """

    def __init__(self) -> None:
        self.streams: dict[str, list[Envelope]] = {}
        self.down = False
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.pages_n = 0
        self.before_page: Callable[[int], Awaitable[None]] | None = None

    def append(self, stream: str, body: Any, kind: str = "") -> Envelope:
        events = self.streams.setdefault(stream, [])
        raw = body if isinstance(body, dict) else body.model_dump(mode="json")
        before = bytes.fromhex(events[-1].hash) if events else genesis(stream)
        position = events[-1].position + 1 if events else 1
        envelope = Envelope(
            stream=stream,
            position=position,
            id=uuid4(),
            kind=kind or type(body).__name__,
            body=raw,
            actor="web/finance",
            request_id="r",
            recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
            hash=hashlib.sha256(before + str(position).encode() + json.dumps(raw).encode()).hexdigest(),
        )
        events.append(envelope)
        return envelope

    def found(self, stream: str, *told: FlagTold, flags_n: int | None = None) -> Envelope:
        """One rule of a run found these flags; the event counts them, rightly unless `flags_n` says otherwise."""
        run = uuid4()
        self.tell(run, *told)
        event = FlagsFound(
            run_id=run,
            county_code=stream,
            rule_code="R19",
            rule_version=1,
            title="资金滞留",
            as_of=DAY,
            flags_n=len(told) if flags_n is None else flags_n,
            flags_fen=sum(one.amount_fen for one in told),
        )
        return self.append(stream, event)

    def tell(self, run: UUID | str, *told: FlagTold) -> None:
        """List these flags as those of a run, whatever its event counts."""
        listed = [one.model_dump(mode="json") | {"run_id": str(run)} for one in told]
        self.told[str(run)] = sorted(listed, key=lambda one: one["id"])

    async def _flags(self, query: httpx.QueryParams) -> httpx.Response:
        self.pages_n += 1
        if self.before_page is not None:
            await self.before_page(self.pages_n)
        assert query["rule"] == "R19"
        window = window_of(query.get("after"), int(query["limit"]))
        key = window.key(UUID)
        left = [one for one in self.told[query["run"]] if key is None or one["id"] > str(key[0])]
        page = left[: window.limit]
        after = mark(page[-1]["id"]) if len(left) > window.limit else None
        return httpx.Response(200, json={"items": page, "next": after})

    async def handler(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down")
        who = verify(request.headers["authorization"].removeprefix("Bearer "), RING, audience="funds")
        assert (who.roles, who.subject) == ({"feed_reader"}, ISSUER)
        query = request.url.params
        if request.url.path == FLAGS_PATH:
            return await self._flags(query)
        if "stream" not in query:
            seen = {name: events[-1].position for name, events in self.streams.items() if name.startswith(who.region)}
            return httpx.Response(200, json=Streams(streams=seen).model_dump(mode="json"))
        events = self.streams.get(query["stream"], [])
        after = [one for one in events if one.position > int(query["after"])][: int(query["limit"])]
        page = FeedPage(events=after, head_position=events[-1].position if events else 0)
        return httpx.Response(200, json=page.model_dump(mode="json"))

    def follower(self, database: Database, *regions: str) -> Follower:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.handler), base_url="http://funds")
        key = SigningKey.from_jwk(FOLLOWER_KEY, ISSUER, "internal+jwt")
        return Follower(database, http, key, list(regions), poll_seconds=0.01)


def flag(county: str, lot: UUID | None = None, **more: Any) -> FlagRaised:
    figures: dict[str, Any] = {
        "flag_id": uuid4(),
        "rule_code": "R19",
        "rule_version": 1,
        "title": "资金滞留",
        "lot_id": lot or uuid4(),
        "account_id": uuid4(),
        "unit_id": uuid4(),
        "unit_name": "第一镇财政所",
        "region_code": county + "101",
        "fund_code": "zxfp",
        "amount_fen": 100_000,
        "days": 90,
        "limit_days": 30,
        "as_of": DAY,
        "explanation": "该笔资金已在第一镇财政所停留 90 天，超过 30 天",
        "source": "国发〔2014〕70号",
    }
    return FlagRaised(**{**figures, **more})


def told(county: str, **more: Any) -> FlagTold:
    """A flag as the list of flags tells it; `run_id` is that of the event it is found by."""
    lot = uuid4()
    figures: dict[str, Any] = {
        "id": uuid4(),
        "run_id": None,
        "rule_code": "R19",
        "rule_version": 1,
        "title": "资金滞留",
        "subject": "lot",
        "subject_id": lot,
        "lot_id": lot,
        "region_code": county + "101",
        "amount_fen": 100_000,
        "days": 90,
        "limit_days": 30,
        "as_of": DAY,
        "explanation": "该笔资金已在第一镇财政所停留 90 天，超过 30 天",
        "facts": {"account_id": str(uuid4()), "unit_id": str(uuid4()), "unit_name": "一镇财政所", "fund_code": "zxfp"},
        "policy": [ToldPolicy(source="国发〔2014〕70号")],
    }
    return FlagTold(**{**figures, **more})


def flags(county: str, *raised: FlagRaised) -> FlagsRaised:
    return FlagsRaised(county_code=county, as_of=DAY, flags=list(raised))


def moved(
    county: str, *draws: tuple[UUID, int], kind: str = "pay", reverses: Moved | None = None, on: date = DAY
) -> Moved:
    """A movement with one draw per (lot, fen); each becomes a fresh lot."""
    return Moved(
        movement_id=uuid4(),
        kind=kind,
        document="郧财〔2017〕1号",
        effective_on=on,
        from_account_id=uuid4(),
        to_account_id=uuid4(),
        from_region=county + "101",
        to_region=county + "101",
        amount_fen=sum(fen for _, fen in draws),
        reverses_id=reverses.movement_id if reverses else None,
        draws=[Drawn(from_lot_id=lot, to_lot_id=uuid4(), amount_fen=fen, days_rested=1) for lot, fen in draws],
    )


def money(county: str, *movements: Moved) -> MoneyMoved:
    return MoneyMoved(county_code=county, movements=list(movements))


def reversal(county: str, undone: Moved) -> Moved:
    """The movement that undoes another: each lot it made becomes a new lot where the money came from."""
    return moved(county, *((draw.to_lot_id, draw.amount_fen) for draw in undone.draws), kind="reverse", reverses=undone)


def disbursed(county: str, movement: Moved) -> PaymentsDisbursed:
    return PaymentsDisbursed(batch_id=uuid4(), county_code=county, rows=2, movement=movement)


def returned(county: str, movement: Moved) -> PaymentReturned:
    """One row of a roster that came back by this movement."""
    return PaymentReturned(
        batch_id=uuid4(), line=2, county_code=county, reason="account_closed", hold_id=uuid4(), movement=movement
    )
