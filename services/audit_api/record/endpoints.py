"""/audit/v1/record: the log that seals all journals, for whoever checks it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from chassis import clock
from chassis.database import Database, Read, Single, Tx
from chassis.feed import StreamName
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from services.audit_api.access import county_of
from services.audit_api.moments import KnownAt, moment_of
from services.audit_api.record import money_behind, service
from services.audit_api.record.schemas import (
    Bundle,
    CheckpointTold,
    ConsistencyProof,
    CosignatureReceipt,
    CosignatureRequest,
    InclusionProof,
    KeysTold,
    RecordStatus,
    Service,
)

router = APIRouter(prefix="/audit/v1/record", tags=["record 存证"])

MAX_POSITION = 2**62
Size = Annotated[int | None, Query(gt=0, le=MAX_POSITION, description="检查点的条数；省略表示最近一个")]
OldSize = Annotated[int, Query(alias="old_size", ge=0, le=MAX_POSITION, description="先前见到的条数")]
SeenSize = Annotated[
    int | None, Query(gt=0, le=MAX_POSITION, description="先前见到的检查点条数：案卷附上与它相接的一致性证明")
]
Position = Annotated[int, Query(gt=0, le=MAX_POSITION, description="流内位置")]
Watcher = Annotated[Principal, can("checkpoints:read")]
Reader = Annotated[Principal, can("record:read")]


@router.get("/status", summary="存证状态：条数、根、最近检查点、各流封存到哪里、滞后多少")
async def get_status(tx: Read, who: Reader) -> RecordStatus:
    return await service.status(tx, who, clock.now())


@router.get("/checkpoint", summary="检查点（带签名的条数与根）")
async def get_checkpoint(tx: Read, _: Watcher, size: Size = None) -> CheckpointTold:
    return await service.checkpoint(tx, size)


@router.get("/consistency", summary="一致性证明：后来的日志以先前的为开头")
async def get_consistency(
    request: Request, tx: Read, _: Watcher, old_size: OldSize, size: Size = None
) -> ConsistencyProof:
    return await service.consistency(tx, request.app.state.log_tiles, old_size, size)


@router.get("/keys", summary="日志密钥的历次更换，各附与检查点相接的证明")
async def get_keys(request: Request, tx: Read, _: Watcher, size: Size = None) -> KeysTold:
    return await service.keys(tx, request.app.state.log_tiles, size)


@router.get("/inclusion", summary="包含证明：某条日志在检查点之内")
async def get_inclusion(
    request: Request,
    single: Single,
    _: Reader,
    of: Annotated[Service, Query(alias="service", description="哪个服务的日志")],
    stream: Annotated[StreamName, Query(description="流")],
    position: Position,
    size: Size = None,
) -> InclusionProof:
    return await service.inclusion(single, request.app.state.log_tiles, of, stream, position, size)


@router.post("/cosignatures", status_code=201, summary="见证方对检查点的签名")
async def post_cosignature(
    order: CosignatureRequest,
    request: Request,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("record:cosign")],
) -> CosignatureReceipt:
    return await service.cosign(tx, who, act, order, request.app.state.witness_keys, clock.now())


@router.get("/findings/{finding_id}", summary="问题的案卷：日志行、包含证明与检查点，可离线核验")
async def get_bundle(
    finding_id: UUID,
    request: Request,
    who: Annotated[Principal, can("findings:read")],
    county: Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")] = None,
    known_at: KnownAt = None,
    seen_size: SeenSize = None,
) -> Bundle:
    asked, state = county_of(who, county), request.app.state
    database: Database = state.database
    async with database.reading(who.region, who.subject) as tx:
        moment = await moment_of(tx, asked, None, known_at)
        about = await service.rests_on(tx, who, asked, finding_id, moment)
    money = await money_behind.told(state.ledger, who, asked, about, moment)  # no transaction waits for the ledger
    async with database.reading(who.region, who.subject) as tx:
        bundled = service.Bundled(asked, finding_id, moment)
        return await service.bundle(tx, state.log_tiles, who, bundled, money, seen_size)
