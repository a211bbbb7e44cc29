"""What drafts of findings need of the database, version 1: the trigger that settles a confirmed one, and the old rows.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

# A confirmed finding says what it said when it was confirmed; only how far it has come may change.
SETTLED = """
CREATE FUNCTION audit.finding_is_settled() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'finding % was confirmed: what it says does not change', OLD.id USING ERRCODE = 'check_violation';
END $$"""
SETTLING = """
CREATE TRIGGER settled BEFORE UPDATE ON audit.finding FOR EACH ROW
 WHEN (OLD.confirmed_on IS NOT NULL AND
       (NEW.version_no, NEW.version_hash, NEW.class_code, NEW.title, NEW.facts, NEW.amount_fen, NEW.found_on,
        NEW.confirmed_on, NEW.confirmed_by)
       IS DISTINCT FROM
       (OLD.version_no, OLD.version_hash, OLD.class_code, OLD.title, OLD.facts, OLD.amount_fen, OLD.found_on,
        OLD.confirmed_on, OLD.confirmed_by))
 EXECUTE FUNCTION audit.finding_is_settled()"""
# The first order is told by the state alone: no column of its own becomes known with it.
ORDERED = """
CREATE TRIGGER ordered_position BEFORE UPDATE ON audit.finding FOR EACH ROW
 WHEN (OLD.ordered_position IS NULL AND NEW.status = 'ordered')
 EXECUTE FUNCTION audit.known_from('ordered_position')"""

_HEAD = "coalesce((SELECT h.position FROM audit.stream_head h WHERE h.stream = t.county_code), 0)"


def statements() -> Iterator[str]:
    yield SETTLED
    yield "REVOKE ALL ON FUNCTION audit.finding_is_settled() FROM PUBLIC"
    yield SETTLING
    yield ORDERED


def fill() -> Iterator[str]:
    """Rows of before: known since the event that told of them, or since now where none is found."""
    yield (
        "UPDATE audit.finding t SET position = e.position FROM audit.event e"
        " WHERE e.stream = t.county_code AND e.kind = 'FindingOpened' AND (e.body->>'finding_id')::uuid = t.id"
    )
    yield f"UPDATE audit.finding t SET position = {_HEAD} WHERE position IS NULL"
    yield "UPDATE audit.finding SET confirmed_on = found_on, confirmed_position = position"
    yield (
        "UPDATE audit.finding t SET ordered_position = o.position FROM (SELECT stream, (body->>'finding_id')::uuid AS id,"
        " min(position) AS position FROM audit.event WHERE kind = 'RectificationOrdered' GROUP BY 1, 2) o"
        " WHERE o.stream = t.county_code AND o.id = t.id"
    )
    yield (
        "UPDATE audit.finding t SET closed_position = e.position FROM audit.event e"
        " WHERE e.stream = t.county_code AND e.kind = 'ClosureReviewed' AND (e.body->>'finding_closed')::boolean"
        " AND (e.body->>'finding_id')::uuid = t.id AND t.status = 'closed'"
    )
    yield f"UPDATE audit.finding t SET closed_position = {_HEAD} WHERE status = 'closed' AND closed_position IS NULL"
    yield (
        "UPDATE audit.rectified_change t SET position = c.position FROM (SELECT e.stream, e.position,"
        " (one->>'finding_id')::uuid AS finding_id, (one->>'movement_id')::uuid AS movement_id,"
        " (one->>'lot_id')::uuid AS lot_id FROM audit.event e, json_array_elements(e.body->'changes') one"
        " WHERE e.kind = 'RectificationMeasured') c"
        " WHERE c.stream = t.county_code AND (c.finding_id, c.movement_id, c.lot_id) = (t.finding_id, t.movement_id, t.lot_id)"
    )
    # What had left a lot before its finding was counted by the finding's own act.
    yield (
        "UPDATE audit.rectified_change t SET position = f.position FROM audit.finding f"
        " WHERE t.position IS NULL AND f.county_code = t.county_code AND f.id = t.finding_id"
    )


def fill_versions(connection: Connection) -> None:
    """Each finding of before gets the one version it had, with one recorded fact: the prose it was opened with."""
    lots: dict[tuple[str, UUID], dict[UUID, Any]] = defaultdict(dict)
    for row in connection.execute(sa.text("SELECT * FROM audit.finding_lot")).mappings():
        lots[row["county_code"], row["finding_id"]][row["lot_id"]] = row
    for finding in connection.execute(sa.text("SELECT * FROM audit.finding")).mappings().all():
        county, name = finding["county_code"], finding["id"]
        held = lots[county, name]
        first = _first_fen(held)
        for lot, fen in first.items():
            connection.execute(
                sa.text(
                    "UPDATE audit.finding_lot SET first_fen = :fen WHERE (county_code, finding_id, lot_id) = (:county, :finding, :lot)"
                ),
                {"fen": fen, "county": county, "finding": name, "lot": lot},
            )
        alerts = (
            connection.execute(
                sa.text("SELECT id FROM audit.alert WHERE (county_code, finding_id) = (:county, :finding) ORDER BY id"),
                {"county": county, "finding": name},
            )
            .scalars()
            .all()
        )
        subjects = [
            {"kind": "lot", "subject_id": str(lot), "alert_id": str(row["alert_id"]), "amount_fen": first[lot]}
            for lot, row in sorted(held.items())
            if row["alert_id"] is not None
        ]
        content = {
            **{key: finding[key] for key in ("class_code", "title", "facts", "amount_fen")},
            "found_on": finding["found_on"].isoformat(),
            "alert_ids": [str(one) for one in alerts],
            "recorded_facts": [{"what": finding["facts"], "evidence_ids": []}],
            "subjects": subjects,
        }
        spelled = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        values = {
            "county": county,
            "finding": name,
            "region": finding["region_code"],
            "hash": hashlib.sha256(spelled.encode()).hexdigest(),
            "alerts": list(alerts),
        }
        connection.execute(
            sa.text(
                "INSERT INTO audit.finding_version (county_code, finding_id, version_no, region_code, version_hash, class_code,"
                " title, facts, amount_fen, found_on, alert_ids, made_by, made_at, position)"
                " SELECT county_code, id, 1, region_code, :hash, class_code, title, facts, amount_fen, found_on, :alerts,"
                " opened_by, opened_at, position FROM audit.finding WHERE (county_code, id) = (:county, :finding)"
            ).bindparams(sa.bindparam("alerts", type_=sa.ARRAY(sa.Uuid()))),
            values,
        )
        connection.execute(
            sa.text(
                "INSERT INTO audit.finding_fact (county_code, finding_id, version_no, fact_no, region_code, what)"
                " SELECT county_code, id, 1, 1, region_code, facts FROM audit.finding WHERE (county_code, id) = (:county, :finding)"
            ),
            values,
        )
        for number, subject in enumerate(subjects, 1):
            connection.execute(
                sa.text(
                    "INSERT INTO audit.finding_subject (county_code, finding_id, version_no, subject_no, region_code, kind,"
                    " subject_id, alert_id, amount_fen) VALUES (:county, :finding, 1, :number, :region, 'lot', :lot, :alert, :fen)"
                ),
                {
                    **values,
                    "number": number,
                    "lot": UUID(subject["subject_id"]),
                    "alert": UUID(subject["alert_id"]),
                    "fen": subject["amount_fen"],
                },
            )
        connection.execute(
            sa.text("UPDATE audit.finding SET version_hash = :hash WHERE (county_code, id) = (:county, :finding)"),
            values,
        )


def _first_fen(held: dict[UUID, Any]) -> dict[UUID, int]:
    """What was bound in each lot at first: what is bound now, and all that moved on into other lots."""
    children = defaultdict(list)
    for lot, row in held.items():
        if row["came_from"] is not None:
            children[row["came_from"]].append(lot)

    def first(lot: UUID) -> int:
        return int(held[lot]["bound_fen"]) + sum(first(child) for child in children[lot])

    return {lot: first(lot) for lot in held}
