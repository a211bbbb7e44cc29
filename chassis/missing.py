"""The one refusal for a row that is not there or not visible to the caller: both read the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class Missing(Exception):
    """`what` (a Chinese noun) with id `id` is not there, or the caller may not see it."""

    what: str
    id: str

    def __str__(self) -> str:
        return f"没有找到{self.what} {self.id}"

    def figures(self) -> dict[str, str]:
        return {"id": self.id}
