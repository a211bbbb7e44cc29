"""Problem documents never repeat what was sent, and addresses with TLS parameters are understood."""

from __future__ import annotations

from typing import Annotated, Literal

import httpx
import pytest
from fastapi import FastAPI
from pydantic import Field

from chassis.database import async_url
from chassis.fields import Body, Line
from chassis.journal import KeyMissing
from chassis.misshapen import sentence
from chassis.problems import install

PLANTED = "99000019800101008X"


class Cat(Body):
    kind: Literal["cat"]
    name: Line


class Dog(Body):
    kind: Literal["dog"]
    age: Annotated[int, Field(strict=True)]


@pytest.fixture
async def http() -> httpx.AsyncClient:
    app = FastAPI()
    install(app, {})

    @app.post("/pets")
    async def post_pet(pet: Annotated[Cat | Dog, Field(discriminator="kind")]) -> str:
        return pet.kind

    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://x")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": PLANTED},
        {"kind": "cat", "name": "a", PLANTED: 1},
        {"kind": "cat", "name": f"{PLANTED}\x00"},
        {"kind": "dog", "age": PLANTED},
        {"kind": "cat", "name": [PLANTED]},
        {PLANTED: PLANTED},
        [PLANTED],
        PLANTED,
    ],
)
async def test_no_answer_repeats_the_input(http: httpx.AsyncClient, body: object) -> None:
    answer = await http.post("/pets", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert PLANTED not in answer.text
    assert PLANTED[:10] not in answer.text


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 5000, PLANTED.encode() + b"!"])
async def test_what_is_no_json_is_a_problem_and_not_a_crash(http: httpx.AsyncClient, raw: bytes) -> None:
    answer = await http.post("/pets", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert PLANTED not in answer.text


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$", "应为 2、4、6 位数字"),
        (r"^[A-Z][0-9]{2}$", "应为 1 个大写字母加 2 位数字"),
        (r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "只能由字母、数字和 . _ - 组成，以字母或数字开头，至多 64 个字符"),
        (r"^[a-z][a-z0-9._-]{2,39}$", "以小写字母开头，只能由小写字母、数字和 . _ - 组成，共 3 至 40 个字符"),
        (r"^[a-z]+@$", "格式不符，应符合 ^[a-z]+@$"),
    ],
)
def test_a_pattern_is_told_in_words(pattern: str, said: str) -> None:
    assert sentence({"type": "string_pattern_mismatch", "ctx": {"pattern": pattern}}) == said


@pytest.mark.parametrize(("key", "said"), [(None, "必须带 Idempotency-Key"), ("short", "格式不符")])
def test_a_key_that_is_none_is_told_from_no_key(key: str | None, said: str) -> None:
    assert said in str(KeyMissing(key is not None))


def test_tls_is_asked_for_in_the_url() -> None:
    url, tls = async_url("postgresql://u:p%40ss@db.example:5432/q?sslmode=verify-full&application_name=x")
    assert tls == {"ssl": "verify-full"}
    assert url.drivername == "postgresql+asyncpg"
    assert url.password == "p@ss"
    assert dict(url.query) == {"application_name": "x"}
    assert async_url("postgresql://u@h/q")[1] == {}
