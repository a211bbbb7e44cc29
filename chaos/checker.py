"""Holds the history against the books: nothing acknowledged is lost, nothing acts twice, nothing is half there.

One snapshot of the database per check, taken while the storm goes on: what a client had been told before the snapshot
has to be in it. At the end everything is read once more, the chain of hashes is computed anew, and the balances that
the clients can work out from their own answers have to be those of the books.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from chaos.history import Act, Fate, History
from chaos.laws import QUICK, THOROUGH
from chaos.laws_of_questions import ASKED, ENDED, FOLLOWED
from chaos.told import PAIRS
from chaos.workers import KEY

SHOWN: Final = 5
# Longer than this no law takes among the payments of a run; one that does holds the storm up, and is told by name.
LAW_SECONDS: Final = 120


class TooSlowError(Exception):
    """A law that was given up: nothing was found out about it."""


@dataclass
class Verdict:
    """What was found: lost, double and half acts, laws that did not hold, and the sums of the books."""

    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    checks: int = 0
    events: int = 0
    received_fen: int = 0
    remaining_fen: int = 0
    counted_fen: int = 0
    entered_fen: int = 0
    undone: int = 0
    runs: int = 0
    flags: int = 0
    alerts: int = 0
    warnings: int = 0
    findings: int = 0
    quarantined_fen: int = 0
    sealed: int = 0
    checkpoints: int = 0
    key_changes: int = 0

    @property
    def clean(self) -> bool:
        sums = {self.received_fen, self.remaining_fen, self.counted_fen, self.entered_fen}
        return not (self.lost or self.double or self.half or self.broken) and len(sums) == 1


async def check(url: str, history: History, verdict: Verdict, *, thorough: bool = False) -> None:
    """Look at everything in one snapshot and add what is wrong to `verdict`."""
    told = history.so_far()
    connection = await asyncpg.connect(url, server_settings={"statement_timeout": f"{LAW_SECONDS}s"})
    try:
        # A killed postmaster forgets how much was written, so that nothing is analysed for it: the laws would be
        # planned as if the tables were still empty.
        await connection.execute("ANALYZE")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await look(connection, told, verdict, thorough=thorough)
    finally:
        await connection.close()
    verdict.checks += 1


async def look(
    connection: asyncpg.Connection, told: Sequence[tuple[Act, Fate]], verdict: Verdict, *, thorough: bool
) -> None:
    """Hold what the clients were told against what this transaction sees."""
    laws = {**QUICK, **ASKED}
    await _laws(connection, {**laws, **THOROUGH, **ENDED} if thorough else laws, verdict)
    await _acts(connection, told, verdict)
    await _pairs(connection, verdict)
    if thorough:
        for journal in ("funds", "audit"):
            await _chain(connection, journal, verdict)
    await _sums(connection, verdict)


async def look_at_the_other_side(connection: asyncpg.Connection, verdict: Verdict) -> None:
    """Hold what audit_api took in against the flags. The follower has to have come to the end of every stream."""
    await _laws(connection, FOLLOWED, verdict)
    [row] = await connection.fetch(
        "SELECT (SELECT count(*) FROM funds.flag_run WHERE ended_at IS NOT NULL) AS runs,"
        " (SELECT count(*) FROM funds.flag) AS flags, (SELECT count(*) FROM audit.alert) AS alerts,"
        " (SELECT count(*) FROM funds.warning) AS warnings,"
        " (SELECT count(*) FROM audit.finding WHERE status <> 'draft') AS findings,"
        " (SELECT coalesce(sum(kept_fen), 0)::bigint FROM funds.quarantine_lot) AS quarantined_fen"
    )
    verdict.runs, verdict.flags, verdict.alerts, verdict.warnings, verdict.findings, verdict.quarantined_fen = row


async def _laws(connection: asyncpg.Connection, laws: dict[str, str], verdict: Verdict) -> None:
    for law, query in laws.items():
        try:
            found = await connection.fetch(query)
        except asyncpg.QueryCanceledError as error:
            raise TooSlowError(law) from error
        if found:
            shown = "，".join(str(tuple(row)) for row in found[:SHOWN])
            verdict.broken.append(f"{law}：{len(found)} 处不符（{shown}）")


async def _acts(connection: asyncpg.Connection, told: Sequence[tuple[Act, Fate]], verdict: Verdict) -> None:
    rows = await connection.fetch(
        "SELECT stream, idempotency_key AS key, outcome FROM funds.event WHERE idempotency_key LIKE $1"
        " UNION ALL SELECT stream, idempotency_key, outcome FROM audit.event WHERE idempotency_key LIKE $1",
        f"{KEY}%",
    )
    times: Counter[str] = Counter()
    for (_, key), n in Counter((row["stream"], row["key"]) for row in rows).items():
        times[key] = max(times[key], n)  # an act on two counties is told once in the journal of either
    recorded = {row["key"]: json.loads(row["outcome"]) for row in rows}
    rows = await connection.fetch("SELECT document, count(*) AS n FROM funds.movement GROUP BY document")
    made = {row["document"]: row["n"] for row in rows}
    recorded_by = {act.document for act, _ in told if act.document and act.key in times}
    for act, fate in told:
        name = f"{act.kind} {act.key}"
        if times[act.key] > 1:
            verdict.double.append(f"{name} 在流水中有 {times[act.key]} 条")
        moved = made.get(act.document, 0) if act.document else 0
        _fate(act, fate, recorded.get(act.key), verdict, moved)
        acted = act.replayed if fate is Fate.DONE else fate is Fate.GIVEN_UP and act.key in recorded
        if acted and not act.doubtful:
            verdict.broken.append(f"{name} 被告知“未写入任何数据”，实际已写入")
        if moved > act.movements:
            verdict.double.append(f"{name} 应有 {act.movements} 笔业务，账上有 {moved} 笔")
        elif moved < act.movements and act.key in times:
            verdict.half.append(f"{name} 应有 {act.movements} 笔业务，账上只有 {moved} 笔")
        elif moved and act.document not in recorded_by:
            verdict.half.append(f"{name} 有 {moved} 笔业务而无流水")


def _fate(act: Act, fate: Fate, outcome: dict[str, Any] | None, verdict: Verdict, moved: int) -> None:
    name = f"{act.kind} {act.key}"
    if fate is Fate.DONE and act.forbidden:
        verdict.broken.append(f"{name} 应被拒绝而办结了")
    if fate is Fate.DONE and act.was_done_before:
        if outcome is not None:
            verdict.double.append(f"{name} 被告知此前已办结，流水中却另有一条")
        if not moved:
            verdict.lost.append(f"{name} 被告知此前已办结，账上没有")
    elif fate is Fate.DONE and outcome is None:
        verdict.lost.append(f"{name} 已答复 {act.status}，流水中没有")
    elif fate is Fate.DONE and outcome is not None and (outcome["status"], outcome["body"]) != (act.status, act.answer):
        verdict.lost.append(f"{name} 的答复与流水中记录的不同")
    elif fate is Fate.REFUSED and outcome is not None:
        verdict.half.append(f"{name} 已被拒绝（{act.problem}），流水中却有")


async def _pairs(connection: asyncpg.Connection, verdict: Verdict) -> None:
    """Everything that was made belongs to one event, and what every event tells is there."""
    for name, told_by, there_by in PAIRS:
        told = Counter(row[0] for row in await connection.fetch(told_by))
        there = {row[0] for row in await connection.fetch(there_by)}
        verdict.double += [f"{name} {one} 见于 {n} 处" for one, n in told.items() if n > 1]
        verdict.lost += [f"{name} {one} 见于流水，不在账上" for one in told.keys() - there]
        verdict.half += [f"{name} {one} 在账上，不见于任何流水" for one in there - told.keys()]


async def _chain(connection: asyncpg.Connection, journal: str, verdict: Verdict) -> None:
    """Compute every hash of a journal anew from the one before, as its `journal_append` does."""
    before: dict[str, bytes] = {}
    async for row in connection.cursor(
        "SELECT stream, position, id::text AS id, kind, actor, request_id, idempotency_key, request_hash, hash,"
        " coalesce(o.outcome_sha256, sha256(convert_to(outcome::text, 'UTF8'))) AS told,"
        " body::text AS body, (extract(epoch FROM recorded_at) * 1000000)::bigint AS micros"
        f" FROM {journal}.event LEFT JOIN {journal}.erased_outcome o USING (stream, position) ORDER BY stream, position"
    ):
        stream = row["stream"]
        fields = [stream, row["position"], row["id"], row["kind"], row["actor"], row["request_id"]]
        fields += [row["idempotency_key"], row["request_hash"].hex(), row["micros"]]
        fields += [row["told"].hex(), row["body"]]
        previous = before.get(stream, hashlib.sha256(stream.encode()).digest())
        sealed = hashlib.sha256(previous + "\n".join(str(one) for one in fields).encode()).digest()
        if sealed != row["hash"]:
            verdict.broken.append(f"{journal} 流水 {stream} 第 {row['position']} 条的校验值不符")
        before[stream] = row["hash"]


async def _sums(connection: asyncpg.Connection, verdict: Verdict) -> None:
    [row] = await connection.fetch(
        "SELECT (SELECT sum(amount_fen)::bigint FROM funds.tranche) AS received,"
        " (SELECT sum(remaining_fen)::bigint FROM funds.lot) AS remaining,"
        " (SELECT sum(sum_fen)::bigint FROM funds.account) AS counted,"
        " (SELECT sum(amount_fen)::bigint FROM funds.entry) AS entered, (SELECT count(*) FROM funds.event) AS events,"
        " (SELECT count(*) FROM funds.upload_attempt WHERE outcome = 'undone') AS undone"
    )
    verdict.received_fen, verdict.remaining_fen = row["received"], row["remaining"]
    verdict.counted_fen, verdict.entered_fen, verdict.events = row["counted"], row["entered"], row["events"]
    verdict.undone = row["undone"]


async def balances(url: str) -> dict[str, int]:
    """Every account's counter, by its id."""
    connection = await asyncpg.connect(url)
    try:
        return {
            str(row["id"]): row["sum_fen"] for row in await connection.fetch("SELECT id, sum_fen FROM funds.account")
        }
    finally:
        await connection.close()


async def recorded(url: str) -> dict[str, dict[str, Any]]:
    """What the journal keeps as the answer to each act of the run, by key."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT idempotency_key AS key, outcome FROM funds.event WHERE idempotency_key LIKE $1", f"{KEY}%"
        )
    finally:
        await connection.close()
    return {row["key"]: json.loads(row["outcome"])["body"] for row in rows}


def worked_out(history: History, before: dict[str, int], kept: dict[str, dict[str, Any]]) -> dict[str, int]:
    """What each account has to hold after every act that was answered, and those given up that did act (`kept`)."""
    held = Counter(before)
    for act, fate in history.so_far():
        answer = act.answer if fate is Fate.DONE else kept.get(act.key) if fate is Fate.GIVEN_UP else None
        if answer is None or (fate is Fate.DONE and act.was_done_before):
            continue
        for source, target, fen in _moved(act, answer):
            held[source] -= fen
            held[target] += fen
    return dict(held)


def _moved(act: Act, answer: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """From where to where an act moved how much, by its answer; an end that nobody counts is left empty."""
    if act.kind == "receive" and act.body is not None:
        [account] = act.body["accounts"].values()
        yield "", account, act.body["lines"][0]["amount_fen"]
    elif act.kind.startswith("approve"):
        yield answer["batch"]["account_id"], "", answer["total_fen"]
    elif act.ends:
        for source, target in act.ends:
            yield source, target, answer["amount_fen"]
    elif act.kind == "order":
        yield answer["from_account_id"], answer["bank_account_id"], answer["amount_fen"]
    elif act.kind == "bank result":
        paid = answer["result"]["result"] == "paid"
        target = answer["payee_account_id" if paid else "from_account_id"]
        yield answer["bank_account_id"], target, answer["amount_fen"]
    for one in answer.get("movements", []):
        yield one["from_account_id"], one["to_account_id"], one["amount_fen"]
