"""What is asked of the record: its state, proofs against a checkpoint, a witness's signature, a finding's bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import feed
from chassis.connections import Alone
from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.findings import store as findings
from services.audit_api.moments import Moment
from services.audit_api.record import bundling, merkle, money_behind, notes, proving, store, succession, words_of
from services.audit_api.record.bundling import Chosen
from services.audit_api.record.case import case_of
from services.audit_api.record.money_behind import Money, RestsOn
from services.audit_api.record.schemas import (
    Bundle,
    CheckpointTold,
    ConsistencyProof,
    CosignatureReceipt,
    CosignatureRequest,
    Follows,
    InclusionProof,
    KeysTold,
    RecordStatus,
    StreamSealed,
    Witnessed,
)
from services.audit_api.record.tiles import Tiles
from services.audit_api.record.verify import BUNDLE_FORMAT, KEYS_FORMAT, Bad, Key, leaf_hash, leaf_line
from services.audit_api.tables import LogCheckpointRow
from wire.record import CheckpointCosigned

WITNESS_AHEAD_SECONDS: Final = 300  # how far another office's clock may run before ours (assumed)


@dataclass(eq=False)
class NothingSealed(Exception):
    """There is no checkpoint yet."""

    def __str__(self) -> str:
        return "日志尚未封存，还没有检查点"


@dataclass(eq=False)
class SizesOutOfOrder(Exception):
    """A consistency proof was asked from a larger log to a smaller one, or to one that is not there yet."""

    old_size: int
    size: int
    largest: int

    def __str__(self) -> str:
        return f"不能证明 {self.old_size} 条的日志是 {self.size} 条的开头；现有检查点最大为 {self.largest} 条"

    def figures(self) -> dict[str, int]:
        return {"old_size": self.old_size, "size": self.size, "largest": self.largest}


@dataclass(eq=False)
class NotSealedYet(Exception):
    """The event was recorded after the checkpoint that the proof was to lead to."""

    position: int
    size: int

    def __str__(self) -> str:
        return f"该条日志的封存位置是 {self.position}，不在 {self.size} 条的检查点之内"

    def figures(self) -> dict[str, int]:
        return {"position": self.position, "size": self.size}


@dataclass(eq=False)
class CosignatureRefused(Exception):
    """The line is no valid signature of a registered witness below that checkpoint."""

    size: int
    reason: str

    def __str__(self) -> str:
        return f"对 {self.size} 条检查点的见证签名未被接受：{self.reason}"

    def figures(self) -> dict[str, int]:
        return {"size": self.size}


@dataclass(frozen=True, slots=True)
class Bundled:
    """Which finding of which county a bundle is about, and as known when."""

    county: str
    id: UUID
    moment: Moment


async def status(tx: AsyncSession, who: Principal, now: datetime) -> RecordStatus:
    """The log as it stands, and how far behind the journals it is."""
    head = await store.head(tx)
    last = await store.checkpoint(tx, None)
    streams = [
        StreamSealed(
            service=row.service,
            stream=row.stream,
            sealed_position=row.position,
            head_position=row.head_position,
            lag_events=row.head_position - row.position,
            stopped_because=row.stopped_because,
        )
        for row in await store.visible_cursors(tx, who)
    ]
    complete = head.complete_at if head.complete_at.year > 1 else None
    witnessed = await store.cosigned_sizes(tx)
    return RecordStatus(
        size=head.size,
        root=last.root.hex() if last else None,
        checkpoint=await _note(tx, last) if last else None,
        checkpoint_at=last.made_at if last else None,
        looked_at=head.looked_at if head.looked_at.year > 1 else None,
        complete_at=complete,
        lag_events=sum(one.lag_events for one in streams),
        lag_seconds=None if complete is None else max(0, int((now - complete).total_seconds())),
        streams=streams,
        witnesses=[Witnessed(witness=one, size=size, signed_at=at) for one, (size, at) in witnessed.items()],
        empty_because=None if streams else "您的管辖范围内还没有封存过日志",
    )


async def checkpoint(tx: AsyncSession, size: int | None) -> CheckpointTold:
    """The checkpoint of a size, or the last one, with the lines of its witnesses."""
    row = await _checkpoint(tx, size)
    return CheckpointTold(size=row.size, root=row.root.hex(), note=await _note(tx, row), made_at=row.made_at)


async def keys(tx: AsyncSession, tiles: Tiles, size: int | None) -> KeysTold:
    """Every change of the log's key, each joined with a checkpoint: from any one key all others are believed or not."""
    row = await _checkpoint(tx, size)
    changes = await succession.told(tx, tiles, await store.key_changes(tx), row)
    return KeysTold(format=KEYS_FORMAT, size=row.size, changes=changes)


async def consistency(tx: AsyncSession, tiles: Tiles, old_size: int, size: int | None) -> ConsistencyProof:
    """That the log of a checkpoint begins with a smaller one."""
    row = await _checkpoint(tx, size)
    if old_size > row.size:
        raise SizesOutOfOrder(old_size, row.size, (await _checkpoint(tx, None)).size)
    found = await proving.consistent(store.within(tx), tiles, await store.checkpoint(tx, old_size), old_size, row)
    return ConsistencyProof(old_size=old_size, size=row.size, proof=[one.hex() for one in found])


async def inclusion(
    single: Alone, tiles: Tiles, service: str, stream: str, position: int, size: int | None
) -> InclusionProof:
    """That an event of the caller's region stands below a checkpoint. Of a stream kept apart nobody learns anything."""
    found = await store.place(single.look, service, stream, position, size)
    if found["at"] is None:
        raise Missing("已封存的日志", f"{service} {stream} {position}")
    if found["size"] is None:
        raise NothingSealed if size is None else Missing("检查点", str(size))
    at, within = found["at"], found["size"]
    if at >= within:
        raise NotSealedYet(at, within)
    if found["tile"] is not None:
        tiles.learn((0, at // merkle.TILE), found["tile"])
    line = leaf_line(service, stream, position, found["hash"].hex())
    proof = await proving.included(single.look, tiles, leaf_hash(line), at, within, found["root"], found["log_size"])
    return InclusionProof(
        line=line.decode(),
        position=at,
        size=within,
        root=found["root"].hex(),
        proof=[one.hex() for one in proof],
        note=found["note"],
    )


async def cosign(
    tx: AsyncSession, who: Principal, act: Act, request: CosignatureRequest, keys: list[Key], now: datetime
) -> CosignatureReceipt:
    """Keep a witness's line, if a registered witness signed this very checkpoint with it."""
    await act.claim(tx, who.region)
    row = await _checkpoint(tx, request.size)
    try:
        witness, at = notes.cosigned_at(row.note, request.line, keys)
    except Bad as bad:
        raise CosignatureRefused(row.size, bad.reason) from bad
    if at > now.timestamp() + WITNESS_AHEAD_SECONDS:
        raise CosignatureRefused(row.size, "见证时间晚于现在")
    signed_at = datetime.fromtimestamp(at, UTC)
    await store.add_cosignature(
        tx,
        {
            "size": row.size,
            "witness": witness,
            "line": request.line.strip() + "\n",
            "signed_at": signed_at,
            "received_by": who.subject,
        },
    )
    receipt = CosignatureReceipt(size=row.size, witness=witness, signed_at=signed_at)
    event = CheckpointCosigned(size=row.size, root=row.root.hex(), witness=witness, signed_at=signed_at)
    await act.record(tx, who.region, event, receipt)
    return receipt


async def rests_on(tx: AsyncSession, who: Principal, county: str, finding: UUID, moment: Moment) -> RestsOn:
    """What is asked of the books for a bundle; refused where the finding is not there, or was not at the moment."""
    seen = await findings.one(tx, who, county, finding)
    if seen is None or seen.position > moment.position:
        raise Missing("问题", str(finding))
    return await money_behind.rests_on(tx, county, finding, moment)


async def bundle(
    tx: AsyncSession, tiles: Tiles, who: Principal, finding: Bundled, money: Money, seen_size: int | None
) -> Bundle:
    """What was known of a finding at the moment, each journal row proved to stand below one checkpoint."""
    county, moment = finding.county, finding.moment
    case = await case_of(tx, county, finding.id, moment.position)
    positions = (await tx.scalars(store.naming(who, county, case.names, moment.position))).all()
    own = await feed.whole_rows(tx, "audit", county, positions)
    chosen = [
        await bundling.placed(tx, "audit", county, own),
        await bundling.placed(tx, "funds", county, money.rows),
    ]
    row = await _covering(tx, chosen, moment)
    rows = await bundling.proved(tx, tiles, chosen, row)
    kept = chosen[0].leaves
    sealed = [one for one in own if kept.get(one.position, row.size) < row.size]
    texts, gone = await words_of.texts_of(tx, county, case, sealed, kept)
    bodies = [one.body for one in sealed]
    return Bundle(
        format=BUNDLE_FORMAT,
        about=str(finding.id),
        known_at=moment.known_at,
        known_position=None if moment.known_at is None else moment.position,
        checkpoint=row.note if moment.known_at else await _note(tx, row),
        follows=await _follows(tx, tiles, seen_size, row),
        rows=rows,
        texts=texts,
        versions=await bundling.versions_of(tx, county, finding.id, moment, "".join(bodies)),
        evidence=await bundling.evidence_of(tx, who, county, finding.id, moment, bodies),
        not_sealed_yet=len(own) + len(money.rows) - len(rows),
        words_gone_n=gone,
        lacking_n=money.lacking_n,
        keys=await succession.told(tx, tiles, succession.before(await store.key_changes(tx), row), row),
    )


async def _covering(tx: AsyncSession, chosen: Sequence[Chosen], moment: Moment) -> LogCheckpointRow:
    """The newest checkpoint; of what was known at an instant the first one over all of its rows, for ever."""
    if moment.known_at is None:
        return await _checkpoint(tx, None)
    last = max((at for one in chosen for at in one.leaves.values()), default=0)
    return await store.checkpoint_over(tx, last + 1) or await _checkpoint(tx, None)


async def _follows(tx: AsyncSession, tiles: Tiles, seen_size: int | None, row: LogCheckpointRow) -> Follows | None:
    if seen_size is None:
        return None
    if seen_size > row.size:
        raise SizesOutOfOrder(seen_size, row.size, (await _checkpoint(tx, None)).size)
    before = await store.checkpoint(tx, seen_size)
    proof = await proving.consistent(store.within(tx), tiles, before, seen_size, row)
    return Follows(old_size=seen_size, proof=[one.hex() for one in proof])


async def _checkpoint(tx: AsyncSession, size: int | None) -> LogCheckpointRow:
    row = await store.checkpoint(tx, size)
    if row is None:
        if size is None:
            raise NothingSealed
        raise Missing("检查点", str(size))
    return row


async def _note(tx: AsyncSession, row: LogCheckpointRow) -> str:
    return row.note + "".join(one.line for one in await store.cosignatures(tx, row.size))
