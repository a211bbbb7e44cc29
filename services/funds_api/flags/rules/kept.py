"""Facts as a flag keeps them, and back: what a rule saw can be judged again years later. Plain JSON values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

from services.funds_api.flags.rules.rule import Facts

F = TypeVar("F", bound=Facts)


def kept(facts: Facts) -> dict[str, int | str | bool | None]:
    """Every field by name; dates and ids as text."""
    return {one.name: _plain(getattr(facts, one.name)) for one in fields(facts)}


def restored(kind: type[F], told: Mapping[str, Any]) -> F:
    """The facts that were kept; a field that came later has its default."""
    types = get_type_hints(kind)
    return kind(**{one.name: _typed(types[one.name], told[one.name]) for one in fields(kind) if one.name in told})


def _plain(value: Any) -> int | str | bool | None:
    return value if value is None or isinstance(value, int | str) else str(value)


def _typed(kind: Any, value: Any) -> Any:
    wanted = {kind, *get_args(kind)}
    if value is None or not isinstance(value, str):
        return value
    if date in wanted:
        return date.fromisoformat(value)
    return UUID(value) if UUID in wanted else value
