"""Leads, version 3: letters (函询) and their replies, shown to and written by the members of their lead alone.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations import leads_v1
from migrations.journal_v1 import IN_SCOPE
from migrations.leads_v1 import CALLER, MEMBER


def statements(role: str) -> Iterator[str]:
    """Row-level security, numbers, grants, and the place of the words, one statement each."""
    member = f"{IN_SCOPE.format(column='region_code')} AND {MEMBER.format(lead='lead_id')}"
    yield "ALTER TABLE audit.lead_letter ENABLE ROW LEVEL SECURITY"
    yield "ALTER TABLE audit.lead_letter FORCE ROW LEVEL SECURITY"
    yield "CREATE POLICY owner_all ON audit.lead_letter TO qingliu_owner USING (true) WITH CHECK (true)"
    yield f"CREATE POLICY seen_by_members ON audit.lead_letter FOR SELECT TO {role} USING ({member})"
    yield (
        f"CREATE POLICY recorded_by_members ON audit.lead_letter FOR INSERT TO {role}"
        f" WITH CHECK ({member} AND recorded_by = {CALLER})"
    )
    yield (
        f"CREATE POLICY answered_by_members ON audit.lead_letter FOR UPDATE TO {role}"
        f" USING ({member} AND replied_on IS NULL) WITH CHECK ({member} AND reply_recorded_by = {CALLER})"
    )
    yield from leads_v1.known("lead_letter", {"replied_on": "replied_position"})
    yield f"GRANT SELECT, INSERT ON audit.lead_letter TO {role}"
    yield f"GRANT UPDATE (replied_on, reply, reply_recorded_by, replied_position) ON audit.lead_letter TO {role}"
    yield (
        "INSERT INTO audit.erasable_text (what, field, place, named_by, words, inside)"
        " VALUES ('lead', 'reply', 'lead_letter', 'lead_id', 'reply', '')"
    )
