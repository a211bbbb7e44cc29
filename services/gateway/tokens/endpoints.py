"""POST /auth/login for people, POST /oauth/token for clients, and the public keys of both. The clock is read here.

A password is worked on between two transactions, never inside one. Every failed attempt answers equally long after it
came, so that the clock does not tell an unknown name from a wrong password.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis import clock
from chassis.database import Database
from chassis.identity import SigningKey, sign
from chassis.problems import documented
from services.gateway.access import NATION
from services.gateway.passwords import Passwords, secret_matches
from services.gateway.problems import SIGN_IN_BUSY, SIGN_IN_REFUSED
from services.gateway.tokens import service, store
from services.gateway.tokens.credentials import MAX_FORM_BYTES, FormRefused, read_credentials
from services.gateway.tokens.schemas import AccessToken, KeySet, LoginRequest, OAuthError, SignedInPerson

router = APIRouter(tags=["tokens 登录"])

# Longer than a hash and two small transactions take unless the machine is busy.
FAILURE_ANSWERS_AFTER_SECONDS: Final = 0.3
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}

_FORM_DOCUMENTED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                    },
                }
            }
        },
    },
    "security": [],
}


@router.post(
    "/auth/login",
    summary="人员登录",
    openapi_extra={"security": []},
    responses=documented(SIGN_IN_REFUSED, SIGN_IN_BUSY),
)
async def post_login(order: LoginRequest, request: Request, response: Response) -> SignedInPerson:
    began = time.monotonic()
    database: Database = request.app.state.database
    hasher: Passwords = request.app.state.passwords
    async with database.reading(NATION) as session:
        person = await store.person_named(session, order.username)
    kept = person.password_hash if person else None
    right = await hasher.matches(kept, order.password.get_secret_value())
    known = None
    if person is not None and kept is not None:
        async with database.writing(NATION) as session:
            known = await service.settle(session, person.id, kept, right=right, now=clock.now())
    if known is None:
        await _wait_since(began)
        raise service.SignInRefused
    response.headers.update(_NO_STORE)
    return SignedInPerson(
        access_token=_signed(request, known),
        expires_in=service.ACCESS_SECONDS,
        name=known.name,
        roles=list(known.roles),
        region=known.region,
        unit=known.unit,
    )


@router.post(
    "/oauth/token",
    summary="客户端凭密钥换取令牌（RFC 6749 client_credentials）",
    openapi_extra=_FORM_DOCUMENTED,
    response_model=AccessToken,
    responses={400: {"model": OAuthError}, 401: {"model": OAuthError}},
)
async def post_token(request: Request) -> Response:
    began = time.monotonic()
    try:
        sent = read_credentials(
            request.headers.get("content-type", ""), request.headers.get("authorization"), await _small_body(request)
        )
        database: Database = request.app.state.database
        async with database.writing(NATION) as session:
            client = await store.client_named(session, sent.client_id)
            right = secret_matches(client.secret_sha256 if client else None, sent.secret)
            if client is None or not right:
                basic = "authorization" in request.headers
                raise FormRefused("invalid_client", "client authentication failed", basic=basic)  # noqa: TRY301 - one exit
            known = await service.admit_client(session, client)
    except FormRefused as refused:
        if refused.code == "invalid_client":
            await _wait_since(began)
        return _oauth_refusal(refused)
    token = AccessToken(access_token=_signed(request, known), expires_in=service.ACCESS_SECONDS)
    return Response(token.model_dump_json(), media_type="application/json", headers=_NO_STORE)


@router.get("/.well-known/jwks.json", summary="访问令牌的公钥", openapi_extra={"security": []})
async def get_keys(request: Request, response: Response) -> KeySet:
    response.headers["Cache-Control"] = "public, max-age=300"
    published: KeySet = request.app.state.published_keys
    return published


async def _wait_since(began: float) -> None:
    await asyncio.sleep(max(0.0, began + FAILURE_ANSWERS_AFTER_SECONDS - time.monotonic()))


async def _small_body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MAX_FORM_BYTES:
            raise FormRefused("invalid_request", f"the form is larger than {MAX_FORM_BYTES} bytes")
    return b"".join(parts)


def _signed(request: Request, known: service.Known) -> str:
    key: SigningKey = request.app.state.access_key
    return sign(key, service.access_claims(known, int(clock.now().timestamp())))


def _oauth_refusal(refused: FormRefused) -> Response:
    unauthenticated = refused.code == "invalid_client"
    headers = dict(_NO_STORE)
    if unauthenticated:
        headers["WWW-Authenticate"] = 'Basic realm="qingliu"'
    body = {
        "error": refused.code,
        "error_description": refused.reason,
        "error_uri": "/problems/sign-in-refused" if unauthenticated else "/problems/token-request-refused",
    }
    return Response(json.dumps(body), 401 if unauthenticated else 400, headers, media_type="application/json")
