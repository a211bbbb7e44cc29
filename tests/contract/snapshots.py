"""What others rely on, as files: the JSON Schema of every event and the OpenAPI document of every service.

`python -m tests.contract.snapshots` writes them anew and refuses a change that would break a reader: a field, path or
method that is gone or changed its type, or a request field that became required. Such a change needs a new name.
"""

from __future__ import annotations

import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

import wire
from chassis import feed
from services.audit_api.app import BLUEPRINT as AUDIT
from services.funds_api.app import BLUEPRINT as FUNDS
from wire.fact import Fact

ROOT = Path(__file__).parents[2]


def events(module: ModuleType) -> Iterator[type[BaseModel]]:
    """Every public model that a module defines; `Fact` itself says nothing."""
    for _, model in inspect.getmembers(module, inspect.isclass):
        if issubclass(model, BaseModel) and model.__module__ == module.__name__ and model is not Fact:
            yield model


def current() -> dict[Path, dict[str, Any]]:
    """Every snapshot as the code makes it now, by its file."""
    made: dict[Path, dict[str, Any]] = {}
    told = [import_module(f"wire.{found.name}") for found in pkgutil.iter_modules(wire.__path__)]
    for module in (feed, *told):
        for model in events(module):
            made[ROOT / "wire" / "schemas" / f"{model.__name__}.json"] = model.model_json_schema()
    for blueprint in (FUNDS, AUDIT):
        app = FastAPI(title=blueprint.title, version=blueprint.version)
        for router in blueprint.routers:
            app.include_router(router)
        made[ROOT / "docs" / "openapi" / f"{blueprint.schema}.json"] = app.openapi()
    return made


def text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def breaks(old: Any, new: Any, at: str = "") -> Iterator[str]:
    """What a reader of `old` would miss in `new`: keys that are gone, types that changed, new required fields."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key in {"title", "description", "summary", "examples", "default", "example"}:
                continue
            if key == "required" and isinstance(value, list):
                if "/requestBody" in at or at.endswith(("Request", "Order")):
                    yield from (
                        f"{at}: {name} became required" for name in new.get("required", []) if name not in value
                    )
                else:
                    yield from (
                        f"{at}: {name} may now be missing" for name in value if name not in new.get("required", [])
                    )
            elif key not in new:
                yield f"{at}/{key} is gone"
            else:
                yield from breaks(value, new[key], f"{at}/{key}")
    elif isinstance(old, list) and isinstance(new, list):
        if all(isinstance(one, str | int) for one in old):
            yield from (f"{at}: {one} is gone" for one in old if one not in new)
        else:
            yield from (f"{at}: {one} is gone" for one in old if not any(not list(breaks(one, other)) for other in new))
    elif old != new:
        yield f"{at} changed from {old!r} to {new!r}"


def main() -> int:
    broken: list[str] = []
    for path, document in current().items():
        if path.exists():
            broken += [f"{path.name}{why}" for why in breaks(json.loads(path.read_text()), document)]
    if broken and "--break" not in sys.argv:
        print("not additive, nothing written (a new name is needed):", *broken, sep="\n  ")  # noqa: T201
        return 1
    for path, document in current().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
