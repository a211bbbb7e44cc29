"""Leads, version 2: no function answers the service about somebody else, and a lead follows from what was confirmed.

`has_lead_member` told whoever asked whether a lead is there, and `declared_by` what anybody had declared. What is left
answers about the caller's own leads alone: who may come in first, and whether people are free of what such a lead is
about; and whether they are free of a unit and places, for engagements. By what they are tied is told to nobody. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import IN_SCOPE
from migrations.leads_v1 import CALLER, MEMBER, UNRELATED

# A lead has a member from its commit on: without one it is being referred in this very transaction.
OWN_NEW = f"""
CREATE FUNCTION audit.is_own_new_lead(p_county text, p_lead uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT EXISTS (SELECT FROM lead l WHERE l.county_code = p_county AND l.id = p_lead AND l.referred_by = {CALLER})
     AND NOT has_lead_member(p_county, p_lead)
$$"""

RECUSALS = f"""
CREATE FUNCTION audit.recusals(p_county text, p_lead uuid, p_persons text[])
RETURNS TABLE (person text, has_declared boolean, is_related boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT p.person,
         EXISTS (SELECT FROM interest_declaration d WHERE d.county_code = p_county AND d.person = p.person),
         NOT ({UNRELATED.format(lead="l", member="p")})
    FROM lead l CROSS JOIN unnest(p_persons) AS p (person)
   WHERE l.county_code = p_county AND l.id = p_lead AND {IN_SCOPE.format(column="p_county")}
     AND (is_lead_member(p_county, p_lead) OR is_own_new_lead(p_county, p_lead))
   ORDER BY p.person
$$"""

# Of an engagement, which inspectors of the county see anyhow: whether people are free of its unit and places.
TIES = f"""
CREATE FUNCTION audit.ties_of(p_county text, p_persons text[], p_unit uuid, p_name text, p_regions text[])
RETURNS TABLE (person text, has_declared boolean, is_related boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT p.person, count(d.id) > 0,
         coalesce(bool_or(d.own_unit = p_name OR d.related_unit_id = p_unit
                          OR EXISTS (SELECT FROM unnest(p_regions) r WHERE r LIKE d.related_region_code || '%')), false)
    FROM unnest(p_persons) AS p (person)
    LEFT JOIN interest_declaration d ON d.county_code = p_county AND d.person = p.person
   WHERE {IN_SCOPE.format(column="p_county")} AND {CALLER} IS NOT NULL
   GROUP BY p.person ORDER BY p.person
$$"""

CONFIRMED = """
CREATE FUNCTION audit.lead_follows_what_was_confirmed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM finding f WHERE f.county_code = NEW.county_code AND f.id = NEW.finding_id
                  AND f.confirmed_on IS NOT NULL) THEN
    RAISE EXCEPTION 'a draft is referred by nobody' USING ERRCODE = 'QL605', CONSTRAINT = 'lead_of_a_confirmed_finding';
  END IF;
  RETURN NEW;
END $$"""


def statements(role: str) -> Iterator[str]:
    """The functions, the trigger and the policy, one statement each."""
    yield OWN_NEW
    yield RECUSALS
    yield TIES
    yield CONFIRMED
    for function in (
        "is_own_new_lead(text, uuid)",
        "recusals(text, uuid, text[])",
        "ties_of(text, text[], uuid, text, text[])",
        "lead_follows_what_was_confirmed()",
    ):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    for function in (
        "is_own_new_lead(text, uuid)",
        "recusals(text, uuid, text[])",
        "ties_of(text, text[], uuid, text, text[])",
    ):
        yield f"GRANT EXECUTE ON FUNCTION audit.{function} TO {role}"
    yield "DROP POLICY appointed ON audit.lead_member"
    scope = IN_SCOPE.format(column="region_code")
    first = f"{MEMBER.format(lead='lead_id')} OR audit.is_own_new_lead(county_code, lead_id)"
    yield (
        f"CREATE POLICY appointed ON audit.lead_member FOR INSERT TO {role}"
        f" WITH CHECK ({scope} AND appointed_by = {CALLER} AND ({first}))"
    )
    yield f"REVOKE EXECUTE ON FUNCTION audit.has_lead_member(text, uuid) FROM {role}"
    yield "DROP FUNCTION audit.declared_by(text, text[])"
    yield (
        "CREATE TRIGGER of_a_confirmed_finding BEFORE INSERT ON audit.lead FOR EACH ROW"
        " WHEN (NEW.finding_id IS NOT NULL) EXECUTE FUNCTION audit.lead_follows_what_was_confirmed()"
    )
