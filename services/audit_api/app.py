"""Wiring of audit_api: settings in, application out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from chassis import telemetry
from chassis.database import Database
from chassis.identity import KeyRing
from chassis.service import Blueprint, assemble
from policies import endpoints as policies
from services.audit_api.access import MACHINES, RIGHTS
from services.audit_api.alerts.endpoints import router as alerts
from services.audit_api.engagements.endpoints import router as engagements
from services.audit_api.erasures.endpoints import router as erasures
from services.audit_api.evidence.endpoints import router as evidence
from services.audit_api.evidence.place import place_of
from services.audit_api.evidence.shelf import Shelf
from services.audit_api.extracts.endpoints import router as extracts
from services.audit_api.feed import router as events
from services.audit_api.filed_reports.endpoints import router as filed_reports
from services.audit_api.findings.endpoints import classes_router as finding_classes
from services.audit_api.findings.endpoints import router as findings
from services.audit_api.interests.endpoints import router as interests
from services.audit_api.leads.endpoints import router as leads
from services.audit_api.ledger import Ledger
from services.audit_api.policies.store import BOOK
from services.audit_api.problems import CATALOGUE
from services.audit_api.quarantines.endpoints import router as quarantines
from services.audit_api.rates.endpoints import router as rates
from services.audit_api.record.endpoints import router as record
from services.audit_api.record.tiles import Tiles
from services.audit_api.record.verify import Key
from services.audit_api.rectifications.endpoints import router as rectifications
from services.audit_api.repeats.endpoints import router as repeats
from services.audit_api.reports import places
from services.audit_api.reports.endpoints import router as reports
from services.audit_api.reports.printing import PrintRoom
from services.audit_api.settings import Settings

BLUEPRINT = Blueprint(
    title="清流 audit_api 监督服务",
    schema="audit",
    audience="audit",
    rights=RIGHTS,
    machines=MACHINES,
    catalogue=CATALOGUE,
    routers=[
        record,  # asked in this order; a proof has the shortest time of all (benchmark inclusion)
        alerts,
        filed_reports,
        finding_classes,
        findings,
        quarantines,
        rectifications,
        repeats,
        rates,
        evidence,
        reports,
        policies.below("/audit/v1", "policy-values 监督时限"),
        events,
        extracts,
        erasures,
        leads,
        interests,
        engagements,
    ],
    quiet_paths=("/audit/v1/leads",),  # who runs the system learns of no lead
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; `uvicorn --factory services.audit_api.app:create_app` reads settings from the environment."""
    chosen = settings or Settings()  # the environment fills the required fields
    telemetry.log_as_json(chosen.log_level)
    database = Database(chosen.database_url.get_secret_value(), application="audit_api")
    ledger = Ledger.at(chosen.funds_url, json.loads(chosen.ledger_key.get_secret_value()))

    @asynccontextmanager
    async def opening(_: FastAPI) -> AsyncIterator[None]:
        async with ledger.http:
            yield

    keys = KeyRing.from_jwks(chosen.internal_jwks, max_life_seconds=60)
    app = assemble(BLUEPRINT, database, keys, opening=opening)
    app.state.policies = BOOK
    app.state.ledger = ledger
    app.state.shelf = Shelf(place_of(chosen))
    app.state.witness_keys = [Key.read(one) for one in chosen.witness_keys.split()]
    app.state.log_tiles = Tiles()
    app.state.print_room = PrintRoom(fonts_dir=chosen.fonts_dir)
    app.state.places = places.read(chosen.region_lists)
    return app
