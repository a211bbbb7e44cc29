"""/identity/v1: people, clients, grants and the gateway's journal."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from chassis import feed
from chassis.database import Read, Tx
from chassis.feed import HashPage, StreamName, Streams
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.gateway.access import Role, must_hold, visible_to
from services.gateway.identities import service, store
from services.gateway.identities.schemas import (
    Client,
    ClientPage,
    ClientRequest,
    Entry,
    EntryPage,
    Grant,
    GrantRequest,
    NewClient,
    Person,
    PersonPage,
    PersonRequest,
)
from services.gateway.passwords import Passwords
from services.gateway.tables import EventRow, StreamHeadRow

router = APIRouter(prefix="/identity/v1", tags=["identity 人员与授权"])


@router.post("/people", status_code=201, summary="登记人员（系统管理员）")
async def post_person(
    order: PersonRequest, request: Request, tx: Tx, act: Acting, who: Annotated[Principal, can("people:write")]
) -> Person:
    # The journal keeps the request's hash for ever; a plain hash over a password would be guessed, so it is left out.
    shown = order.model_dump_json(exclude={"password"})
    act = replace(act, content_hash=sha256(f"POST /identity/v1/people\n{shown}".encode()).digest())
    hasher: Passwords = request.app.state.passwords
    password_hash = await hasher.hash(order.password.get_secret_value())
    return await service.enter_person(tx, who, act, order, password_hash)


@router.get("/people", summary="人员列表")
async def get_people(tx: Read, window: Paging, who: Annotated[Principal, can("people:read")]) -> PersonPage:
    rows, after = cut(await store.people(tx, who, window), window, lambda row: (row[0].id,))
    items = [
        Person(
            id=person.id,
            username=person.username,
            name=person.name,
            region=person.region,
            unit=person.unit,
            roles=[Role(role) for role in roles],
            locked_until=person.locked_until,
        )
        for person, roles in rows
    ]
    return PersonPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有登记人员")


@router.post("/clients", status_code=201, summary="登记客户端，密钥只显示一次（系统管理员）")
async def post_client(
    order: ClientRequest, response: Response, tx: Tx, act: Acting, who: Annotated[Principal, can("clients:write")]
) -> NewClient:
    response.headers["Cache-Control"] = "no-store"
    return await service.enter_client(tx, who, act, order)


@router.get("/clients", summary="客户端列表")
async def get_clients(tx: Read, window: Paging, who: Annotated[Principal, can("clients:read")]) -> ClientPage:
    rows, after = cut(await store.clients(tx, who, window), window, lambda row: (row[0].id,))
    items = [
        Client(
            client_id=client.id,
            name=client.name,
            region=client.region,
            unit=client.unit,
            roles=[Role(role) for role in roles],
        )
        for client, roles in rows
    ]
    return ClientPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有客户端")


@router.post("/grants", status_code=201, summary="授予角色（安全管理员）")
async def post_grant(order: GrantRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("grants:write")]) -> Grant:
    return await service.grant_role(tx, who, act, order)


@router.get("/events", summary="身份操作日志（审计管理员）")
async def get_events(tx: Read, window: Paging, who: Annotated[Principal, can("identity-events:read")]) -> EntryPage:
    rows, after = cut(await store.events(tx, who, window), window, lambda row: (row.stream, row.position))
    items = [
        Entry(
            stream=row.stream,
            position=row.position,
            id=row.id,
            kind=row.kind,
            body=row.body,
            actor=row.actor,
            request_id=row.request_id,
            recorded_at=row.recorded_at,
            hash=row.hash.hex(),
        )
        for row in rows
    ]
    return EntryPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有操作记录")


@router.get("/events/hashes", summary="身份日志各条的哈希，供封存；不带 stream 时列出各流及其末位")
async def get_event_hashes(
    tx: Read,
    who: Annotated[Principal, can("event-hashes:read")],
    stream: Annotated[StreamName | None, Query(description="流")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=feed.HASHES_PER_PAGE)] = feed.HASHES_PER_PAGE,
) -> HashPage | Streams:
    if stream is None:
        return await feed.streams(tx, StreamHeadRow, visible_to(who, StreamHeadRow.stream))
    must_hold(who, stream)
    return await feed.hashes(tx, EventRow, StreamHeadRow, stream, after, limit)
