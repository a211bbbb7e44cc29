"""The house keeps its own rules: one place that commits, no forgotten permission, no banned name, money as integers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import ARRAY, JSON, Column, MetaData, String

from chassis.service import Blueprint
from services.audit_api.app import BLUEPRINT as AUDIT
from services.audit_api.erasures.places import PLACES
from services.audit_api.tables import Row as AuditRow
from services.funds_api.app import BLUEPRINT as FUNDS
from services.funds_api.tables import Row as FundsRow
from tests.texts_that_name_nobody import NOT_PERSONAL

ROOT = Path(__file__).parent.parent
COMMITS = {"chassis/database.py", "services/audit_api/follower.py", "migrations/env.py"}
RUN = ("services", "policies", "chassis", "treasury", "wire")
BANNED = {"utils", "helpers", "common", "base", "manager", "misc", "constants"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_only_the_edge_begins_and_ends_transactions() -> None:
    """A use case that commits makes half an act visible: only these files call begin, commit or rollback."""
    found = set()
    for path in sources(*RUN, "migrations"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"begin", "commit", "rollback"}
            ):
                found.add(str(path.relative_to(ROOT)))
    assert found, "the search itself found nothing"
    assert found <= COMMITS, f"only the edge may commit: {found - COMMITS}"


def test_file_names_say_what_they_hold() -> None:
    bad = [
        str(path.relative_to(ROOT))
        for path in sources(
            "services", "policies", "chassis", "treasury", "wire", "deploy", "demo", "benchmarks", "chaos"
        )
        if path.stem in BANNED
    ]
    assert bad == []


def test_every_decision_is_listed_once_and_in_order() -> None:
    """A merge of two branches that both touched the list once left it there twice, in two orders."""
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_every_module_opens_with_what_it_holds() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources(*RUN, "deploy", "demo", "benchmarks", "chaos", "migrations")
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_money_is_never_a_float() -> None:
    """A float in the arithmetic or the ledger is a bug before it is one."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources("treasury", "services/funds_api")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id == "float"
    ]
    assert found == []


def routes(blueprint: Blueprint) -> list[APIRoute]:
    """Every route of a service; an app must be asked this way since `app.routes` no longer lists included routers."""
    app = FastAPI()
    for router in blueprint.routers:
        app.include_router(router)
    return [context.route for context in iter_route_contexts(app.routes) if isinstance(context.route, APIRoute)]


def asked(dependant: Any) -> set[str]:
    """The permissions a route's dependencies ask for."""
    own = {dependant.call.permission} if hasattr(dependant.call, "permission") else set()
    return own.union(*(asked(one) for one in dependant.dependencies)) if dependant.dependencies else own


@pytest.mark.parametrize("blueprint", [FUNDS, AUDIT], ids=lambda one: one.schema)
def test_every_route_asks_for_a_permission_that_some_role_has(blueprint: Blueprint) -> None:
    held = frozenset[str]().union(*blueprint.rights.values())
    found = routes(blueprint)
    assert len(found) > 10, "the walk over routes found too few"
    for route in found:
        wanted = asked(route.dependant)
        assert len(wanted) == 1, f"{route.methods} {route.path} asks for {wanted or 'no permission'}"
        assert wanted <= held, f"{route.path}: nobody holds {wanted}"


@pytest.mark.parametrize("blueprint", [FUNDS, AUDIT], ids=lambda one: one.schema)
def test_every_write_takes_an_idempotency_key(blueprint: Blueprint) -> None:
    for route in routes(blueprint):
        if (route.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            names = {one.call.__name__ for one in flat(route.dependant) if one.call}
            assert "_act" in names, f"{route.path} writes without a key"


def flat(dependant: Any) -> list[Any]:
    return [dependant, *(inner for one in dependant.dependencies for inner in flat(one))]


def test_what_writes_suspicion_is_an_act_of_one_or_decided_by_two() -> None:
    """ADR 78 says of every route that writes which it is; a decision names the version and takes another right.

    It was held noun by noun before, and the period of an engagement was one person's to change.
    """
    told = (ROOT / "docs/decisions/0078-what-is-decided-by-two.md").read_text()
    _, rest = told.split("## Acts of one person")
    acts, decisions = rest.split("## Decisions by two")
    one = set(re.findall(r"^\| `(/[^`]+)` \| \S", acts, re.MULTILINE))
    by_two = re.findall(r"^\| `(/[^`]+)` \| `(/[^`]+)` \|$", decisions, re.MULTILINE)
    drawn, decided = {draws for draws, _ in by_two}, {decides for _, decides in by_two}
    writes = {
        route.path.removeprefix("/audit/v1"): route
        for route in routes(AUDIT)
        if (route.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert set(writes) == one | drawn | decided, "say in ADR 78 what it is: an act of one, drawn up, or decided"
    assert not decided & (one | drawn), "a decision is nobody's alone"
    for draws, decides in by_two:
        names = {
            name
            for dependant in flat(writes[decides].dependant)
            for body in dependant.body_params
            for name in getattr(body.field_info.annotation, "model_fields", {})
        }
        # An edition of a policy value never changes: its reference names the version.
        assert {"version_hash", "ref"} & names, f"{decides} does not say which version is decided on"
        assert asked(writes[draws].dependant) != asked(writes[decides].dependant), (
            f"{decides} takes no right of its own"
        )


def test_every_route_says_in_chinese_what_it_is_for() -> None:
    """Whoever may not ask it is told by its summary what it is: the code of a permission tells an official nothing."""
    told = [route for app in (FUNDS, AUDIT) for route in routes(app)]
    assert len(told) > 100
    silent = [route.path for route in told if not re.search("[\u4e00-\u9fff]", route.summary or "")]
    assert silent == []


MONEY_READS = re.compile(
    # A judgement (idle/judgement) reads no money: its days are all in the question.
    r"/funds/v1/(accounts/|lots|movements|tranches|payments|idle(?!/judgement)|flags|projects|assets|incomes|treasury-orders|quota)"
)


def test_every_reading_of_money_takes_as_of() -> None:
    read = [route for route in routes(FUNDS) if "GET" in (route.methods or set()) and MONEY_READS.search(route.path)]
    assert len(read) >= 10
    for route in read:
        names = {field.alias for one in flat(route.dependant) for field in one.query_params}
        assert "as_of" in names, f"{route.path} cannot be asked for another day"


# Reference data and public documents: they do not grow with payments, and a cluster keeps them on every node.
EVERYWHERE = {
    "erasable_text",
    "region",
    "region_change",
    "region_former",
    "region_link",
    "fund",
    "fund_rule",
    "fund_terms",
    "fund_use",
    "function_code",
    "national_rule",
    "policy_gate",
    "policy_value",
    "notice",
    "notice_line",
    "notice_discrepancy",
    "data_key",
    "finding_class",
}
# Journals are kept by stream, which is the county.
BY_STREAM = {"event", "event_named", "stream_head", "follower_cursor", "flag_told", "log_cursor", "erased_outcome"}
# One log for the installation, numbered by itself: one process writes it behind the acts, and none waits (ADR 62).
THE_LOG = {
    *("log_leaf", "log_tile", "log_checkpoint", "log_cosignature", "log_head"),
    *("log_key_announcement", "log_key_change"),
}


@pytest.mark.parametrize("metadata", [FundsRow.metadata, AuditRow.metadata], ids=["funds", "audit"])
def test_every_table_that_grows_is_kept_by_county(metadata: MetaData) -> None:
    """Sharding by county later must change no query: the county comes first in every key, also in the foreign ones."""
    assert len(metadata.tables) > 8
    for table in metadata.tables.values():
        first = next(iter(table.primary_key.columns)).name
        if table.name in EVERYWHERE | THE_LOG:
            continue
        assert first == ("stream" if table.name in BY_STREAM else "county_code"), table.name
        for key in table.foreign_key_constraints:
            if key.referred_table.name not in EVERYWHERE:
                assert key.column_keys[0] == "county_code", f"{table.name} → {key.referred_table.name}"


def _is_text(column: Column[Any]) -> bool:
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    return isinstance(kind, String | JSON) and not column.name.endswith(("county_code", "region_code", "_region"))


def test_every_text_of_audit_can_be_taken_out_or_names_nobody() -> None:
    """Words that name somebody once stood in tables that no erasure knew of: a new column of text says which it is.

    Words that may name a person: a `Place` in services/audit_api/erasures/places.py and its line in `erasable_text` by
    a migration. Others: tests/texts_that_name_nobody.py, with the reason.
    """
    tables = AuditRow.metadata.tables.values()
    texts = {f"{table.name}.{column.name}" for table in tables for column in table.columns if _is_text(column)}
    erasable = {f"{one.place}.{one.words}" for one in PLACES}
    assert len(texts) > 100, "the search itself found little"
    assert texts - erasable - NOT_PERSONAL.keys() == set(), "can it be taken out, or does it name nobody?"
    assert (erasable | NOT_PERSONAL.keys()) - texts == set(), "there is no such column any more"
    assert erasable & NOT_PERSONAL.keys() == set(), "one of the two"
