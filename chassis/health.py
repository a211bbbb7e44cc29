"""Two questions an operator asks: is the process alive, and can it do its work (reach its database)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import text

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="进程存活", include_in_schema=False)
async def alive() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", summary="可以工作", include_in_schema=False)
async def ready(request: Request, response: Response) -> dict[str, str]:
    """200 when the database answers, else 503."""
    try:
        async with request.app.state.database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever is wrong, the answer is the same
        response.status_code = 503
        return {"status": "database unreachable"}
    return {"status": "ok"}
