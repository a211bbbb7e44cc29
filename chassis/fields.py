"""Field types for request shapes: bounded text without control characters, strict integers, closed models."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.types import Strict

# 1 万亿元, more than a province spends in a year (assumed): fen times days of decades stay within a bigint.
MAX_FEN: Final = 10**14
EARLIEST: Final = datetime(1949, 10, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _printable(text: str) -> str:
    """Refuse NUL, other control characters and lone surrogates: no database or log takes them unharmed."""
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in text):  # noqa: PLR2004 - code points
        msg = "不得包含控制字符"
        raise ValueError(msg)
    return text


Line = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_printable)
]
Prose = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=2000, strip_whitespace=True),
    AfterValidator(_printable),
]
Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
RegionCode = Annotated[
    str, StringConstraints(strict=True, pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")
]
CountyCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{6}$")]
PositiveFen = Annotated[int, Strict(), Field(gt=0, le=MAX_FEN, description="整数，单位：分")]
Fen = Annotated[int, Strict(), Field(ge=-MAX_FEN, le=MAX_FEN, description="整数，单位：分")]
Day = Annotated[date, Field(ge=date(1949, 10, 1), le=date(2200, 1, 1), description="业务日期（Asia/Shanghai）")]
Instant = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]


class Body(BaseModel):
    """A request body: unknown keys are refused, values are what they say (no "5" for 5)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """A response body."""

    model_config = ConfigDict(frozen=True)
