"""Two people of a region at the policy book of a service, over HTTP: one sets, the other confirms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from tests.callers import Caller


class Level:
    """A level of government: `usual` is what it sets when a test says nothing else."""

    def __init__(self, path: str, region: str, first: Caller, second: Caller, usual: Mapping[str, Any]) -> None:
        self.path, self.region = path, region
        self.first, self.second = first, second
        self.usual = usual

    async def post(self, **more: Any) -> httpx.Response:
        return await self.first.post(self.path, {**self.usual, "region": self.region, **more})

    async def set(self, **more: Any) -> str:
        """Set a value that nobody has confirmed yet; its reference."""
        answer = await self.post(**more)
        assert answer.status_code == 201, answer.text
        assert answer.json()["state"] == "waits"
        return str(answer.json()["ref"])

    async def confirm(self, ref: str, who: Caller | None = None) -> httpx.Response:
        return await (who or self.second).post(f"{self.path}/confirmation", {"ref": ref})

    async def lay_down(self, **more: Any) -> str:
        """Set a value and have it confirmed; its reference."""
        ref = await self.set(**more)
        answer = await self.confirm(ref)
        assert answer.status_code == 201, answer.text
        return ref

    async def withdraw(self, ref: str, who: Caller | None = None) -> httpx.Response:
        return await (who or self.first).post(f"{self.path}/withdrawal", {"ref": ref, "reason": "数字有误"})

    async def read(self, on: str, key: str = "", **more: str) -> dict[str, Any]:
        """The value that is in force on a day: of the usual key, or of another."""
        key = key or self.usual["key"]
        answer = await self.first.get(self.path, params={"key": key, "as_of": on, **more})
        assert answer.status_code == 200, answer.text
        return next(dict(one) for one in answer.json()["items"] if one["key"] == key)

    async def history(self, key: str = "") -> list[tuple[str, str, str | None]]:
        """The editions of the usual key, or of another: first day and number, state, last day."""
        answer = await self.first.get(f"{self.path}/history", params={"key": key or self.usual["key"]})
        return [(one["ref"].split("@")[2], one["state"], one["ends_on"]) for one in answer.json()["items"]]


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and slug of a refusal."""
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]
