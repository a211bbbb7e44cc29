"""Proof that the unit of an order keeps: named in its own steps, and no way to the rest of the finding's file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.audit_api.evidence.folder import Folder
from services.audit_api.evidence.shelf import Shelf
from tests.audit_api.office import issued
from tests.audit_api.ordering import ORDERS, Desk, done
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import order, refused
from tests.callers import Caller, audit_caller


async def proof(caller: Caller, order_id: str, content: bytes = PDF, **more: Any) -> httpx.Response:
    headers = {"X-File-Name": "receipt.pdf", "Content-Type": "application/octet-stream"}
    return await caller.request("POST", f"{ORDERS}/{order_id}/proofs", content=content, headers=headers, **more)


async def test_a_clerk_keeps_proof_of_an_order_and_names_it(desk: Desk, admin: asyncpg.Pool) -> None:
    finding_id, order_id = await desk.ordered()
    # The inspector holds the very same file: the clerk is not told so, neither by a refusal nor by a list.
    hidden = done(await send(desk.inspector, finding_id, PDF))["id"]
    kept = done(await proof(desk.clerk, order_id, key="proof-once"))
    assert done(await proof(desk.clerk, order_id, key="proof-once")) == kept
    assert kept["id"] != hidden
    refused(await proof(desk.clerk, order_id), 409, "evidence-kept-already")
    listed = done(await desk.clerk.get(f"{ORDERS}/{order_id}/proofs"))["items"]
    assert [one["id"] for one in listed] == [kept["id"]]

    url = f"{ORDERS}/{order_id}/closure-requests"
    body = {"explanation": "已全部拨付", "on": "2017-11-10"}
    refused(await desk.clerk.post(url, {**body, "evidence_ids": [hidden]}), 404, "not-found")
    asked = done(await desk.clerk.post(url, {**body, "evidence_ids": [kept["id"]]}))
    assert asked["steps"][-1]["evidence_ids"] == [kept["id"]]
    refused(await proof(desk.clerk, order_id, PDF + b"\n"), 409, "order-step-not-possible")

    # The inspector has it among the evidence of the finding, and may take a copy; the clerk may not, of either.
    held = done(await desk.inspector.get("/audit/v1/evidence", params={"finding": finding_id}))["items"]
    assert {one["id"] for one in held} == {hidden, kept["id"]}
    for one in (hidden, kept["id"]):
        assert (await desk.inspector.get(f"/audit/v1/evidence/{one}/content")).status_code == 200
        refused(await desk.clerk.get(f"/audit/v1/evidence/{one}/content"), 403, "forbidden")
    refused(await desk.clerk.get("/audit/v1/evidence", params={"finding": finding_id}), 403, "forbidden")
    body_of = "SELECT body::jsonb->>'order_id' FROM audit.event WHERE stream = $1 AND kind = 'EvidenceKept'"
    assert [one[0] for one in await admin.fetch(f"{body_of} ORDER BY position", desk.county)] == [None, order_id]


async def test_proof_is_of_its_order_and_of_whoever_it_is_addressed_to(desk: Desk) -> None:
    finding_id, order_id = await desk.ordered()
    second = (await issued(desk.inspector, order(finding_id, desk.county)))["id"]
    theirs = await issued(desk.inspector, order(finding_id, desk.county, region_code=desk.county + "102"))
    kept = done(await proof(desk.clerk, order_id))["id"]
    same = done(await proof(desk.clerk, second))["id"]
    assert same != kept, "one file may prove two orders"
    for caller, status, slug in (
        (desk.neighbour, 404, "not-found"),
        (audit_caller(desk.http, "township_clerk", "999999101"), 404, "not-found"),
        (desk.inspector, 403, "forbidden"),
    ):
        refused(await proof(caller, order_id), status, slug)
    refused(await proof(desk.clerk, theirs["id"]), 404, "not-found")
    refused(await proof(desk.clerk, str(uuid4())), 404, "not-found")
    refused(await proof(desk.clerk, order_id, b"MZ\x90\x00"), 415, "evidence-kind-unknown")
    step = {"note": "已拨付", "on": "2017-11-10", "evidence_ids": [kept]}
    refused(await desk.clerk.post(f"{ORDERS}/{second}/steps", step), 404, "not-found")
    refused(await desk.neighbour.post(f"{ORDERS}/{theirs['id']}/steps", step), 404, "not-found")
    done(await desk.clerk.post(f"{ORDERS}/{order_id}/steps", step))
    refused(await desk.neighbour.get(f"{ORDERS}/{order_id}/proofs"), 404, "not-found")
    empty = done(await desk.neighbour.get(f"{ORDERS}/{theirs['id']}/proofs"))
    assert (empty["items"], bool(empty["empty_because"])) == ([], True)


async def test_withdrawn_evidence_proves_nothing(desk: Desk, admin: asyncpg.Pool) -> None:
    finding_id, order_id = await desk.ordered()
    kept = done(await send(desk.inspector, finding_id, PDF))["id"]
    step = {"note": "核对回单", "on": "2017-11-10", "evidence_ids": [kept]}
    done(await desk.inspector.post(f"{ORDERS}/{order_id}/steps", step))
    asked = done(await desk.inspector.post(f"/audit/v1/evidence/{kept}/withdrawals", {"reason": "登记有误"}))
    decision = {"version_hash": asked["version_hash"], "decision": "agreed", "opinion": "同意"}
    done(await desk.second.post(f"/audit/v1/evidence/{kept}/withdrawals/1/decision", decision))
    refused(await desk.inspector.post(f"{ORDERS}/{order_id}/steps", {**step, "on": "2017-11-11"}), 404, "not-found")


async def test_the_same_file_is_kept_once_for_an_order(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered()
    kept = done(await proof(desk.clerk, order_id))["id"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await admin.execute(
            "INSERT INTO audit.evidence (county_code, id, finding_id, order_id, region_code, file_name, file_kind,"
            " size_bytes, sha256, path_key, kept_by)"
            " SELECT county_code, $2, finding_id, order_id, region_code, file_name, file_kind, size_bytes, sha256,"
            " path_key, kept_by FROM audit.evidence WHERE id = $1",
            UUID(kept),
            uuid4(),
        )


async def test_a_content_that_is_forgotten_is_not_put_back_as_proof(desk: Desk, tmp_path: Path) -> None:
    finding_id, order_id = await desk.ordered()
    kept = done(await send(desk.inspector, finding_id, PDF))["id"]
    said = {"what": "evidence", "id": kept, "fields": ["content"], "basis": "handled_unlawfully", "document": "1号"}
    asked = done(await desk.inspector.post("/audit/v1/erasures", {**said, "on": "2026-03-03"}))
    decision = {
        "version_hash": asked["version_hash"],
        "decision": "restricted",
        "opinion": "停止处理",
        "on": "2026-03-04",
    }
    done(await desk.second.post(f"/audit/v1/erasures/{asked['id']}/decision", decision))
    state = desk.http.app.state  # type: ignore[attr-defined]
    before, state.shelf = state.shelf, Shelf(Folder(tmp_path))
    answer = await proof(desk.clerk, order_id)
    state.shelf = before
    refused(answer, 410, "evidence-forgotten")
    assert os.listdir(tmp_path) == ["incoming"], "nothing was put in its place"  # noqa: PTH208
