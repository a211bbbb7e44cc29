"""Names in a query string that an operation does not know are refused: a slip in a filter answers for everything."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

MOST_TOLD: Final = 20


async def only_known(request: Request) -> None:
    """Refuse the request as misshapen, naming each parameter that the operation lacks and those that it has."""
    if not request.scope["query_string"]:
        return
    known = _known(request.app.state.query_names, request.scope["route"])
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        has = f"可用的参数：{'、'.join(sorted(known))}" if known else "本接口没有查询参数"
        raise RequestValidationError(
            [
                {"type": "unknown_parameter", "loc": ("query", name), "msg": f"没有这个查询参数；{has}", "input": None}
                for name in unknown[:MOST_TOLD]
            ]
        )


def _known(found: dict[str, frozenset[str]], route: APIRoute) -> frozenset[str]:
    """The names that an operation reads, its dependencies' included; looked for once in the life of the application."""

    def names(of: Dependant) -> set[str]:
        return {one.alias for one in of.query_params}.union(*(names(one) for one in of.dependencies))

    if route.unique_id not in found:
        found[route.unique_id] = frozenset(names(route.dependant))
    return found[route.unique_id]
