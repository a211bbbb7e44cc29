"""What the gateway tells everybody about itself: the joined OpenAPI, its page (offline), and the list of problems."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from fastapi.openapi.docs import get_swagger_ui_html

from chassis.problems import documented
from services.gateway.openapi import Joined
from services.gateway.problems import CATALOGUE, ProblemUnknown

router = APIRouter(tags=["documents 说明"])

STATIC: Final = "/static-offline-docs"
PROBLEMS: Final = Path(__file__).resolve().parents[2] / "docs" / "problems.md"
_OPEN: Final[dict[str, list[str]]] = {"security": []}

Slug = Annotated[
    str, InPath(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64, description="问题标识，即 type 的末段")
]


@router.get("/openapi.json", include_in_schema=False)
async def get_openapi(request: Request) -> Response:
    joined: Joined = request.app.state.joined
    return Response(await joined.document(request.app.openapi()), media_type="application/json")


@router.get("/docs", include_in_schema=False)
async def get_docs() -> Response:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="清流 接口清单",
        swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{STATIC}/favicon.png",
    )


@router.get(
    "/problems/{slug}",
    summary="一类问题的说明",
    openapi_extra=_OPEN,
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}, **documented(CATALOGUE[ProblemUnknown])},
)
async def get_problem(slug: Slug) -> Response:
    text = await asyncio.to_thread(_problem_list)
    section = re.search(rf"^## {re.escape(slug)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if section is None:
        raise ProblemUnknown(slug)
    return Response(section.group().rstrip() + "\n", media_type="text/markdown")


def _problem_list() -> str:
    try:
        return PROBLEMS.read_text("utf-8")
    except FileNotFoundError:  # an installation without its documents still answers, with 404
        return ""
