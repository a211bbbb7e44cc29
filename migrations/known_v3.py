"""What was known when, of facts beside the ledger, version 3: facts of before are known since the event that tells them.

Version 1 said of an approval, a title, a closing and the like, which kept no time of their own, that they were known
since the migration: an approved change was not known to be in force on the day after its approval. The journal names
each of them. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# The table and the position of its fact; the kind of event that tells it and what marks it among its kind; the row it names.
TOLD: Final = (
    (
        "project_version",
        "approved_position",
        "ProjectChanged",
        "e.body ->> 'in_force' = 'true'",
        {"project_id": "project_id", "version": "version"},
    ),
    (
        "project_objection",
        "closed_position",
        "ProjectObjected",
        "e.body ->> 'is_open' = 'false'",
        {"objection_id": "id"},
    ),
    ("project_contract", "cancelled_position", "ContractEnded", "true", {"contract_id": "id"}),
    (
        "project_progress",
        "accepted_position",
        "ProgressRecorded",
        "e.body ->> 'accepted' = 'true'",
        {"progress_id": "id"},
    ),
    ("asset", "confirmed_position", "AssetChanged", "e.body ->> 'change' = 'confirmed'", {"asset_id": "id"}),
    ("asset", "disposed_position", "AssetChanged", "e.body ->> 'change' = 'disposed'", {"asset_id": "id"}),
    # Of an income that was undone nothing is changed any more.
    ("asset_income", "passed_position", "IncomePassed", "t.undone_on IS NULL", {"income_id": "id"}),
)


def corrections() -> Iterator[str]:
    """One set each. Compared as text: whatever an event of another kind holds under a name, it is not cast."""
    for table, position, kind, mark, names in TOLD:
        named = " AND ".join(f"e.body ->> '{name}' = t.{column}::text" for name, column in names.items())
        yield (
            f"UPDATE funds.{table} t SET {position} = e.position FROM funds.event e"
            f" WHERE e.stream = t.county_code AND e.kind = '{kind}' AND {mark} AND {named}"
            f" AND t.{position} > e.position"
        )
