"""How long a page of 100,000 findings of one county takes, over HTTP, whatever page it is and whatever is searched.

What counts is the slowest kind of question, not the mixture: an inspector who searches for a rare word asks that every
time. Beside it the same rows are read by their keys, without any search.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import asyncpg

from benchmarks import findings_seed as seed
from benchmarks.result import Bar, Result, quantile, significant, spread
from benchmarks.sealed import REGION, SealedStand
from benchmarks.server import COUNTY
from benchmarks.wire import Line
from chassis.pages import mark

PATH: Final = "/audit/v1/findings"
ROUNDS: Final = 25
WARM_UP: Final = 2
PER_TOKEN: Final = 100
LIMIT_MS: Final = 100
OK: Final = 200
VILLAGE: Final = f"{COUNTY}101201"
KEYS: Final = 51


def kinds() -> dict[str, tuple[str, Mapping[str, Any], int | None]]:
    """Each kind of question: who asks it (a region), its query, and how many findings its page has to hold."""
    deep = [str(one) for one in seed.ids()]
    at = {share: mark(deep[int(len(deep) * share)]) for share in (0.5, 0.999)}
    last = mark(deep[-1])
    county: dict[str, tuple[Mapping[str, Any], int | None]] = {
        "first page": ({}, 50),
        "the middle": ({"after": at[0.5]}, 50),
        "near the end": ({"after": at[0.999], "limit": 200}, None),
        "behind the last": ({"after": last}, 0),
        "200 a page": ({"limit": 200}, 200),
        "newest": ({"sort": "newest"}, 50),
        "by amount": ({"sort": "amount"}, 50),
        "by amount, deep": ({"sort": "amount", "after": mark("amount", 1_000_000, deep[0])}, 50),
        "by day found": ({"sort": "found_on"}, 50),
        "status": ({"status": "ordered"}, 50),
        "status of few, at the end": ({"status": "draft", "after": at[0.5]}, 50),
        "class": ({"class_code": "F07"}, 50),
        "place": ({"about": f"{COUNTY}107"}, 50),
        "village": ({"about": f"{COUNTY}107205"}, None),
        "amounts": ({"at_least_fen": 20_000_000, "at_most_fen": 20_100_000}, None),
        "amount of none": ({"at_least_fen": 90_000_000_000}, 0),
        "report of none": ({"report": str(UUID(int=7))}, 0),
        "engagement of half": ({"engagement": str(seed.engagement(1)), "after": at[0.5]}, 50),
        "campaign with all its parts": ({"engagement": str(seed.engagement(0)), "after": at[0.5]}, 50),
        "engagement of few": ({"engagement": str(seed.engagement(2)), "sort": "newest"}, 50),
        "engagement of three, at the end": ({"engagement": str(seed.engagement(3))}, 3),
        "engagement of none": ({"engagement": str(UUID(int=9))}, 0),
        "engagement and word": ({"engagement": str(seed.engagement(2)), "text": seed.COMMON}, 50),
        "engagement, as known when half were there": (
            {"engagement": str(seed.engagement(2)), "known_at": seed.known_until(0.5)},
            50,
        ),
        "everything at once": (
            {"status": "closed", "class_code": "F03", "about": f"{COUNTY}105", "at_least_fen": 30_000_000},
            None,
        ),
        "as known when half were there": ({"known_at": seed.known_until(0.5)}, 50),
        "as known, status": ({"known_at": seed.known_until(0.9), "status": "ordered", "sort": "newest"}, 50),
        "word of all": ({"text": seed.COMMON}, 50),
        "word of all, deep": ({"text": seed.COMMON, "after": at[0.5]}, 50),
        "word of the later half": ({"text": seed.LATER}, 50),
        "word of all, by amount": ({"text": seed.COMMON, "sort": "amount"}, 50),
        "word of one, the last": ({"text": seed.RARE}, 1),
        "word of none": ({"text": "航天飞机"}, 0),
        "two characters": ({"text": "公示"}, 50),
        "one character": ({"text": "光"}, 50),
        "words that never meet": ({"text": f"脱贫攻坚 {seed.LATER}"}, 0),
        "words of a fault": ({"text": "危房改造 套取 会计凭证"}, 50),
        "phrase whose pairs are everywhere": ({"text": "资金管理不规范"}, 0),
        "word and filters": ({"text": "小额信贷", "status": "closed", "class_code": "F14", "sort": "newest"}, 50),
        "word of all, as known when a tenth was there": (
            {"text": seed.COMMON, "known_at": seed.known_until(0.1), "sort": "newest"},
            50,
        ),
    }
    found = {name: (COUNTY, query, n) for name, (query, n) in county.items()}
    found["province"] = (REGION, {"county": COUNTY, "after": at[0.5]}, 50)
    found["province, word"] = (REGION, {"county": COUNTY, "text": "公益岗位", "sort": "newest"}, 50)
    found["village caller"] = (VILLAGE, {}, 0)
    found["village caller, word of all"] = (VILLAGE, {"text": seed.COMMON}, 0)
    return found


async def _measure(stand: SealedStand) -> tuple[dict[str, list[float]], list[float], dict[str, Any]]:
    began = time.perf_counter()
    await seed.fill(stand.urls["admin"])
    owner = await stand.as_owner()
    await owner.execute("VACUUM ANALYZE")
    details: dict[str, Any] = {"seed_s": significant(time.perf_counter() - began), "findings": seed.FINDINGS}
    details["words_index_mb"] = await _megabytes(owner, "audit.ix_finding_listed_grams")
    asked = kinds()
    ours: dict[str, list[float]] = {name: [] for name in asked}
    limit: list[float] = []
    deep = seed.ids()
    for at in range(ROUNDS + WARM_UP):
        lines = {
            region: Line(stand.port("audit_api"), stand.internal_token("inspector", region))
            for region in {region for region, _, _ in asked.values()}
        }
        for line in lines.values():
            await line.__aenter__()
        for name, (region, query, expected) in asked.items():
            answer = await lines[region].ask("GET", f"{PATH}?{urlencode(query)}")
            if answer.status != OK:
                raise AssertionError(answer.body)
            found = len(json.loads(answer.body)["items"])
            if expected is not None and found != expected:
                msg = f"{name}: {found} findings, not {expected}"
                raise AssertionError(msg)
            if at >= WARM_UP:
                ours[name].append(answer.seconds)
        for line in lines.values():
            await line.__aexit__(None, None, None)
        began = time.perf_counter()
        start = len(deep) * at // (ROUNDS + WARM_UP)
        await owner.fetch(_BY_KEY, COUNTY, deep[start : start + KEYS])
        if at >= WARM_UP:
            limit.append(time.perf_counter() - began)
    await owner.close()
    return ours, limit, details


_BY_KEY: Final = "SELECT * FROM audit.finding WHERE county_code = $1 AND id = ANY ($2)"


async def _megabytes(owner: asyncpg.Connection, relation: str) -> float:
    return significant(await owner.fetchval("SELECT pg_total_relation_size($1::regclass)", relation) / 2**20)


def run() -> Result:
    with SealedStand() as stand:
        ours, limit, details = asyncio.run(_measure(stand))
        version = stand.postgres_version()
    p95 = {name: quantile(seconds, 0.95) for name, seconds in ours.items()}
    slowest = max(p95, key=lambda name: p95[name])
    mixed = [one for seconds in ours.values() for one in seconds]
    return Result(
        name="findings_list",
        ours=significant(p95[slowest] * 1000),
        limit=significant(quantile(limit, 0.95) * 1000),
        unit="ms",
        runs=ROUNDS,
        what=f"{seed.FINDINGS:,} 个问题中最慢一种列表或查找的一页，经 HTTP，p95 (a page of the slowest kind)",
        beside=f"按键直接读取同样的 {KEYS} 行，p95 (the same rows by their keys)",
        bar=Bar("ours", LIMIT_MS),
        details={
            "slowest": slowest,
            "mixed": spread(mixed),
            "kinds": {name: spread(seconds) for name, seconds in ours.items()},
            "limit": spread(limit),
            **details,
            "postgres": version,
        },
        ceilings={},
    )
