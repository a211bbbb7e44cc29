"""One OpenAPI document for all services: the gateway's own and each service's, components renamed per service.

Fetched from the services when somebody asks and kept for a minute; a service that does not answer is left out and the
document says so. Knows no route by name.
"""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from services.gateway.upstreams import Upstream

KEPT_SECONDS: Final = 60.0
KEPT_WITH_GAPS_SECONDS: Final = 3.0
_REFERENCE: Final = "#/components/"
_WRITES: Final = frozenset({"post", "put", "patch", "delete"})
_KEY: Final = "Idempotency-Key"

_SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "人员：POST /auth/login；银行等系统：POST /oauth/token。有效期 15 分钟。",
    }
}
_KEY_PARAMETER: Final[dict[str, Any]] = {
    "name": _KEY,
    "in": "header",
    "required": True,
    "description": (
        "每次写入生成一个新的唯一键；重试沿用同一个键，只办理一次，"
        "答复带 Idempotency-Replayed: true。同键不同内容会被拒绝。"
    ),
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._~-]{8,100}$"},
}


class Joined:
    """The joined document of this process."""

    def __init__(self, client: httpx.AsyncClient, upstreams: Sequence[Upstream]) -> None:
        self._client = client
        self._upstreams = upstreams
        self._kept: bytes = b""
        self._until = 0.0

    async def document(self, own: Mapping[str, Any]) -> bytes:
        """The document as JSON, not older than a minute."""
        now = time.monotonic()
        if now < self._until:
            return self._kept
        fetched = await asyncio.gather(*(self._fetch(upstream) for upstream in self._upstreams))
        parts = {up.name: document for up, document in zip(self._upstreams, fetched, strict=True) if document}
        missing = [upstream.name for upstream in self._upstreams if upstream.name not in parts]
        self._kept = json.dumps(joined(own, parts, missing), ensure_ascii=False).encode()
        self._until = now + (KEPT_WITH_GAPS_SECONDS if missing else KEPT_SECONDS)
        return self._kept

    async def _fetch(self, upstream: Upstream) -> dict[str, Any] | None:
        try:
            found = await self._client.get(f"{upstream.url}/openapi.json")
            document = found.json() if found.status_code == httpx.codes.OK else None
        except (httpx.TransportError, ValueError):
            return None
        return document if isinstance(document, dict) else None


def joined(own: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]], missing: Sequence[str]) -> dict[str, Any]:
    """The gateway's document with the paths and components of `parts`; its description names the `missing`."""
    result = _renamed(own, "gateway")
    result["info"] = {**result["info"], "description": _description(missing)}
    components: dict[str, Any] = result.setdefault("components", {})
    for name, document in parts.items():
        part = _renamed(document, name)
        # Only a service's own addresses pass the gateway; anything else in its document cannot be called here.
        own_paths = {path: item for path, item in part.get("paths", {}).items() if path.startswith(f"/{name}/")}
        result["paths"].update(own_paths)
        for kind, members in part.get("components", {}).items():
            components.setdefault(kind, {}).update(members)
        result.setdefault("tags", []).extend(part.get("tags", []))
    components["securitySchemes"] = _SECURITY_SCHEMES
    components.setdefault("parameters", {})["IdempotencyKey"] = _KEY_PARAMETER
    result["security"] = [{"accessToken": []}]
    for item in result["paths"].values():
        for method, operation in item.items():
            if method in _WRITES:
                _ask_for_the_key(operation)
    return result


def _description(missing: Sequence[str]) -> str:
    note = (
        "各服务接口合并清单。金额单位一律为分（整数）；业务日期为 Asia/Shanghai；错误一律为 application/problem+json。"
    )
    return note + "".join(f"\n\n注意：服务 {name} 当前无法连接，其接口未列入本清单。" for name in missing)


def _ask_for_the_key(operation: dict[str, Any]) -> None:
    """Where a service reads the key, say once and for all what it is."""
    parameters = operation.get("parameters", [])
    others = [one for one in parameters if one.get("name") != _KEY]
    if len(others) != len(parameters):
        operation["parameters"] = [*others, {"$ref": "#/components/parameters/IdempotencyKey"}]


def _renamed(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A copy whose components, references and operation ids begin with `name`."""
    result: dict[str, Any] = _referring(copy.deepcopy(dict(document)), name)
    for kind, members in result.get("components", {}).items():
        result["components"][kind] = {f"{name}.{member}": value for member, value in members.items()}
    for item in result.get("paths", {}).values():
        for operation in item.values():
            if isinstance(operation, dict) and "operationId" in operation:
                operation["operationId"] = f"{name}_{operation['operationId']}"
    return result


def _referring(node: Any, name: str) -> Any:
    if isinstance(node, dict):
        return {key: _referring(value, name) for key, value in node.items()}
    if isinstance(node, list):
        return [_referring(value, name) for value in node]
    if isinstance(node, str) and node.startswith(_REFERENCE):
        kind, _, member = node.removeprefix(_REFERENCE).partition("/")
        return f"{_REFERENCE}{kind}/{name}.{member}"
    return node
