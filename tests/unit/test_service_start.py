"""A service that has started keeps what it loaded out of the collector's rounds."""

from __future__ import annotations

import gc
import json

from chassis.database import Database
from chassis.identity import KeyRing
from chassis.service import Blueprint, assemble
from tests.callers import INTERNAL_JWKS


async def test_the_collector_walks_nothing_that_was_loaded_before_the_first_request() -> None:
    blueprint = Blueprint(title="气象站", schema="weather", audience="weather", rights={}, catalogue={}, routers=[])
    app = assemble(
        blueprint, Database("postgresql://nobody@127.0.0.1:1/none"), KeyRing.from_jwks(json.loads(INTERNAL_JWKS))
    )
    gc.unfreeze()
    async with app.router.lifespan_context(app):
        assert gc.get_freeze_count() > 0
        assert not any(one is app for one in gc.get_objects())
