"""Leads, version 4: a membership ends by two members, or by a declaration of whoever had it.

What was drawn up is shown to the members of its lead alone, and each of the two writes in the own name. Frozen: a
change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations import leads_v1
from migrations.journal_v1 import IN_SCOPE
from migrations.leads_v1 import CALLER, MEMBER

# What one member ended before stands: a row is looked at when it ends.
ENDS_BY_TWO = """
CREATE FUNCTION audit.lead_membership_ends_by_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF NEW.ended_because = 'left' AND NOT EXISTS (
       SELECT FROM lead_departure d
        WHERE d.county_code = NEW.county_code AND d.lead_id = NEW.lead_id AND d.member_id = NEW.id AND d.person = NEW.person
          AND d.decision = 'agree' AND d.checked_by = NEW.ended_by AND d.decided_on = NEW.until_on)
     OR NEW.ended_because = 'recused' AND NOT EXISTS (
       SELECT FROM interest_declaration i
        WHERE i.county_code = NEW.county_code AND i.id = NEW.declaration_id AND i.person = NEW.person) THEN
    RAISE check_violation USING MESSAGE = 'a membership ends by two members or by an own declaration',
      CONSTRAINT = 'lead_membership_ends_by_two';
  END IF;
  RETURN NEW;
END $$"""


def statements(role: str) -> Iterator[str]:
    """Row-level security, numbers, grants, the place of the words, and the trigger, one statement each."""
    member = f"{IN_SCOPE.format(column='region_code')} AND {MEMBER.format(lead='lead_id')}"
    yield "ALTER TABLE audit.lead_departure ENABLE ROW LEVEL SECURITY"
    yield "ALTER TABLE audit.lead_departure FORCE ROW LEVEL SECURITY"
    yield "CREATE POLICY owner_all ON audit.lead_departure TO qingliu_owner USING (true) WITH CHECK (true)"
    yield f"CREATE POLICY seen_by_members ON audit.lead_departure FOR SELECT TO {role} USING ({member})"
    yield (
        f"CREATE POLICY drawn_by_members ON audit.lead_departure FOR INSERT TO {role}"
        f" WITH CHECK ({member} AND made_by = {CALLER})"
    )
    yield (
        f"CREATE POLICY decided_by_members ON audit.lead_departure FOR UPDATE TO {role}"
        f" USING ({member} AND decision IS NULL) WITH CHECK ({member} AND checked_by = {CALLER})"
    )
    yield from leads_v1.known("lead_departure", {"decision": "decided_position"})
    yield f"GRANT SELECT, INSERT ON audit.lead_departure TO {role}"
    yield f"GRANT UPDATE (decision, opinion, decided_on, checked_by) ON audit.lead_departure TO {role}"
    yield (
        "INSERT INTO audit.erasable_text (what, field, place, named_by, words, inside)"
        " VALUES ('lead', 'opinion', 'lead_departure', 'lead_id', 'opinion', '')"
    )
    yield ENDS_BY_TWO
    yield "REVOKE ALL ON FUNCTION audit.lead_membership_ends_by_two() FROM PUBLIC"
    yield (
        "CREATE TRIGGER ends_by_two BEFORE UPDATE ON audit.lead_member FOR EACH ROW"
        " WHEN (OLD.until_on IS NULL AND NEW.until_on IS NOT NULL) EXECUTE FUNCTION audit.lead_membership_ends_by_two()"
    )
