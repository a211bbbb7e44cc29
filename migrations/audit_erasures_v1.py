"""Forgetting a person (个人信息保护法 art 47), the SQL side, version 1: words go, and every hash and proof stays.

`erase_texts` runs as the owner, once per erasure that two people agreed on, and takes the words out of the rows they
stand in and of the answers that the journal keeps for retries. The SHA-256 of each such answer is kept first: the hash
of its event covers that, so the chain, and all that was sealed over it, is verified as before. Events hold no words; what
they seal was sealed with a salt that stood in the answer and is gone. Frozen: a change is a new file and migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# In whole values, and within longer ones where the words are long enough to mean nothing else.
WITHOUT = """
CREATE FUNCTION audit.without_texts(p_value jsonb, p_texts text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = audit, pg_temp AS $$
DECLARE told text; one text;
BEGIN
  CASE jsonb_typeof(p_value)
    WHEN 'object' THEN
      RETURN coalesce((SELECT jsonb_object_agg(e.key, without_texts(e.value, p_texts)) FROM jsonb_each(p_value) e), '{}');
    WHEN 'array' THEN
      RETURN coalesce((SELECT jsonb_agg(without_texts(e.value, p_texts) ORDER BY e.ordinality)
                         FROM jsonb_array_elements(p_value) WITH ORDINALITY e), '[]');
    WHEN 'string' THEN
      told := p_value #>> '{}';
      FOREACH one IN ARRAY p_texts LOOP
        IF told = one THEN told := '已删除';
        ELSIF length(one) >= 4 THEN told := replace(told, one, '已删除');
        END IF;
      END LOOP;
      RETURN to_jsonb(told);
    ELSE
      RETURN p_value;
  END CASE;
END $$"""

# Where words that may name a person stand: field asked for, table, the column that names the thing, the column of the words.
PLACES = """
CREATE FUNCTION audit.places_of_texts(p_what text, p_fields text[])
RETURNS TABLE (place text, named_by text, words text)
LANGUAGE sql IMMUTABLE SET search_path = audit, pg_temp AS $$
  SELECT v.place, v.named_by, v.words FROM (VALUES
    ('finding', 'title', 'finding', 'id', 'title'),
    ('finding', 'title', 'finding_version', 'finding_id', 'title'),
    ('finding', 'title', 'rectification_order', 'finding_id', 'finding_title'),
    ('finding', 'facts', 'finding', 'id', 'facts'),
    ('finding', 'facts', 'finding_version', 'finding_id', 'facts'),
    ('finding', 'facts', 'finding_fact', 'finding_id', 'what'),
    ('finding', 'opinion', 'finding_review', 'finding_id', 'opinion'),
    ('evidence', 'file_name', 'evidence', 'id', 'file_name'),
    ('evidence', 'supplier', 'evidence_signature', 'evidence_id', 'supplier'),
    ('evidence', 'unsigned_because', 'evidence_signature', 'evidence_id', 'unsigned_because'),
    ('evidence', 'reason', 'evidence_withdrawal', 'evidence_id', 'reason'),
    ('evidence', 'opinion', 'evidence_withdrawal', 'evidence_id', 'opinion'),
    ('alert', 'dismissal_reason', 'alert', 'id', 'dismissal_reason'),
    ('rectification_order', 'demand', 'rectification_order', 'id', 'demand'),
    ('rectification_order', 'demand', 'rectification_stage', 'order_id', 'task'),
    ('rectification_order', 'note', 'rectification_step', 'order_id', 'note'),
    ('rectification_order', 'reason', 'rectification_extension', 'order_id', 'reason'),
    ('rectification_order', 'opinion', 'rectification_extension', 'order_id', 'opinion')
  ) AS v (what, field, place, named_by, words)
  WHERE v.what = p_what AND v.field = ANY (p_fields)
$$"""

TEXTS = """
CREATE FUNCTION audit.texts_of(p_county text, p_what text, p_row uuid, p_fields text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = audit, pg_temp AS $$
DECLARE one record; found text[]; every text[] := '{}';
BEGIN
  FOR one IN SELECT p.place, p.named_by, p.words FROM places_of_texts(p_what, p_fields) p LOOP
    EXECUTE format('SELECT array_agg(DISTINCT t.%I) FROM %I t WHERE t.county_code = $1 AND t.%I = $2 AND t.%I IS NOT NULL',
                   one.words, one.place, one.named_by, one.words) INTO found USING p_county, p_row;
    every := every || coalesce(found, '{}');
  END LOOP;
  RETURN coalesce((SELECT array_agg(DISTINCT t ORDER BY t) FROM unnest(every) t WHERE t <> '已删除'), '{}');
END $$"""

# A confirmed finding says what it said (findings_v1); words may go from it by an erasure alone, which runs as the owner.
SETTLED = """
CREATE OR REPLACE FUNCTION audit.finding_is_settled() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
  IF current_user = 'qingliu_owner' AND NEW.title IN (OLD.title, '已删除') AND NEW.facts IN (OLD.facts, '已删除')
     AND to_jsonb(NEW) - ARRAY['title', 'facts'] = to_jsonb(OLD) - ARRAY['title', 'facts']
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'finding % was confirmed: what it says does not change', OLD.id USING ERRCODE = 'check_violation';
END $$"""

ERASE = """
CREATE FUNCTION audit.erase_texts(p_county text, p_erasure uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE asked erasure; texts text[]; one record; redacted jsonb; redacted_n integer := 0;
BEGIN
  IF NOT (p_county >= nullif(current_setting('app.region', true), '') COLLATE "C"
          AND p_county < (nullif(current_setting('app.region', true), '') || '~') COLLATE "C") IS TRUE THEN
    RAISE EXCEPTION 'outside the region' USING ERRCODE = 'QL001';
  END IF;
  SELECT e.* INTO asked FROM erasure e
   WHERE e.county_code = p_county AND e.id = p_erasure AND e.decision = 'agreed' AND e.events_n IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'nobody agreed to this erasure, or it is done' USING ERRCODE = 'QL001';
  END IF;
  texts := texts_of(p_county, asked.what, asked.row_id, asked.fields);
  FOR one IN SELECT p.place, p.named_by, p.words FROM places_of_texts(asked.what, asked.fields) p LOOP
    EXECUTE format('UPDATE %I t SET %I = ''已删除'' WHERE t.county_code = $1 AND t.%I = $2 AND t.%I = ANY ($3)',
                   one.place, one.words, one.named_by, one.words) USING p_county, asked.row_id, texts;
  END LOOP;
  -- The salts that seal these words in events and in names of versions.
  IF asked.what = 'evidence' THEN
    UPDATE evidence_signature t SET salt = NULL WHERE t.county_code = p_county AND t.evidence_id = asked.row_id;
    UPDATE evidence_withdrawal t SET salt = NULL WHERE t.county_code = p_county AND t.evidence_id = asked.row_id;
  END IF;
  FOR one IN
    SELECT e.position, e.outcome FROM event e
     WHERE e.stream = p_county
       AND (strpos(e.body::text, asked.row_id::text) > 0 OR strpos(e.outcome::text, asked.row_id::text) > 0)
     ORDER BY e.position
  LOOP
    redacted := without_texts(one.outcome::jsonb - 'salt', texts);
    INSERT INTO erased_outcome (county_code, position, erasure_id, outcome_sha256)
      VALUES (p_county, one.position, p_erasure, sha256(convert_to(one.outcome::text, 'UTF8')))
      ON CONFLICT (county_code, position) DO NOTHING;
    UPDATE event e SET outcome = redacted::json WHERE e.stream = p_county AND e.position = one.position;
    redacted_n := redacted_n + 1;
  END LOOP;
  UPDATE erasure e SET events_n = redacted_n, salt = NULL WHERE e.county_code = p_county AND e.id = p_erasure;
  RETURN redacted_n;
END $$"""


def statements(role: str) -> Iterator[str]:
    """The functions, one statement each."""
    yield WITHOUT
    yield PLACES
    yield TEXTS
    yield SETTLED
    yield ERASE
    for function in (
        "without_texts(jsonb, text[])",
        "places_of_texts(text, text[])",
        "texts_of(text, text, uuid, text[])",
        "erase_texts(text, uuid)",
    ):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    # The texts are read with the caller's own rights, the erasing alone is the owner's.
    for function in ("places_of_texts(text, text[])", "texts_of(text, text, uuid, text[])", "erase_texts(text, uuid)"):
        yield f"GRANT EXECUTE ON FUNCTION audit.{function} TO {role}"
