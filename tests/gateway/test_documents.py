"""What the gateway tells about itself: one OpenAPI for all, a page without the internet, and its problems."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway import documents
from services.gateway.openapi import Joined, joined
from tests.gateway.conftest import Gateway


def service_document(name: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": {
            f"/{name}/v1/units": {
                "post": {
                    "operationId": "post_unit",
                    "parameters": [
                        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}},
                        {"name": "county", "in": "query", "schema": {"type": "string"}},
                    ],
                    "responses": {
                        "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Unit"}}}}
                    },
                }
            },
            "/internal": {"get": {"operationId": "hidden"}},
        },
        "components": {
            "schemas": {"Unit": {"type": "object", "properties": {"of": {"$ref": "#/components/schemas/Unit"}}}}
        },
    }


def serving(document: dict[str, Any]) -> ASGIApp:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(document).encode()})

    return app


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [one for key, value in node.items() for one in ([value] if key == "$ref" else references(value))]
    return [one for value in node for one in references(value)] if isinstance(node, list) else []


def resolves(document: dict[str, Any], reference: str) -> bool:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    return node is not None


async def test_the_joined_document_holds_all_services_and_every_reference_resolves(gateway: Gateway) -> None:
    gateway.behind.at = {"funds": serving(service_document("funds")), "audit": serving(service_document("audit"))}
    gateway.app.state.joined._until = 0.0
    document = (await gateway.http.get("/openapi.json")).json()
    gateway.behind.everything_echoes()
    gateway.app.state.joined._until = 0.0
    paths = document["paths"]
    assert {"/funds/v1/units", "/audit/v1/units", "/auth/login", "/oauth/token", "/identity/v1/people"} <= set(paths)
    assert "/internal" not in paths
    assert {"funds.Unit", "audit.Unit", "gateway.Person"} <= set(document["components"]["schemas"])
    found = references(document)
    assert len(found) > 10
    assert all(resolves(document, one) for one in found)
    operations = [operation for item in paths.values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert document["security"] == [{"accessToken": []}]
    assert paths["/auth/login"]["post"]["security"] == []
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    assert key in paths["/funds/v1/units"]["post"]["parameters"]
    assert key in paths["/identity/v1/people"]["post"]["parameters"]
    assert document["components"]["parameters"]["IdempotencyKey"]["required"] is True


async def test_a_service_that_is_down_is_left_out_with_a_note() -> None:
    own = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
    document = joined(own, {"funds": service_document("funds")}, ["audit"])
    assert "/funds/v1/units" in document["paths"]
    assert "audit" in document["info"]["description"]


async def test_the_document_is_kept_for_a_minute(gateway: Gateway) -> None:
    asked = []

    class Counting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            return httpx.Response(200, json=service_document("funds"))

    async with httpx.AsyncClient(transport=Counting()) as client:
        kept = Joined(client, gateway.app.state.upstreams)
        first = await kept.document(gateway.app.openapi())
        assert await kept.document(gateway.app.openapi()) == first
    assert len(asked) == 2


async def test_the_page_and_all_it_loads_come_from_here(gateway: Gateway) -> None:
    page = await gateway.http.get("/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for address in loaded:
        assert address.startswith("/static-offline-docs/")
        assert (await gateway.http.get(address)).status_code == 200
    assert "https://" not in page.text


async def test_a_problem_explains_itself(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / "problems.md"
    written.write_text("# 问题\n\n## a-b\n第一。\n\n### 细节\n更多。\n\n## a-b-c\n第二。\n", "utf-8")
    monkeypatch.setattr(documents, "PROBLEMS", written)
    found = await gateway.http.get("/problems/a-b")
    assert (found.status_code, found.text) == (200, "## a-b\n第一。\n\n### 细节\n更多。\n")
    assert found.headers["content-type"] == "text/markdown; charset=utf-8"
    for slug in ("a", "b-c", "A-B", "a--b"):
        answer = await gateway.http.get(f"/problems/{slug}")
        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"] == "application/problem+json"
    monkeypatch.setattr(documents, "PROBLEMS", tmp_path / "absent.md")
    assert (await gateway.http.get("/problems/a-b")).json()["type"] == "/problems/problem-unknown"


async def test_health_is_open_to_everybody(gateway: Gateway) -> None:
    assert (await gateway.http.get("/healthz")).status_code == 200
    assert (await gateway.http.get("/readyz")).status_code == 200
