"""What the list of findings is searched along, version 1: a narrow row per version, and an index of the words it says.

PostgreSQL uses no index for a search of text under row-level security, since no such operator is leakproof. So one
function runs as the owner, holds each row against the caller's region by itself, and tells ids and sort keys only;
the findings are read afterwards under row-level security. Words are found by the characters in them, alone and in twos,
threes and fives (`grams`): Chinese has no spaces to split at, triples alone know no word of two characters, and by twos
and threes 资金管理不规范 would be looked for in all that say 资金管理办法 here and 现金管理不规范 there. A gram is a number
with the county hashed into it, so that a county's search reads that county's lists; no extension is needed. What was
found by grams is held against the text itself. The rows hold no words: who is forgotten is forgotten here with the
version.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.journal_v1 import IN_SCOPE

# A gram is one, two, three or five characters that follow each other: code points of 21 bits, hashed with the county.
GRAMS: Final = """
CREATE FUNCTION audit.grams(p_county text, p_text text, p_lengths integer[]) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = audit, pg_temp AS $$
DECLARE signs text[] := string_to_array(lower(p_text COLLATE "C"), NULL); county bigint := p_county::bigint;
BEGIN
  RETURN (SELECT coalesce(array_agg(DISTINCT g.gram::bit(32)::integer), '{}') FROM (
    SELECT hashint8extended(ascii(u.a)::bigint << 42, county) AS gram FROM unnest(signs) u (a) WHERE 1 = ANY (p_lengths)
    UNION ALL
    SELECT hashint8extended((ascii(u.a)::bigint << 42) | (ascii(u.b)::bigint << 21), county)
      FROM unnest(signs, signs[2:]) u (a, b) WHERE 2 = ANY (p_lengths) AND u.b IS NOT NULL
    UNION ALL
    SELECT hashint8extended((ascii(u.a)::bigint << 42) | (ascii(u.b)::bigint << 21) | ascii(u.c), county)
      FROM unnest(signs, signs[2:], signs[3:]) u (a, b, c) WHERE 3 = ANY (p_lengths) AND u.c IS NOT NULL
    UNION ALL
    SELECT hashint8extended((ascii(u.d)::bigint << 21) | ascii(u.e),
                            hashint8extended((ascii(u.a)::bigint << 42) | (ascii(u.b)::bigint << 21) | ascii(u.c), county))
      FROM unnest(signs, signs[2:], signs[3:], signs[4:], signs[5:]) u (a, b, c, d, e)
     WHERE 5 = ANY (p_lengths) AND u.e IS NOT NULL) g);
END $$"""

# Everything a version says, in lines: no word goes from one into the next.
SAID: Final = """
CREATE FUNCTION audit.finding_said(p_county text, p_finding uuid, p_version integer) RETURNS text
LANGUAGE sql STABLE SET search_path = audit, pg_temp AS $$
  SELECT concat_ws(chr(10), v.title, v.facts,
                   (SELECT string_agg(t.what, chr(10) ORDER BY t.fact_no) FROM finding_fact t
                     WHERE (t.county_code, t.finding_id, t.version_no) = (v.county_code, v.finding_id, v.version_no)))
    FROM finding_version v
   WHERE (v.county_code, v.finding_id, v.version_no) = (p_county, p_finding, p_version)
$$"""

# Rows of versions, for one (`where`) or all of them.
FILL: Final = """
INSERT INTO audit.finding_listed (county_code, region_code, finding_id, version_no, class_code, amount_fen, about_region,
  report_id, found_on, position, until_position, confirmed_position, ordered_position, closed_position, grams)
SELECT v.county_code, v.region_code, v.finding_id, v.version_no, v.class_code, coalesce(v.amount_fen, 0), v.about_region,
       v.report_id, v.found_on, v.position,
       (SELECT n.position FROM audit.finding_version n
         WHERE (n.county_code, n.finding_id, n.version_no) = (v.county_code, v.finding_id, v.version_no + 1)),
       f.confirmed_position, f.ordered_position, f.closed_position,
       audit.grams(v.county_code, audit.finding_said(v.county_code, v.finding_id, v.version_no), ARRAY[1, 2, 3, 5])
  FROM audit.finding_version v JOIN audit.finding f ON (f.county_code, f.id) = (v.county_code, v.finding_id)"""

# At the end of the act, when the facts of a version are there as well.
LIST_VERSION: Final = f"""
CREATE FUNCTION audit.finding_version_is_listed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  {FILL}
   WHERE (v.county_code, v.finding_id, v.version_no) = (NEW.county_code, NEW.finding_id, NEW.version_no)
  ON CONFLICT (county_code, finding_id, version_no) DO UPDATE SET grams = EXCLUDED.grams;
  UPDATE finding_listed l SET until_position = v.position
    FROM finding_version v
   WHERE (v.county_code, v.finding_id, v.version_no) = (NEW.county_code, NEW.finding_id, NEW.version_no)
     AND (l.county_code, l.finding_id, l.version_no) = (NEW.county_code, NEW.finding_id, NEW.version_no - 1)
     AND l.until_position IS NULL;
  RETURN NULL;
END $$"""
LIST_STATE: Final = """
CREATE FUNCTION audit.finding_state_is_listed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  UPDATE finding_listed l SET confirmed_position = NEW.confirmed_position, ordered_position = NEW.ordered_position,
                              closed_position = NEW.closed_position
   WHERE (l.county_code, l.finding_id) = (NEW.county_code, NEW.id) AND l.until_position IS NULL;
  RETURN NULL;
END $$"""

TRIGGERS: Final = (
    """
CREATE CONSTRAINT TRIGGER listed AFTER INSERT OR UPDATE OF title, facts ON audit.finding_version
 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.finding_version_is_listed()""",
    """
CREATE CONSTRAINT TRIGGER listed AFTER UPDATE OF what ON audit.finding_fact
 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.finding_version_is_listed()""",
    """
CREATE TRIGGER listed AFTER UPDATE ON audit.finding FOR EACH ROW
 WHEN ((OLD.confirmed_position, OLD.ordered_position, OLD.closed_position)
       IS DISTINCT FROM (NEW.confirmed_position, NEW.ordered_position, NEW.closed_position))
 EXECUTE FUNCTION audit.finding_state_is_listed()""",
)

# The words first, by their index alone (OFFSET keeps the rest out of that choice; anything else would read every row's
# list of grams): what they find is narrow and cheap to look at, and only what fills the page is held against the text.
# `amount` and `found_on` go from the largest down, `newest` from the last drawn up, `oldest` from the first.
SAYING: Final = f"""
CREATE FUNCTION audit.findings_saying(p_county text, p_words text[], p_position bigint, p_status text, p_class text,
    p_about text, p_report uuid, p_at_least bigint, p_at_most bigint, p_sort text, p_after_key bigint, p_after uuid,
    p_limit integer)
RETURNS TABLE (finding_id uuid, sort_key bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = audit, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  words text[] := (SELECT array_agg(DISTINCT lower(w COLLATE "C")) FROM unnest(p_words) w);
  wanted integer[] := (SELECT array_agg(DISTINCT g) FROM unnest(words) w,
    unnest(grams(p_county, w, ARRAY[CASE WHEN length(w) < 5 THEN least(length(w), 3) ELSE 5 END])) g);
  up boolean := p_sort = 'oldest';
  after_key bigint := p_after_key;
  after uuid := p_after;
  batch integer := p_limit + 50;
  looked_at integer;
  found_n integer := 0;
  one record;
BEGIN
  LOOP
    looked_at := 0;
    FOR one IN
      WITH candidate AS MATERIALIZED (
        SELECT c.* FROM (
          SELECT l.finding_id, l.version_no, CASE p_sort WHEN 'amount' THEN l.amount_fen
                 WHEN 'found_on' THEN l.found_on - DATE '1900-01-01' ELSE 0 END AS key
            FROM (SELECT t.* FROM finding_listed t WHERE t.grams @> wanted OFFSET 0) l
           WHERE l.county_code = p_county AND {IN_SCOPE.format(column="l.region_code")}
             AND l.position <= p_position AND (l.until_position IS NULL OR l.until_position > p_position)
             AND (p_status IS NULL OR p_status = CASE WHEN l.closed_position <= p_position THEN 'closed'
                  WHEN l.ordered_position <= p_position THEN 'ordered'
                  WHEN l.confirmed_position <= p_position THEN 'open' ELSE 'draft' END)
             AND (p_class IS NULL OR l.class_code = p_class)
             AND (p_about IS NULL OR l.about_region >= p_about COLLATE "C" AND l.about_region < (p_about || '~') COLLATE "C")
             AND (p_report IS NULL OR l.report_id = p_report)
             AND (p_at_least IS NULL OR l.amount_fen >= greatest(p_at_least, 1))
             AND (p_at_most IS NULL OR l.amount_fen BETWEEN 1 AND p_at_most)) c
         WHERE after IS NULL OR CASE WHEN up THEN c.finding_id > after ELSE (c.key, c.finding_id) < (after_key, after) END
         ORDER BY CASE WHEN up THEN c.finding_id END, CASE WHEN NOT up THEN c.key END DESC,
                  CASE WHEN NOT up THEN c.finding_id END DESC
         LIMIT batch)
      SELECT c.finding_id, c.key, (
          SELECT bool_and(strpos(lower(s.said COLLATE "C"), w.word) > 0)
            FROM (SELECT concat_ws(chr(10), v.title, v.facts, (SELECT string_agg(t.what, chr(10)) FROM finding_fact t
                    WHERE t.county_code = p_county AND t.finding_id = c.finding_id AND t.version_no = c.version_no)) AS said
                    FROM finding_version v
                   WHERE v.county_code = p_county AND v.finding_id = c.finding_id AND v.version_no = c.version_no
                  OFFSET 0) s, unnest(words) w (word)) AS says
        FROM candidate c
    LOOP
      looked_at := looked_at + 1;
      after_key := one.key;
      after := one.finding_id;
      IF one.says THEN
        finding_id := one.finding_id;
        sort_key := one.key;
        RETURN NEXT;
        found_n := found_n + 1;
        IF found_n = p_limit THEN RETURN; END IF;
      END IF;
    END LOOP;
    EXIT WHEN looked_at < batch;
    batch := batch * 4;
  END LOOP;
END $$"""
_SIGNATURE: Final = (
    "findings_saying(text, text[], bigint, text, text, text, uuid, bigint, bigint, text, bigint, uuid, integer)"
)


def statements(role: str) -> Iterator[str]:
    """The functions and triggers, one statement each; `finding_listed` is there and filled by `FILL`."""
    yield LIST_VERSION
    yield LIST_STATE
    yield SAYING
    for function in ("finding_version_is_listed()", "finding_state_is_listed()", _SIGNATURE):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION audit.{_SIGNATURE} TO {role}"
    yield from TRIGGERS


def spelling() -> Iterator[str]:
    """What `FILL` calls, one statement each."""
    for function in (GRAMS, SAID):
        yield function
    for function in ("grams(text, text, integer[])", "finding_said(text, uuid, integer)"):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
