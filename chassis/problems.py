"""Errors as `application/problem+json` (RFC 9457): one renderer for refusals, bad shapes, HTTP errors and crashes.

A service brings its catalogue (exception class → `Problem`); this module never invents a domain word. No answer
repeats the input, so personal data cannot come back in an error.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from http import HTTPStatus
from typing import Any, Final

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.connections import lost, sqlstate
from chassis.misshapen import sentence

log = logging.getLogger("problems")

# Retrying is right after these: the transaction is gone and nothing of it was kept.
# 40001 serialization, 40P01 deadlock, 55P03 lock timeout, 57014 statement timeout, 53xxx out of resources (53100 disk
# full), 57P01-3 server going down, 08xxx connection lost, 25P03 idle in transaction. A connection that is lost while
# the commit is on its way is another thing: `OutcomeUnknown`.
_RETRYABLE: Final = ("40001", "40P01", "55P03", "57014", "53", "57P0", "08", "25P03")
# Plain HTTP errors that need no section of their own.
_PLAIN: Final[Mapping[int, str]] = {
    404: "没有这个地址",
    405: "该地址不支持这种请求方法",
    406: "不能按所要求的格式答复",
    413: "请求内容过大",
    415: "不支持这种内容类型",
}
_LONG_NUMBER: Final = re.compile(r"\d[\dXx]{5,}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem: a stable slug, a status, a Chinese title, and what the caller can do next (Chinese)."""

    slug: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        """Where the kind is explained; plain HTTP errors have no slug and are `about:blank`."""
        return f"/problems/{self.slug}" if self.slug else "about:blank"


INVALID: Final = Problem("invalid-request", 422, "请求内容不符合格式", "请按 errors 中列出的字段逐一修改后重新提交")
UNREADABLE: Final = Problem(
    "unreadable-body", 400, "请求正文无法读取", "请检查正文是否为合法的 JSON（UTF-8，不含 NaN/Infinity）"
)
UNAVAILABLE: Final = Problem("try-again", 503, "系统繁忙，本次未写入任何数据", "请用同一个 Idempotency-Key 稍后重试")
CRASH: Final = Problem("internal-error", 500, "系统内部错误", "请记录请求编号 instance 并联系管理员")
CONSTRAINT: Final = Problem(
    "constraint-refused", 409, "数据库约束拒绝了本次写入", "请核对数据后重试；本次未写入任何数据"
)


def answer(
    problem: Problem,
    request: Request | None,
    detail: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """The response for `problem`; `more` become extension members. The request id stands in `instance`."""
    request_id = getattr(request.state, "request_id", "") if request is not None else ""
    body = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": detail or problem.title,
        "advice": problem.advice,
        "instance": f"urn:request:{request_id}",
        **more,
    }
    sent = dict(headers or {})
    if request_id:
        sent.setdefault("X-Request-ID", request_id)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        sent.setdefault("Retry-After", "1")
    if problem.status == HTTPStatus.UNAUTHORIZED:
        sent.setdefault("WWW-Authenticate", "Bearer")
    return Response(
        json.dumps(body, ensure_ascii=False, default=str),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=sent,
    )


def figures_of(error: Exception) -> dict[str, Any]:
    """What a refusal tells in figures: what its own `figures()` says, else its fields if it is a dataclass."""
    own = getattr(error, "figures", None)
    if callable(own):
        return dict(own())
    return {one.name: getattr(error, one.name) for one in fields(error)} if is_dataclass(error) else {}


class CutOff(Exception):
    """An answer is ended in its middle on purpose, and the log knows why: no crash, though nothing can be rendered."""


def pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer for a validation location: ("body", "lines", 0, "amount_fen") → /body/lines/0/amount_fen."""
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in location)


def install(app: FastAPI, catalogue: Mapping[type[Exception], Problem]) -> None:
    """Render every failure of `app` as a problem. `catalogue` is looked up by the exception's MRO."""

    async def refused(request: Request, error: Exception) -> Response:
        problem = next(catalogue[kind] for kind in type(error).__mro__ if kind in catalogue)
        return answer(problem, request, str(error), figures=figures_of(error))

    for kind in catalogue:
        app.add_exception_handler(kind, refused)
    app.add_exception_handler(RequestValidationError, _misshapen)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _database_error)
    for kind in (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        app.add_exception_handler(kind, _database_error)
    app.add_exception_handler(PoolTimeout, _database_error)
    app.add_exception_handler(OSError, _unreachable)  # the database cannot be connected to
    app.add_exception_handler(Exception, _crashed)


async def _misshapen(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):  # pragma: no cover - registered for this class only
        raise error
    errors = error.errors()
    if any(one["type"] in {"json_invalid", "bytes_invalid_encoding"} for one in errors):
        return answer(UNREADABLE, request)
    listed = [
        {"pointer": _quiet(pointer(tuple(one["loc"]))), "detail": _said(one), "code": one["type"]} for one in errors
    ]
    return answer(INVALID, request, f"共 {len(listed)} 处不符合格式", errors=listed[:100])


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong with a field; a validator's own words are kept from naming a person, bounds of ours need not be."""
    told = sentence(error)
    return _quiet(told) if error["type"] in {"value_error", "assertion_error"} else told


def _quiet(text: str) -> str:
    """The text without digits that could name a person: an unknown key comes back in its pointer."""
    return _LONG_NUMBER.sub("…", text)


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # pragma: no cover - registered for this class only
        raise error
    if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI raises this for a body that is no text or no JSON
        return answer(UNREADABLE, request)
    phrase = HTTPStatus(error.status_code).phrase
    title = _PLAIN.get(error.status_code, phrase)
    plain = Problem("", error.status_code, title, "请核对地址与方法，接口清单见 /docs")
    detail = title if error.detail == phrase else str(error.detail)
    return answer(plain, request, detail, headers=error.headers)


async def _database_error(request: Request, error: Exception) -> Response:
    state = sqlstate(error)
    if isinstance(error, PoolTimeout) or state.startswith(_RETRYABLE) or lost(error):
        log.warning("try again", extra={"sqlstate": state, "error": type(error).__name__})
        return answer(UNAVAILABLE, request)
    if state.startswith(("23", "QL")):
        log.warning("constraint", extra={"sqlstate": state, "constraint": _constraint(error)})
        return answer(CONSTRAINT, request, figures={"constraint": _constraint(error), "sqlstate": state})
    return await _crashed(request, error)


async def _crashed(request: Request, error: Exception) -> Response:
    if not isinstance(error, CutOff):
        log.error("crash", exc_info=error, extra={"request_id": getattr(request.state, "request_id", "")})
    return answer(CRASH, request)


async def _unreachable(request: Request, _: Exception) -> Response:
    return answer(UNAVAILABLE, request)


def _constraint(error: Exception) -> str:
    """The name of the constraint that refused, without any value."""
    cause = getattr(getattr(error, "orig", None), "__cause__", error)
    return str(getattr(cause, "constraint_name", "") or "")


def documented(*problems: Problem) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of these problems, as problem+json only."""
    shown: dict[int | str, dict[str, Any]] = {}
    for problem in problems:
        entry = shown.setdefault(problem.status, {"description": "", "content": {"application/problem+json": {}}})
        entry["description"] = "；".join(filter(None, [entry["description"], f"{problem.slug}: {problem.title}"]))
    return shown
