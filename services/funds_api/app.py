"""Wiring of funds_api: settings in, application out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from chassis import telemetry
from chassis.database import Database
from chassis.identity import KeyRing
from chassis.intake import MAX_FILE_BYTES
from chassis.service import Blueprint, assemble
from policies import endpoints as policies
from services.funds_api import keys
from services.funds_api.access import MACHINES, RIGHTS
from services.funds_api.assets.endpoints import router as assets
from services.funds_api.closings.endpoints import router as closings
from services.funds_api.comparisons.endpoints import router as comparisons
from services.funds_api.documents.endpoints import router as documents
from services.funds_api.feed import router as events
from services.funds_api.flags.endpoints import router as flags
from services.funds_api.flows.endpoints import router as flows
from services.funds_api.funds.endpoints import router as funds
from services.funds_api.holds.endpoints import router as holds
from services.funds_api.households.endpoints import router as households
from services.funds_api.idle.endpoints import router as idle
from services.funds_api.loans.endpoints import router as loans
from services.funds_api.lots.endpoints import router as lots
from services.funds_api.movements.endpoints import router as movements
from services.funds_api.notices.endpoints import router as notices
from services.funds_api.orders.endpoints import router as orders
from services.funds_api.outcomes.endpoints import router as outcomes
from services.funds_api.payments import attempts
from services.funds_api.payments.endpoints import router as payments
from services.funds_api.policies.store import BOOK
from services.funds_api.problems import CATALOGUE
from services.funds_api.projects.endpoints import router as projects
from services.funds_api.publications.endpoints import router as publications
from services.funds_api.quarantines.endpoints import router as quarantines
from services.funds_api.receipts.endpoints import router as receipts
from services.funds_api.recoveries.endpoints import router as recoveries
from services.funds_api.regions.endpoints import router as regions
from services.funds_api.responsibility.endpoints import router as responsibility
from services.funds_api.retentions.endpoints import router as retentions
from services.funds_api.returns.endpoints import router as returns
from services.funds_api.runs.endpoints import router as runs
from services.funds_api.settings import Settings
from services.funds_api.spending.endpoints import router as spending
from services.funds_api.stops.endpoints import router as stops
from services.funds_api.subjects.endpoints import router as subjects
from services.funds_api.successions.endpoints import router as successions
from services.funds_api.traces.endpoints import router as traces
from services.funds_api.trials.endpoints import router as trials
from services.funds_api.units.endpoints import router as units
from services.funds_api.visits.endpoints import router as visits
from services.funds_api.warnings.endpoints import router as warnings
from wire.files import file_bytes

BLUEPRINT = Blueprint(
    title="清流 funds_api 资金服务",
    schema="funds",
    audience="funds",
    rights=RIGHTS,
    machines=MACHINES,
    catalogue=CATALOGUE,
    file_bytes=partial(file_bytes, usual=MAX_FILE_BYTES),
    routers=[
        lots,
        movements,
        documents,
        events,
        regions,
        units,
        funds,
        policies.below("/funds/v1", "policy-values 政策数值"),
        notices,
        holds,
        quarantines,
        recoveries,
        closings,
        traces,
        flows,
        idle,
        responsibility,
        spending,
        runs,
        trials,
        flags,
        outcomes,
        warnings,
        households,
        receipts,
        payments,
        comparisons,
        publications,
        retentions,
        returns,
        loans,
        projects,
        assets,
        orders,
        successions,
        stops,
        visits,
        subjects,
    ],
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; `uvicorn --factory services.funds_api.app:create_app` reads settings from the environment."""
    chosen = settings or Settings()  # the environment fills the required fields
    telemetry.log_as_json(chosen.log_level)
    database = Database(chosen.database_url.get_secret_value(), application="funds_api")

    @asynccontextmanager
    async def opening(app: FastAPI) -> AsyncIterator[None]:
        app.state.vault = await keys.open_vault(database, chosen.kek_bytes)
        await attempts.settle_at_start(database)
        yield

    tokens = KeyRing.from_jwks(chosen.internal_jwks, max_life_seconds=60)
    app = assemble(BLUEPRINT, database, tokens, opening=opening)
    app.state.policies = BOOK
    return app
