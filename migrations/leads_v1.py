"""Leads, version 1: who may see one, whose number its rows take, what no code can undo, and how many there are.

A lead is there for its members only. Row-level security asks the journal of memberships who the caller is
(`app.subject`, told with BEGIN as `app.region` is); a transaction that names nobody sees none. The numbers of these rows
come from a stream of their own (`county.leads`), which the service may write to and not read. Frozen: a change is a new
file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migrations.journal_v1 import IN_SCOPE, REGION

CALLER = "(SELECT nullif(current_setting('app.subject', true), ''))"
MEMBER = "audit.is_lead_member(county_code, {lead})"
UNRELATED = """
NOT EXISTS (SELECT FROM interest_declaration d
             WHERE d.county_code = {lead}.county_code AND d.person = {member}.person
               AND (d.own_unit = {lead}.subject_unit_name OR d.related_unit_id = {lead}.subject_unit_id
                    OR {lead}.subject_region_code LIKE d.related_region_code || '%'))"""

IS_MEMBER = f"""
CREATE FUNCTION audit.is_lead_member(p_county text, p_lead uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT EXISTS (SELECT FROM lead_member m WHERE m.county_code = p_county AND m.person = {CALLER}
                  AND m.lead_id = p_lead AND m.until_on IS NULL)
$$"""

HAS_MEMBER = """
CREATE FUNCTION audit.has_lead_member(p_county text, p_lead uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT EXISTS (SELECT FROM lead_member m WHERE m.county_code = p_county AND m.lead_id = p_lead AND m.until_on IS NULL)
$$"""

# What people declared, for judging who may become a member. Only inside the caller's region; ties are told to the
# service and never to whoever appoints.
DECLARED_BY = f"""
CREATE FUNCTION audit.declared_by(p_county text, p_persons text[])
RETURNS TABLE (person text, own_unit text, related_unit_id uuid, related_region_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT d.person, d.own_unit, d.related_unit_id, d.related_region_code FROM interest_declaration d
   WHERE d.county_code = p_county AND d.person = ANY (p_persons) AND {IN_SCOPE.format(column="p_county")}
   ORDER BY d.person, d.id
$$"""

# A stream of their own: in the county's, each act on a lead would be a number that nobody can account for.
KNOWN_FROM = """
CREATE FUNCTION audit.lead_known_from() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], next_position(NEW.county_code || '.leads')));
END $$"""

# At the commit, so that a successor may come in before or after whoever goes.
STAYS_WITH_SOMEBODY = """
CREATE FUNCTION audit.lead_stays_with_somebody() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE about uuid := CASE TG_TABLE_NAME WHEN 'lead' THEN (to_jsonb(NEW) ->> 'id')::uuid ELSE (to_jsonb(NEW) ->> 'lead_id')::uuid END;
BEGIN
  IF NOT has_lead_member(NEW.county_code, about) THEN
    RAISE EXCEPTION 'a lead would be left to nobody' USING ERRCODE = 'QL601', CONSTRAINT = 'lead_has_member';
  END IF;
  RETURN NULL;
END $$"""

# Both ways: who joins is unrelated, and who declares a tie is out of what it ties to by the commit.
MEMBERS_ARE_FREE = f"""
CREATE FUNCTION audit.lead_members_are_free() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM lead_member m JOIN lead l ON l.county_code = m.county_code AND l.id = m.lead_id
              WHERE m.county_code = NEW.county_code AND m.person = NEW.person AND m.until_on IS NULL
                AND NOT ({UNRELATED.format(lead="l", member="m")}
                     AND EXISTS (SELECT FROM interest_declaration d
                                  WHERE d.county_code = m.county_code AND d.person = m.person))) THEN
    RAISE EXCEPTION 'somebody related to a lead would be its member' USING ERRCODE = 'QL602', CONSTRAINT = 'lead_member_is_free';
  END IF;
  RETURN NULL;
END $$"""

# Only above the county, only sums: the one look at leads that does not ask for a membership.
COUNTS = f"""
CREATE FUNCTION audit.lead_counts(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (dimension text, name text, leads_n bigint, counties_n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT t.dimension, t.name, count(*), count(DISTINCT t.county_code) FROM (
    SELECT 'source' AS dimension, l.source AS name, l.county_code FROM lead l
     WHERE l.recorded_at >= p_from AND l.recorded_at < p_until
    UNION ALL
    SELECT 'disposition', o.disposition, o.county_code FROM lead_opinion o
     WHERE o.decision = 'approve' AND o.disposition IS NOT NULL AND o.decided_at >= p_from AND o.decided_at < p_until
    UNION ALL
    SELECT 'form', o.form, o.county_code FROM lead_opinion o
     WHERE o.decision = 'approve' AND o.form IS NOT NULL AND o.decided_at >= p_from AND o.decided_at < p_until
  ) t WHERE length({REGION}) IN (2, 4) AND {IN_SCOPE.format(column="t.county_code")}
  GROUP BY 1, 2
$$"""

CALLED = (
    "is_lead_member(text, uuid)",
    "has_lead_member(text, uuid)",
    "declared_by(text, text[])",
    "lead_counts(timestamptz, timestamptz)",
)
TRIGGERED = ("lead_known_from()", "lead_stays_with_somebody()", "lead_members_are_free()")


def functions(role: str) -> Iterator[str]:
    """The functions, one statement each."""
    yield from (
        IS_MEMBER,
        HAS_MEMBER,
        DECLARED_BY,
        KNOWN_FROM,
        STAYS_WITH_SOMEBODY,
        MEMBERS_ARE_FREE,
        COUNTS,
    )
    for function in (*CALLED, *TRIGGERED):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    for function in CALLED:
        yield f"GRANT EXECUTE ON FUNCTION audit.{function} TO {role}"


def known(table: str, later: Mapping[str, str]) -> Iterator[str]:
    """As `audit_known_v1.triggers`, with positions of the county's stream of leads."""
    yield (
        f"CREATE TRIGGER known_from BEFORE INSERT ON audit.{table}"
        " FOR EACH ROW EXECUTE FUNCTION audit.lead_known_from('position')"
    )
    for fact, position in later.items():
        yield (
            f"CREATE TRIGGER {position} BEFORE UPDATE ON audit.{table} FOR EACH ROW"
            f" WHEN (OLD.{fact} IS NULL AND NEW.{fact} IS NOT NULL)"
            f" EXECUTE FUNCTION audit.lead_known_from('{position}')"
        )


def held() -> Iterator[str]:
    """What holds at every commit: a lead has a member, and no member is related to it."""
    for table in ("lead", "lead_member"):
        yield (
            f"CREATE CONSTRAINT TRIGGER stays_with_somebody AFTER INSERT OR UPDATE ON audit.{table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.lead_stays_with_somebody()"
        )
    for table in ("lead_member", "interest_declaration"):
        yield (
            f"CREATE CONSTRAINT TRIGGER members_are_free AFTER INSERT OR UPDATE ON audit.{table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.lead_members_are_free()"
        )


def _policy(table: str, name: str, role: str, command: str, using: str = "", check: str = "") -> str:
    scope = IN_SCOPE.format(column="region_code")
    seen = f" USING ({scope} AND {using})" if using else ""
    written = f" WITH CHECK ({scope} AND {check})" if check else ""
    return f"CREATE POLICY {name} ON audit.{table} FOR {command} TO {role}{seen}{written}"


def policies(role: str) -> Iterator[str]:
    """Row-level security: seen by members; written by members, in their own name; a lead's first members by whoever
    refers it.
    """
    for table in ("lead", "lead_member", "lead_opinion", "lead_talk", "interest_declaration"):
        yield f"ALTER TABLE audit.{table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE audit.{table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY owner_all ON audit.{table} TO qingliu_owner USING (true) WITH CHECK (true)"
    own, of_lead = MEMBER.format(lead="id"), MEMBER.format(lead="lead_id")
    yield _policy("lead", "seen_by_members", role, "SELECT", own)
    yield _policy("lead", "referred", role, "INSERT", check=f"referred_by = {CALLER}")
    yield _policy("lead", "counted_by_members", role, "UPDATE", own, "true")
    yield _policy("lead_member", "seen_by_members", role, "SELECT", of_lead)
    yield _policy(
        "lead_member",
        "appointed",
        role,
        "INSERT",
        check=f"appointed_by = {CALLER} AND ({of_lead} OR NOT audit.has_lead_member(county_code, lead_id))",
    )
    yield _policy("lead_member", "ended_by_members", role, "UPDATE", of_lead, f"ended_by = {CALLER}")
    yield _policy("lead_opinion", "seen_by_members", role, "SELECT", of_lead)
    yield _policy("lead_opinion", "drawn_by_members", role, "INSERT", check=f"{of_lead} AND drawn_by = {CALLER}")
    yield _policy("lead_opinion", "decided_by_members", role, "UPDATE", of_lead, f"decided_by = {CALLER}")
    yield _policy("lead_talk", "seen_by_members", role, "SELECT", of_lead)
    yield _policy("lead_talk", "recorded_by_members", role, "INSERT", check=f"{of_lead} AND recorded_by = {CALLER}")
    yield _policy("lead_talk", "reported_by_members", role, "UPDATE", of_lead, f"reported_by = {CALLER}")
    yield _policy("interest_declaration", "seen_by_its_person", role, "SELECT", f"person = {CALLER}")
    yield _policy("interest_declaration", "declared", role, "INSERT", check=f"person = {CALLER}")
    # The service writes these streams through the journal's functions and reads them for nobody but the sealer, which
    # is told hashes only.
    for table in ("event", "stream_head"):
        yield (
            f"CREATE POLICY leads_apart ON audit.{table} AS RESTRICTIVE FOR SELECT TO {role}"
            f" USING (right(stream, 6) <> '.leads' OR {CALLER} = 'qingliu-sealer')"
        )
    for table in ("log_leaf", "log_cursor"):
        yield (
            f"CREATE POLICY leads_apart ON audit.{table} AS RESTRICTIVE FOR SELECT TO {role}"
            f" USING (right(stream, 6) <> '.leads' OR {REGION} = '00')"
        )
