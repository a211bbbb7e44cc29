"""The SQL side of comparison lists, version 1: who writes what, which version is in force, and who stands on a list.

Nobody reads entries: the service's role may add them and no more. Hits are told by two functions that run as the owner,
for callers over the whole county only. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

_GUARD = """DECLARE scope text := nullif(current_setting('app.region', true), '');{declared}
BEGIN
  IF scope IS NULL OR NOT p_county LIKE scope || '%' THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;"""

_TOLD = """RETURNS TABLE (person_id uuid, person_token bytea, version_id uuid, version_no int, list_on date, line int,
               from_on date, to_on date, category text, amount_fen bigint, count_n int, region_code text,
               ref_token bytea, ref_person_id uuid)"""

# Registered people who stand on one version of a list, a row for each entry; of entries about anybody else nothing.
HITS_OF = f"""
CREATE FUNCTION funds.comparison_hits_of(p_county text, p_version uuid)
{_TOLD}
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan AS $$
{_GUARD.format(declared="")}
  RETURN QUERY
  SELECT x.id, x.token, v.id, v.version_no, v.list_on, e.line, e.from_on, e.to_on, e.category, e.amount_fen, e.count_n,
         e.region_code, e.ref_token, r.id
    FROM comparison_version v
    JOIN comparison_entry e ON e.county_code = p_county AND e.version_id = v.id
    JOIN person x ON x.county_code = p_county AND x.match_token = e.token
    LEFT JOIN person r ON r.county_code = p_county AND r.match_token = e.ref_token
   WHERE v.county_code = p_county AND v.id = p_version;
END $$"""

# The version of a kind that was in force at a position of the county's journal: the last one recorded by then.
HITS = f"""
CREATE FUNCTION funds.comparison_hits(p_county text, p_kind text, p_known bigint)
{_TOLD}
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
{_GUARD.format(declared=" newest uuid;")}
  SELECT v.id INTO newest FROM comparison_version v
   WHERE v.county_code = p_county AND v.kind = p_kind AND v.position <= p_known ORDER BY v.position DESC LIMIT 1;
  IF newest IS NOT NULL THEN
    RETURN QUERY SELECT * FROM comparison_hits_of(p_county, newest);
  END IF;
END $$"""

# A list is in force with all of its entries, and none is added to it afterwards.
WHOLE = """
CREATE FUNCTION funds.comparison_is_whole() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE written bigint;
BEGIN
  SELECT count(*) INTO written FROM comparison_entry e WHERE e.county_code = NEW.county_code AND e.version_id = NEW.id;
  IF written <> NEW.rows_n THEN
    RAISE EXCEPTION 'comparison list % has % of % entries', NEW.id, written, NEW.rows_n USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$"""

CLOSED = """
CREATE FUNCTION funds.comparison_is_closed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT a.county_code, a.version_id FROM added a) s
               JOIN comparison_version v ON v.county_code = s.county_code AND v.id = s.version_id
              WHERE v.position IS NOT NULL) THEN
    RAISE EXCEPTION 'a comparison list in force takes no more entries' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$"""

_IN_FORCE = "WHEN (OLD.hits_n IS NULL AND NEW.hits_n IS NOT NULL)"


def statements() -> Iterator[str]:
    """Functions, triggers, policies and grants, one statement each."""
    yield from (HITS_OF, HITS, WHOLE, CLOSED)
    for signature in ("comparison_hits_of(text, uuid)", "comparison_hits(text, text, bigint)"):
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
    for name in ("comparison_is_whole", "comparison_is_closed"):
        yield f"REVOKE ALL ON FUNCTION funds.{name}() FROM PUBLIC"
    # By their names' order: the entries are counted before the lock of the journal is taken.
    yield (
        f"CREATE TRIGGER is_whole BEFORE UPDATE ON funds.comparison_version FOR EACH ROW {_IN_FORCE}"
        " EXECUTE FUNCTION funds.comparison_is_whole()"
    )
    yield (
        f"CREATE TRIGGER position BEFORE UPDATE ON funds.comparison_version FOR EACH ROW {_IN_FORCE}"
        " EXECUTE FUNCTION funds.known_from('position')"
    )
    yield (
        "CREATE TRIGGER is_closed AFTER INSERT ON funds.comparison_entry REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION funds.comparison_is_closed()"
    )
    for table in ("comparison_version", "comparison_entry"):
        yield from scoped("funds", ROLE, table, "county_code")
    yield f"GRANT SELECT, INSERT ON funds.comparison_version TO {ROLE}"
    yield f"GRANT UPDATE (persons_n, hits_n, uncompared_n) ON funds.comparison_version TO {ROLE}"
    yield f"GRANT INSERT ON funds.comparison_entry TO {ROLE}"
    yield f"GRANT UPDATE (match_token) ON funds.person TO {ROLE}"
