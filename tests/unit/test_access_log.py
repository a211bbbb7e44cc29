"""The log of requests names no person, also when somebody puts an ID number into an address by mistake."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Send

from chassis.telemetry import RequestIds

PLANTED = "99000019800101008X"
UNIT = "01a2075d-4074-722b-943c-f0234534c4f4"


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (f"/households/{PLANTED}", "/households/*"),
        ("/households/990000800101008", "/households/*"),  # an old one
        ("/lists/９９００００１９８００１０１００８x/versions", "/lists/*/versions"),
        ("/regions/420322101201", "/regions/420322101201"),
        (f"/units/{UNIT}", f"/units/{UNIT}"),
    ],
)
async def test_a_number_in_an_address_is_not_logged(caplog: pytest.LogCaptureFixture, path: str, logged: str) -> None:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(RequestIds(FastAPI())), base_url="http://x")
    with caplog.at_level(logging.INFO, "access"):
        assert (await http.get(path, params={"q": PLANTED})).status_code == 404
    [line] = [vars(record) for record in caplog.records if record.name == "access"]
    assert line["path"] == logged
    assert PLANTED not in str(line)


@pytest.mark.parametrize("path", ["/leads", f"/leads/{UNIT}", f"/leads/{UNIT}/opinions"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_of_what_not_everybody_may_know_the_log_tells_no_answer(
    caplog: pytest.LogCaptureFixture, path: str, method: str
) -> None:
    async def there() -> None: ...

    app = FastAPI()
    app.add_api_route(path, there, methods=[method])
    told = []
    for asked in (app, FastAPI()):
        caplog.clear()
        http = httpx.AsyncClient(transport=httpx.ASGITransport(RequestIds(asked, ("/leads",))), base_url="http://x")
        with caplog.at_level(logging.INFO, "access"):
            await http.request(method, path, headers={"X-Request-ID": "1" * 32})
        [line] = [vars(record) for record in caplog.records if record.name == "access"]
        told.append({name: line.get(name) for name in ("request_id", "path", "method", "status", "ms")})
    assert told[0] == told[1] == {"request_id": "1" * 32, "path": "/leads", "method": None, "status": None, "ms": None}


async def test_what_breaks_is_told_of_every_path(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_scope: object, _receive: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    http = httpx.AsyncClient(transport=httpx.ASGITransport(RequestIds(broken, ("/leads",))), base_url="http://x")
    with caplog.at_level(logging.INFO, "access"):
        for path in ("/leads/1", "/leadsmen"):
            assert (await http.get(path)).status_code == 503
    lines = [vars(record) for record in caplog.records if record.name == "access"]
    assert [(line["path"], line["status"]) for line in lines] == [("/leads", 503), ("/leadsmen", 503)]
