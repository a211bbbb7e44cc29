"""How long a page of 100,000 alerts of one county takes, over HTTP, whatever page it is and whatever it is listed by.

What counts is the slowest kind of question. Beside it the same number of rows is read by their keys, without any list.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import asyncpg

from benchmarks.result import Bar, Result, quantile, significant, spread
from benchmarks.sealed import SealedStand
from benchmarks.server import COUNTY
from benchmarks.wire import Line
from chassis.pages import mark

PATH: Final = "/audit/v1/alerts"
ALERTS: Final = 100_000
ROUNDS: Final = 25
WARM_UP: Final = 2
KEYS: Final = 51
LIMIT_MS: Final = 100
OK: Final = 200
# Ids in the order of the list; every third is triaged, every tenth given to somebody, every twentieth part of the one
# before it, and a handful at the end of the list is what few are.
_SEED: Final = (
    f"""
INSERT INTO audit.alert (county_code, id, region_code, rule_code, rule_version, title, subject, subject_id, amount_fen,
    days, limit_days, as_of, explanation, source, feed_position, status, flag_outcome)
SELECT '{COUNTY}', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '{COUNTY}' || 101 + n % 19,
       'R' || lpad((1 + n % 26)::text, 2, '0'), 1, '资金停留', 'account', md5((n / 2)::text)::uuid,
       n * 100, n % 400, 30,
       DATE '2017-10-31' + n % 300, '停留超过规定天数', '测试', n,
       CASE WHEN n % 5 = 0 THEN 'decided' ELSE 'new' END, CASE WHEN n % 5 = 0 THEN 'confirmed' END
  FROM generate_series(1, {ALERTS}) n""",
    """
INSERT INTO audit.alert_triage (county_code, alert_id, triage_no, region_code, triage, proposed, repeats_n, policies,
    triaged_on, made_by)
SELECT a.county_code, a.id, 1, a.region_code, w.way, w.way, 0, '{}', a.as_of, 'li' FROM audit.alert a,
  LATERAL (SELECT CASE WHEN a.feed_position > 99990 THEN 'urgent_check' WHEN a.feed_position % 2 = 0 THEN 'rectify'
                       ELSE 'key_check' END AS way) w WHERE a.feed_position % 3 = 0""",
    """
INSERT INTO audit.alert_assignment (county_code, alert_id, assignment_no, region_code, assignee, assigned_on, made_by)
SELECT a.county_code, a.id, 1, a.region_code, CASE WHEN a.feed_position > 99990 THEN 'zhao' ELSE 'wang' END, a.as_of,
       'li'
  FROM audit.alert a WHERE a.feed_position % 10 = 0""",
    """
INSERT INTO audit.alert_merge (county_code, alert_id, merge_no, region_code, main_id, reason, merged_on, made_by)
SELECT a.county_code, a.id, 1, a.region_code, m.id, '同一账户', a.as_of, 'li' FROM audit.alert a
  JOIN audit.alert m ON m.county_code = a.county_code AND m.feed_position = a.feed_position - 1
 WHERE a.feed_position % 20 = 1 AND a.feed_position > 1""",
)
# The journal told of a hundred at a time, every ten minutes; what was dealt with them it told of after all of them.
FIRST: Final = datetime(2018, 9, 1, tzinfo=UTC)
PER_EVENT: Final = 100
EVENTS: Final = ALERTS // PER_EVENT
_JOURNAL: Final = (
    f"""
INSERT INTO audit.event (stream, position, id, kind, body, actor, request_id, idempotency_key, request_hash, outcome,
    recorded_at, hash)
SELECT '{COUNTY}', n, gen_random_uuid(), CASE WHEN n > {EVENTS} THEN 'AlertTriaged' ELSE 'AlertsTakenIn' END,
       json_build_object('feed_position', n * {PER_EVENT}), 'web/li', 'r', lpad(n::text, 8, '0'), sha256(int8send(n)),
       '{{}}', '{FIRST.isoformat()}'::timestamptz + n * interval '10 minutes', sha256(int8send(n))
  FROM generate_series(1::bigint, {EVENTS + 1}) n""",
    (
        f"INSERT INTO audit.stream_head (stream, position, hash) VALUES ('{COUNTY}', {EVENTS + 1}, sha256('head'))"
        " ON CONFLICT (stream) DO UPDATE SET position = excluded.position, hash = excluded.hash"
    ),
    *(
        f"UPDATE audit.{table} SET position = {EVENTS + 1}"
        for table in ("alert_triage", "alert_assignment", "alert_merge")
    ),
)
_BY_KEY: Final = "SELECT * FROM audit.alert WHERE county_code = $1 AND id = ANY ($2)"


def _id(at: int) -> UUID:
    return UUID(f"01900000-0000-7000-8000-{at:012x}")


def known_until(share: float) -> str:
    """An instant by which that share of the alerts had been taken in, and nothing dealt with; with 1 everything was."""
    events = EVENTS + 1 if share == 1 else int(EVENTS * share)
    return (FIRST + events * timedelta(minutes=10)).isoformat().replace("+00:00", "Z")


def kinds() -> dict[str, tuple[Mapping[str, Any], int | None]]:
    """Each kind of question: its query, and how many alerts its page has to hold."""
    middle, late = mark(str(_id(ALERTS // 2))), mark(str(_id(ALERTS * 999 // 1000)))
    return {
        "first page": ({}, 50),
        "the middle": ({"after": middle}, 50),
        "near the end": ({"after": late, "limit": 200}, None),
        "200 a page": ({"limit": 200}, 200),
        "state": ({"status": "decided", "after": middle}, 50),
        "state of none": ({"status": "dismissed"}, 0),
        "triage": ({"triage": "rectify", "after": middle}, 50),
        "triage of few, at the end": ({"triage": "urgent_check"}, None),
        "assignee": ({"assignee": "wang", "after": middle}, 50),
        "assignee of one, the last": ({"assignee": "zhao"}, 1),
        "assignee of none": ({"assignee": "nobody"}, 0),
        "merged": ({"merged": "true", "after": middle}, 50),
        "standing alone": ({"merged": "false", "after": middle}, 50),
        "as known when half were there": ({"known_at": known_until(0.5), "after": mark(str(_id(ALERTS // 4)))}, 50),
        "as known, behind the last of them": ({"known_at": known_until(0.5), "after": middle}, 0),
        "as known, triage": ({"known_at": known_until(1), "triage": "rectify", "after": middle}, 50),
        "as known, triage of few": ({"known_at": known_until(1), "triage": "urgent_check"}, None),
        "as known, triage before any": ({"known_at": known_until(0.5), "triage": "rectify"}, 0),
        "as known, assignee of one": ({"known_at": known_until(1), "assignee": "zhao"}, 1),
        "as known, merged": ({"known_at": known_until(1), "merged": "true", "after": middle}, 50),
        "as known, state": ({"known_at": known_until(1), "status": "new", "after": middle}, 50),
        "everything at once": ({"status": "decided", "triage": "rectify", "assignee": "wang", "merged": "false"}, 50),
    }


async def _measure(stand: SealedStand) -> tuple[dict[str, list[float]], list[float], dict[str, Any]]:
    owner = await stand.as_owner()
    began = time.perf_counter()
    await _fill(owner)
    details = {"seed_s": significant(time.perf_counter() - began), "alerts": ALERTS}
    asked = kinds()
    ours: dict[str, list[float]] = {name: [] for name in asked}
    limit: list[float] = []
    for at in range(ROUNDS + WARM_UP):
        async with Line(stand.port("audit_api"), stand.internal_token("inspector", COUNTY)) as line:
            for name, (query, expected) in asked.items():
                answer = await line.ask("GET", f"{PATH}?{urlencode(query)}")
                if answer.status != OK:
                    raise AssertionError(answer.body)
                found = len(json.loads(answer.body)["items"])
                if expected is not None and found != expected:
                    msg = f"{name}: {found} alerts, not {expected}"
                    raise AssertionError(msg)
                if at >= WARM_UP:
                    ours[name].append(answer.seconds)
        start = 1 + (ALERTS - KEYS) * at // (ROUNDS + WARM_UP)
        began = time.perf_counter()
        await owner.fetch(_BY_KEY, COUNTY, [_id(one) for one in range(start, start + KEYS)])
        if at >= WARM_UP:
            limit.append(time.perf_counter() - began)
    await owner.close()
    return ours, limit, details


async def _fill(owner: asyncpg.Connection) -> None:
    await owner.execute("SET statement_timeout = 0")
    for statement in _SEED:
        await owner.execute(statement, timeout=600)
    await owner.execute("SET session_replication_role = replica")  # no trigger places what stands in the past
    for statement in _JOURNAL:
        await owner.execute(statement, timeout=600)
    await owner.execute("VACUUM ANALYZE")


def run() -> Result:
    with SealedStand() as stand:
        ours, limit, details = asyncio.run(_measure(stand))
        version = stand.postgres_version()
    p95 = {name: quantile(seconds, 0.95) for name, seconds in ours.items()}
    slowest = max(p95, key=lambda name: p95[name])
    return Result(
        name="alerts_list",
        ours=significant(p95[slowest] * 1000),
        limit=significant(quantile(limit, 0.95) * 1000),
        unit="ms",
        runs=ROUNDS,
        what=f"{ALERTS:,} 条预警中最慢一种列表的一页，经 HTTP，p95 (a page of the slowest kind)",
        beside=f"按键直接读取同样多的 {KEYS} 行，p95 (as many rows by their keys)",
        bar=Bar("ours", LIMIT_MS),
        details={
            "slowest": slowest,
            "kinds": {name: spread(seconds) for name, seconds in ours.items()},
            "limit": spread(limit),
            **details,
            "postgres": version,
        },
        ceilings={},
    )
