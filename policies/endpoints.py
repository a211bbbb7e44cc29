"""…/policy-values of a service: which number is in force where, since when, who says so; setting one takes two people.

The service that has the book includes these routes below its own address and names the book as `app.state.policies`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.moments import AsOf, KnownAt
from chassis.pages import Paging, cut
from policies import service
from policies.book import PolicyBook
from policies.refusals import PolicyKeyUnknown
from policies.schemas import (
    KeyName,
    PolicyEdition,
    PolicyHistory,
    PolicyKeyAnswer,
    PolicyKeys,
    PolicyValueAnswer,
    PolicyValueConfirmation,
    PolicyValueRequest,
    PolicyValues,
    PolicyValuesWaiting,
    PolicyValueWithdrawal,
    Ref,
)
from treasury.calendar import business_date
from treasury.policy import PolicyValue, in_force
from treasury.policy_keys import FORMS

_router = APIRouter(prefix="/policy-values")


def _book(request: Request) -> PolicyBook:
    book: PolicyBook = request.app.state.policies
    return book


Book = Annotated[PolicyBook, Depends(_book)]


def below(prefix: str, tag: str) -> APIRouter:
    """The routes of the book of the service that stands at `prefix`."""
    router = APIRouter(prefix=prefix, tags=[tag])
    router.include_router(_router)
    return router


@_router.get("", summary="现行政策数值及其依据")
async def get_policy_values(
    request: Request,
    book: Book,
    tx: Read,
    who: Annotated[Principal, can("policies:read")],
    key: Annotated[str, Query(max_length=100, description="键的开头；目录见 policy-values/keys")] = "",
    region: Annotated[RegionCode | None, Query(description="区划；省略为本人区划")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> PolicyValues:
    day, place = as_of or business_date(clock.now()), region or who.region
    known = await book.values(tx, *([key] if key else []), known_at=known_at, region=place)
    chosen = [in_force(known, name, place, day) for name in sorted({one.key for one in known})]
    items = [_told(book, one) for one in chosen if one is not None]
    because = None if items else f"当日没有以此为键开头、适用于该区划的数值；键的目录见 {request.url.path}/keys"
    return PolicyValues(as_of=day, known_at=known_at, items=items, empty_because=because)


@_router.post("", status_code=201, summary="登记政策数值（经另一人确认后作数）")
async def post_policy_value(
    request: PolicyValueRequest, book: Book, tx: Tx, act: Acting, who: Annotated[Principal, can("policies:write")]
) -> PolicyEdition:
    return await service.set_value(book, tx, who, act, request)


@_router.post("/confirmation", status_code=201, summary="确认等待中的政策数值（须由另一人办理）")
async def post_policy_value_confirmation(
    request: PolicyValueConfirmation,
    book: Book,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("policies:confirm")],
) -> PolicyEdition:
    return await service.confirm(book, tx, who, act, request)


@_router.post("/withdrawal", status_code=201, summary="撤回等待中的政策数值（保留记录）")
async def post_policy_value_withdrawal(
    request: PolicyValueWithdrawal, book: Book, tx: Tx, act: Acting, who: Annotated[Principal, can("policies:write")]
) -> PolicyEdition:
    return await service.withdraw(book, tx, who, act, request)


@_router.get("/history", summary="一个政策数值在一个区划的全部期间和版次，含等待确认的")
async def get_policy_history(
    book: Book,
    tx: Read,
    who: Annotated[Principal, can("policies:read")],
    key: Annotated[KeyName, Query(description="键")],
    region: Annotated[RegionCode | None, Query(description="区划；省略为本人区划，全国为 00")] = None,
) -> PolicyHistory:
    place = region or who.region
    recorded = await book.editions(tx, key, place)
    if not recorded and book.keys.entry(key) is None:
        raise PolicyKeyUnknown(key, book.keys.near(key))
    return PolicyHistory(
        key=key,
        region=place,
        items=[service.edition(book, row, recorded) for row in recorded],
        empty_because=None if recorded else "该区划没有登记过这个数值，适用上级的数值",
    )


@_router.get("/waiting", summary="等待另一人确认的政策数值")
async def get_policy_values_waiting(
    book: Book,
    tx: Read,
    who: Annotated[Principal, can("policies:read")],
    window: Paging,
    region: Annotated[RegionCode | None, Query(description="区划；省略为本人区划")] = None,
) -> PolicyValuesWaiting:
    rows, after = cut(
        await book.waiting(tx, region or who.region, window),
        window,
        lambda row: (row.key, row.valid_from.isoformat()),
    )
    return PolicyValuesWaiting(
        items=[service.edition(book, row, [row]).model_copy(update={"afterwards": None}) for row in rows],
        next=after,
        empty_because=None if rows else "该区划没有等待确认的政策数值",
    )


@_router.get("/edition", summary="按版本标识查一个政策数值（当时所依据的版本）")
async def get_policy_edition(
    book: Book,
    tx: Read,
    _: Annotated[Principal, can("policies:read")],
    ref: Annotated[Ref, Query(description="版本标识")],
) -> PolicyValueAnswer:
    return _told(book, await book.exact(tx, ref))


@_router.get("/keys", summary="政策数值目录：名称、单位、写法、合理范围、由谁读取")
async def get_policy_keys(book: Book, _: Annotated[Principal, can("policies:read")]) -> PolicyKeys:
    return PolicyKeys(
        items=[
            PolicyKeyAnswer(
                key=one.key,
                name=one.name,
                unit=one.unit,
                shape=one.shape,
                form=FORMS[one.shape],
                lowest=one.lowest,
                highest=one.highest,
                read_by=one.read_by,
                per=one.per or None,
            )
            for one in book.keys.catalogue
        ]
    )


def _told(book: PolicyBook, one: PolicyValue) -> PolicyValueAnswer:
    about = book.keys.entry(one.key)
    return PolicyValueAnswer(
        key=one.key,
        region=one.region,
        valid_from=one.valid_from,
        value=one.value,
        source=one.source,
        basis=one.basis,
        ref=str(one.ref),
        edition=one.edition,
        valid_to=one.valid_to,
        known_since=one.known_since,
        name=about and about.name,
        unit=about and about.unit,
    )
