"""The log of requests names no person, also when somebody puts an ID number into an address by mistake."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI

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
