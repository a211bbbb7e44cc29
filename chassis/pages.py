"""Keyset pages: `after` is an opaque mark of the last row seen, so a page costs the same wherever it lies."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

MAX_PAGE: Final = 200
MAX_DIGITS: Final = 18

T = TypeVar("T")


class BadMark(Exception):
    """`after` was not made by this system."""

    def __str__(self) -> str:
        return "分页标记 after 无效"


class Window(BaseModel):
    """Which page is asked for: at most `limit` rows after the row that `after` marks."""

    model_config = ConfigDict(frozen=True)
    after: list[str] | None
    limit: int

    def key(self, *readers: Callable[[str], Any]) -> tuple[Any, ...] | None:
        """The sort key of the last row seen, read part by part (UUID, date_in, whole, str); None on page one."""
        if self.after is None:
            return None
        try:
            return tuple(reader(part) for reader, part in zip(readers, self.after, strict=True))
        except ValueError as error:
            raise BadMark from error


def whole(text: str) -> int:
    """A number in a mark: digits, within a bigint."""
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        raise ValueError(text)
    return int(text)


def date_in(text: str) -> date:
    """A date in a mark."""
    return date.fromisoformat(text)


def mark(*key: Any) -> str:
    """The opaque mark of a row's sort key."""
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).rstrip(b"=").decode()


def window_of(after: str | None, limit: int) -> Window:
    """The window that a mark opens; `BadMark` for one that was not made here."""
    if after is None:
        return Window(after=None, limit=limit)
    try:
        key = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
    except ValueError as error:
        raise BadMark from error
    if not isinstance(key, list) or not all(isinstance(part, str) for part in key):
        raise BadMark
    return Window(after=key, limit=limit)


async def _window(
    after: Annotated[str | None, Query(max_length=400, description="上一页返回的 next")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> Window:
    return window_of(after, limit)


Paging = Annotated[Window, Depends(_window)]


class Page(BaseModel):
    """What every list answers beside its `items`: the mark of the next page, or null, and why a list is empty."""

    next: str | None = Field(default=None, description="下一页标记；为 null 表示已到末页")
    empty_because: str | None = Field(default=None, description="列表为空时说明原因")


def cut(rows: Sequence[T], window: Window, key: Any) -> tuple[list[T], str | None]:
    """The rows of one page and the mark of the next, from a query that asked for `limit + 1` rows."""
    page = list(rows[: window.limit])
    return page, mark(*key(page[-1])) if len(rows) > window.limit else None
