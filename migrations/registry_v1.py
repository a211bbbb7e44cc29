"""The SQL side of the register, version 1: who sees what, who writes what, and four looks that reach beyond a township.

A township may not read its neighbour's people, yet a payment of its own must be judged by who belonged where on its
day, also after a household has moved on. So these looks run as the owner, only for a caller within the county, and
answer about people the caller named or about the caller's own batch. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH
from migrations.journal_v1 import REGION, scoped

ROLE = "funds_app"
SCOPE = "nullif(current_setting('app.region', true), '')"

# An act takes the place in the journal that its event will have: the head row is locked until the commit.
RECORD_ACT = f"""
CREATE FUNCTION funds.record_registry_act(p_county text, p_id uuid, p_kind text, p_document text, p_on date, p_actor text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE at bigint; scope text := {SCOPE};
BEGIN
  IF scope IS NULL OR NOT p_county LIKE scope || '%' THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;
  INSERT INTO stream_head (stream, position, hash) VALUES (p_county, 0, sha256(convert_to(p_county, 'UTF8')))
    ON CONFLICT (stream) DO NOTHING;
  SELECT h.position + 1 INTO at FROM stream_head h WHERE h.stream = p_county FOR UPDATE;
  INSERT INTO registry_act (county_code, id, position, kind, document, effective_on, actor)
    VALUES (p_county, p_id, at, p_kind, p_document, p_on, p_actor);
  RETURN at;
END $$"""


def last(table: str, key: str, columns: str, on: str, known: str) -> str:
    """The fact of `table` that held for `key` on the day, as known at the position."""
    owner = "person_id" if table == "membership" else "household_id"
    return f"""(SELECT {columns}, f.from_on, a.document, a.position FROM {table} f
       JOIN registry_act a ON a.county_code = p_county AND a.id = f.act_id
      WHERE f.county_code = p_county AND f.{owner} = {key} AND f.from_on <= {on} AND a.position <= {known}
      ORDER BY f.from_on DESC, a.position DESC LIMIT 1)"""


# What held on a day for people the caller names, also if they have moved out of sight since: the household they were
# in, where it lived and how it stood. Only households that live, or lived, in the caller's region.
REGISTRY_ON = f"""
CREATE FUNCTION funds.registry_on(p_county text, p_tokens bytea[], p_on date, p_known bigint)
RETURNS TABLE (token bytea, household_id uuid, role text, region_code text, removed_on date, document text,
               moved_on date, moved_from text, outside boolean, joins_on date, left_on date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE scope text := {SCOPE};
BEGIN
  IF scope IS NULL OR NOT (p_county LIKE scope || '%' OR scope LIKE p_county || '%') THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;
  RETURN QUERY
  SELECT x.token, h.id, m.role, CASE WHEN r.outside THEN NULL ELSE coalesce(r.region_code, h.founded_region) END,
         CASE WHEN s.standing = 'removed' THEN s.from_on END, CASE WHEN s.standing = 'removed' THEN s.document END,
         r.from_on, r.left_region, r.outside,
         (SELECT min(f.from_on) FROM membership f JOIN registry_act a ON a.county_code = p_county AND a.id = f.act_id
           WHERE f.county_code = p_county AND f.person_id = x.id AND f.household_id IS NOT NULL AND f.from_on > p_on
             AND a.position <= p_known),
         CASE WHEN m.household_id IS NULL THEN m.from_on END
    FROM unnest(p_tokens) AS asked(token)
    JOIN person x ON x.county_code = p_county AND x.token = asked.token
    LEFT JOIN LATERAL {last("membership", "x.id", "f.household_id, f.role", "p_on", "p_known")} m ON true
    LEFT JOIN household h ON h.county_code = p_county AND h.id = m.household_id
    LEFT JOIN LATERAL {last("residence", "h.id", "f.region_code, f.left_region, f.outside", "p_on", "p_known")} r ON true
    LEFT JOIN LATERAL {last("standing", "h.id", "f.standing", "p_on", "p_known")} s ON true
   WHERE x.region_code LIKE scope || '%' OR h.founded_region LIKE scope || '%'
      OR EXISTS (SELECT FROM residence f WHERE f.county_code = p_county AND f.household_id = h.id
                  AND (f.region_code LIKE scope || '%' OR f.left_region LIKE scope || '%'));
END $$"""

# Which rows of a checked batch its list would no longer let through: facts recorded since, in effect on the day paid.
# A registration is left out: it brings people who were not in the list.
STOPPED_SINCE = f"""
CREATE FUNCTION funds.stopped_since(p_county text, p_batch uuid)
RETURNS TABLE (line int, why text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE own record; homes uuid[]; people uuid[]; latest bigint := 9223372036854775807;
BEGIN{OWN_BATCH}
  SELECT p.effective_on AS on_day, coalesce(p.list_position, 0) AS known, p.region_code INTO own FROM payment_batch p
   WHERE p.county_code = p_county AND p.id = p_batch;
  SELECT array_agg(DISTINCT f.household_id) INTO homes FROM registry_act a JOIN LATERAL (
      SELECT s.household_id FROM standing s WHERE s.county_code = p_county AND s.act_id = a.id AND s.from_on <= own.on_day
      UNION ALL
      SELECT r.household_id FROM residence r WHERE r.county_code = p_county AND r.act_id = a.id AND r.from_on <= own.on_day) f ON true
   WHERE a.county_code = p_county AND a.position > own.known AND a.kind <> 'registered';
  SELECT array_agg(DISTINCT m.person_id) INTO people FROM registry_act a
    JOIN membership m ON m.county_code = p_county AND m.act_id = a.id AND m.from_on <= own.on_day
   WHERE a.county_code = p_county AND a.position > own.known AND a.kind <> 'registered';
  IF homes IS NULL AND people IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT p.line, CASE WHEN s.standing = 'removed' THEN 'removed' ELSE 'moved' END
    FROM payment p JOIN household h ON h.county_code = p_county AND h.id = p.household_id
    LEFT JOIN LATERAL {last("residence", "h.id", "f.region_code, f.outside", "own.on_day", "latest")} r ON true
    LEFT JOIN LATERAL {last("standing", "h.id", "f.standing", "own.on_day", "latest")} s ON true
   WHERE p.county_code = p_county AND p.batch_id = p_batch AND p.household_id = ANY(homes)
     AND (s.standing = 'removed' OR r.outside OR coalesce(r.region_code, h.founded_region) NOT LIKE own.region_code || '%')
  UNION ALL
  SELECT p.line, 'left' FROM payment p JOIN person x ON x.county_code = p_county AND x.token = p.payee_token
    LEFT JOIN LATERAL {last("membership", "x.id", "f.household_id", "own.on_day", "latest")} m ON true
   WHERE p.county_code = p_county AND p.batch_id = p_batch AND x.id = ANY(people)
     AND m.household_id IS DISTINCT FROM p.household_id;
END $$"""

# The list of a batch once more: who of its rows belonged to which household on the list's day, as known at the check.
LIST_AGAIN = f"""
CREATE FUNCTION funds.list_again(p_county text, p_batch uuid) RETURNS TABLE (rows_n bigint, sha256 bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE own record;
BEGIN{OWN_BATCH}
  SELECT p.list_on AS on_day, p.list_position AS known INTO own FROM payment_batch p
   WHERE p.county_code = p_county AND p.id = p_batch;
  RETURN QUERY
  SELECT count(*), pg_catalog.sha256(coalesce(string_agg(p.payee_token || uuid_send(m.household_id), ''::bytea ORDER BY p.line), ''::bytea))
    FROM payment p JOIN person x ON x.county_code = p_county AND x.token = p.payee_token
    CROSS JOIN LATERAL {last("membership", "x.id", "f.household_id", "own.on_day", "own.known")} m
    LEFT JOIN LATERAL {last("standing", "m.household_id", "f.standing", "own.on_day", "own.known")} s ON true
   WHERE p.county_code = p_county AND p.batch_id = p_batch AND m.household_id IS NOT NULL
     AND s.standing IS DISTINCT FROM 'removed';
END $$"""

# Entitlement, version 2: an entitlement of a household is claimed by whichever of its people; one of a person by that
# person. With p_tokens: which of these stand in another live batch. Without: which rows of this batch were paid by one.
CLAIMED = f"""
CREATE FUNCTION funds.claimed_by_another(p_county text, p_batch uuid, p_tokens bytea[], p_households uuid[])
RETURNS TABLE (payee_token bytea, household_id uuid, status text, line int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE others uuid[]; own record; asking boolean := p_tokens IS NOT NULL;
BEGIN{OWN_BATCH}
  SELECT o.entitlement, o.per INTO own FROM payment_batch o WHERE o.county_code = p_county AND o.id = p_batch;
  SELECT array_agg(b.id) INTO others FROM payment_batch b
   WHERE b.county_code = p_county AND b.entitlement = own.entitlement AND b.id <> p_batch
     AND (b.status = 'posted' OR (b.status = 'checked' AND asking)) AND {NOT_REVERSED};
  IF others IS NULL THEN
    RETURN;
  END IF;
  IF NOT asking THEN
    RETURN QUERY SELECT o.payee_token, o.household_id, 'posted'::text, o.line FROM payment o
      WHERE o.county_code = p_county AND o.batch_id = p_batch AND (EXISTS (
        SELECT FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND p.payee_token = o.payee_token)
       OR (own.per = 'household' AND o.household_id IN (
        SELECT p.household_id FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(others))))
      ORDER BY o.line;
    RETURN;
  END IF;
  RETURN QUERY SELECT p.payee_token, p.household_id, q.status, p.line FROM payment p
    JOIN payment_batch q ON q.county_code = p_county AND q.id = p.batch_id
    JOIN unnest(p_tokens) AS asked(token) ON asked.token = p.payee_token
    WHERE p.county_code = p_county AND p.batch_id = ANY(others);
  IF own.per = 'household' THEN
    RETURN QUERY SELECT p.payee_token, p.household_id, q.status, p.line FROM payment p
      JOIN payment_batch q ON q.county_code = p_county AND q.id = p.batch_id
      JOIN unnest(p_households) AS asked(id) ON asked.id = p.household_id
      WHERE p.county_code = p_county AND p.batch_id = ANY(others);
  END IF;
END $$"""

# Whether any other live batch has the entitlement, before tens of thousands of tokens are sent to ask which.
HAS_RIVALS = f"""
CREATE FUNCTION funds.has_rivals(p_county text, p_batch uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_BATCH}
  RETURN EXISTS (SELECT FROM payment_batch b JOIN payment_batch o ON o.county_code = p_county AND o.id = p_batch
   WHERE b.county_code = p_county AND b.entitlement = o.entitlement AND b.id <> p_batch
     AND b.status IN ('checked', 'posted') AND {NOT_REVERSED});
END $$"""

# Where the county's journal stands, in the snapshot of the asking statement: what it reads beside is known up to here.
JOURNAL_POSITION = f"""
CREATE FUNCTION funds.journal_position(p_county text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE scope text := {SCOPE};
BEGIN
  IF scope IS NULL OR NOT (p_county LIKE scope || '%' OR scope LIKE p_county || '%') THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;
  RETURN coalesce((SELECT h.position FROM stream_head h WHERE h.stream = p_county), 0);
END $$"""

SIGNATURES = (
    "record_registry_act(text, uuid, text, text, date, text)",
    "journal_position(text)",
    "registry_on(text, bytea[], date, bigint)",
    "stopped_since(text, uuid)",
    "list_again(text, uuid)",
    "has_rivals(text, uuid)",
    "claimed_by_another(text, uuid, bytea[], uuid[])",
)


SEEN = (
    "EXISTS (SELECT FROM funds.household h WHERE h.county_code = {table}.county_code AND h.id = {table}.household_id)"
)


def statements() -> Iterator[str]:
    """Functions, policies and grants of the register, one statement each."""
    yield from (RECORD_ACT, JOURNAL_POSITION, REGISTRY_ON, STOPPED_SINCE, LIST_AGAIN, HAS_RIVALS, CLAIMED)
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
    # An act is a document of the county: everybody within the county may read it.
    yield from scoped(
        "funds",
        ROLE,
        "registry_act",
        "county_code",
        also=f"length({REGION}) IN (9, 12) AND county_code = left({REGION}, 6)",
    )
    yield from scoped("funds", ROLE, "person", "region_code")
    # Where a household is seen, its whole history is: a fact recorded in another township belongs to it.
    yield from scoped("funds", ROLE, "membership", "region_code", also=SEEN.format(table="membership"))
    yield from scoped("funds", ROLE, "standing", "region_code", also=SEEN.format(table="standing"))
    # A household that moved is a matter of the place it left, too.
    yield from scoped("funds", ROLE, "residence", "region_code", "left_region")
    yield "DROP POLICY in_scope ON funds.household"
    yield "DROP POLICY owner_all ON funds.household"
    yield from scoped("funds", ROLE, "household", "region_code", "left_region")
    yield f"GRANT SELECT ON funds.registry_act TO {ROLE}"
    for table in ("person", "membership", "residence", "standing"):
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
    yield f"GRANT UPDATE (region_code, left_region, outside, standing, removed_on, settled_on) ON funds.household TO {ROLE}"
    yield f"GRANT UPDATE (household_id, role, since_on, settled_on, region_code) ON funds.person TO {ROLE}"
    yield f"GRANT UPDATE (list_on, list_position, list_sha256) ON funds.payment_batch TO {ROLE}"
