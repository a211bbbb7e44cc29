"""Forgetting a person, the SQL side, version 2: every place of words, what files say inside, and digests nobody can guess.

The places are rows (`erasable_text`), so that a migration that adds words adds the line that takes them out again. An
erasure takes out exactly the words that two people agreed on, wherever they rest in that thing; those of a lead for its
members only, in the journal of leads. A file's content is forgotten wherever the county names it, and stays so.
`request_hash` is salted by the salt of the answer, which goes with the words. Frozen: a change is a new file and migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

PLACES: Final = (
    ("finding", "title", "finding", "id", "title", ""),
    ("finding", "title", "finding_version", "finding_id", "title", ""),
    ("finding", "title", "rectification_order", "finding_id", "finding_title", ""),
    ("finding", "facts", "finding", "id", "facts", ""),
    ("finding", "facts", "finding_version", "finding_id", "facts", ""),
    ("finding", "facts", "finding_fact", "finding_id", "what", ""),
    ("finding", "opinion", "finding_review", "finding_id", "opinion", ""),
    ("finding", "published", "finding_version", "finding_id", "published", "note"),
    ("finding", "published", "finding_version", "finding_id", "published", "rectification"),
    ("finding", "repeat", "finding_repeat", "finding_id", "reason", ""),
    ("finding", "repeat", "finding_repeat", "finding_id", "undo_reason", ""),
    ("evidence", "file_name", "evidence", "id", "file_name", ""),
    ("evidence", "supplier", "evidence_signature", "evidence_id", "supplier", ""),
    ("evidence", "unsigned_because", "evidence_signature", "evidence_id", "unsigned_because", ""),
    ("evidence", "reason", "evidence_withdrawal", "evidence_id", "reason", ""),
    ("evidence", "opinion", "evidence_withdrawal", "evidence_id", "opinion", ""),
    ("alert", "dismissal_reason", "alert", "id", "dismissal_reason", ""),
    ("alert", "dismissal_reason", "alert_refutation", "alert_id", "reason", ""),
    ("alert", "opinion", "alert_refutation", "alert_id", "opinion", ""),
    ("alert", "triage", "alert_triage", "alert_id", "reason", ""),
    ("alert", "merge", "alert_merge", "alert_id", "reason", ""),
    ("alert", "merge", "alert_merge", "alert_id", "undo_reason", ""),
    ("rectification_order", "demand", "rectification_order", "id", "demand", ""),
    ("rectification_order", "demand", "rectification_stage", "order_id", "task", ""),
    ("rectification_order", "note", "rectification_step", "order_id", "note", ""),
    ("rectification_order", "reason", "rectification_extension", "order_id", "reason", ""),
    ("rectification_order", "opinion", "rectification_extension", "order_id", "opinion", ""),
    ("rectification_order", "supervision", "rectification_supervision", "order_id", "demand", ""),
    ("quarantine", "words", "quarantine_step", "quarantine_id", "words", ""),
    ("engagement", "title", "engagement", "id", "title", ""),
    ("engagement", "title", "engagement_document", "engagement_id", "title", ""),
    ("engagement", "question", "engagement", "id", "question", ""),
    ("engagement", "content", "engagement_document", "engagement_id", "content", ""),
    ("engagement", "content", "engagement_document", "engagement_id", "at_once_because", ""),
    ("engagement", "supplier", "engagement_document", "engagement_id", "supplier", ""),
    ("engagement", "supplier", "engagement_document", "engagement_id", "unsigned_because", ""),
    ("engagement", "opinion", "engagement_document", "engagement_id", "opinion", ""),
    ("filed_report", "title", "filed_report", "id", "title", ""),
    ("filed_report", "note", "filed_report", "id", "told", "note"),
    ("filed_report", "note", "filed_report", "id", "told", "scope"),
    ("filed_report", "note", "filed_report", "id", "told", "overall_rectification"),
    ("erasure", "opinion", "erasure", "id", "opinion", ""),
    ("lead", "matter", "lead", "id", "matter", ""),
    ("lead", "opinion", "lead_opinion", "lead_id", "opinion", ""),
    ("lead", "opinion", "lead_opinion", "lead_id", "decision_opinion", ""),
    ("lead", "report", "lead_talk", "lead_id", "report", ""),
)
# Beside what is decided on rests the salt that its name is made with.
SALTED: Final = (
    "finding_version",
    "alert_refutation",
    "engagement_document",
    "lead_opinion",
    "quarantine_step",
    "rectification_extension",
    "rectification_step",
)

TEXTS = """
CREATE OR REPLACE FUNCTION audit.texts_of(p_county text, p_what text, p_row uuid, p_fields text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = audit, pg_temp AS $$
DECLARE one erasable_text; found text[]; every text[] := '{}';
BEGIN
  FOR one IN SELECT e.* FROM erasable_text e WHERE e.what = p_what AND e.field = ANY (p_fields) LOOP
    EXECUTE format('SELECT array_agg(DISTINCT w.said) FROM %I t CROSS JOIN LATERAL (SELECT %s) AS w (said)'
                   ' WHERE t.county_code = $1 AND t.%I = $2 AND w.said IS NOT NULL', one.place,
                   CASE one.inside WHEN '' THEN format('t.%I', one.words) ELSE format('t.%I ->> %L', one.words, one.inside) END,
                   one.named_by) INTO found USING p_county, p_row;
    every := every || coalesce(found, '{}');
  END LOOP;
  RETURN coalesce((SELECT array_agg(DISTINCT t ORDER BY t) FROM unnest(every) t WHERE t <> '已删除'), '{}');
END $$"""

# What was decided of an engagement's document is not changed either but by an erasure, which runs as the owner.
ONCE = """
CREATE OR REPLACE FUNCTION audit.added_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
  IF current_user = 'qingliu_owner' AND NOT EXISTS (
       SELECT FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key)
        WHERE n.value IS DISTINCT FROM o.value AND n.value <> '"已删除"' AND n.key <> 'salt') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '%: what was added to a row is not changed', TG_TABLE_NAME USING ERRCODE = 'QL448';
END $$"""

# With the county's journal locked (`known_from` has done that by then), so that of a file and its erasure the later sees the
# earlier: the same bytes do not come back by another finding.
NOT_FORGOTTEN = """
CREATE FUNCTION audit.evidence_is_not_forgotten() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM evidence e WHERE e.county_code = NEW.county_code AND e.sha256 = NEW.sha256
              AND (e.content_erased_on IS NOT NULL OR e.content_stopped_on IS NOT NULL)) THEN
    RAISE EXCEPTION 'this content is forgotten' USING ERRCODE = 'QL604', CONSTRAINT = 'evidence_not_forgotten';
  END IF;
  RETURN NEW;
END $$"""

# `p_texts` are the words that were agreed on: what was written since stays, and what is not of this thing is refused.
ERASE = """
CREATE FUNCTION audit.erase_texts(p_county text, p_erasure uuid, p_texts text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE asked erasure; one record; salted text; redacted jsonb; redacted_n integer := 0; journal text := p_county;
BEGIN
  IF NOT (p_county >= nullif(current_setting('app.region', true), '') COLLATE "C"
          AND p_county < (nullif(current_setting('app.region', true), '') || '~') COLLATE "C") IS TRUE THEN
    RAISE EXCEPTION 'outside the region' USING ERRCODE = 'QL001';
  END IF;
  SELECT e.* INTO asked FROM erasure e WHERE e.county_code = p_county AND e.id = p_erasure
     AND e.decision IN ('agreed', 'restricted') AND e.events_n IS NULL FOR UPDATE;
  IF NOT FOUND OR asked.what = 'lead' AND NOT is_lead_member(p_county, asked.row_id) THEN
    RAISE EXCEPTION 'nobody agreed to this erasure, or it is done' USING ERRCODE = 'QL001';
  END IF;
  IF NOT p_texts <@ texts_of(p_county, asked.what, asked.row_id, asked.fields) THEN
    RAISE EXCEPTION 'these words are not those of this erasure' USING ERRCODE = 'QL001';
  END IF;
  IF asked.what = 'lead' THEN journal := p_county || '.leads'; END IF;
  IF 'content' = ANY (asked.fields) AND asked.what = 'evidence' THEN
    PERFORM next_position(p_county);
    IF asked.decision = 'restricted' THEN
      UPDATE evidence e SET content_stopped_on = asked.decided_on WHERE e.county_code = p_county AND e.content_stopped_on IS NULL
         AND e.sha256 = (SELECT f.sha256 FROM evidence f WHERE f.county_code = p_county AND f.id = asked.row_id);
    ELSE
      UPDATE evidence e SET content_erased_on = asked.decided_on WHERE e.county_code = p_county AND e.content_erased_on IS NULL
         AND e.sha256 = (SELECT f.sha256 FROM evidence f WHERE f.county_code = p_county AND f.id = asked.row_id);
    END IF;
  END IF;
  IF asked.decision = 'restricted' THEN
    UPDATE erasure e SET events_n = 0 WHERE e.county_code = p_county AND e.id = p_erasure;
    RETURN 0;
  END IF;
  -- Wherever they rest in this thing: what was said once may have been written down twice. Their salts go with them.
  FOR one IN SELECT e.place, e.named_by, e.words, e.inside FROM erasable_text e WHERE e.what = asked.what LOOP
    salted := CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('audit.' || quote_ident(one.place))
                                 AND a.attname = 'salt' AND NOT a.attisdropped) AND one.place <> 'erasure'
                   THEN ', salt = NULL' ELSE '' END;
    IF one.inside = '' THEN
      EXECUTE format('UPDATE %I t SET %I = ''已删除''%s WHERE t.county_code = $1 AND t.%I = $2 AND t.%I = ANY ($3)',
                     one.place, one.words, salted, one.named_by, one.words) USING p_county, asked.row_id, p_texts;
    ELSE
      EXECUTE format('UPDATE %I t SET %I = jsonb_set(t.%I, ARRAY[%L], ''"已删除"'')%s'
                     ' WHERE t.county_code = $1 AND t.%I = $2 AND t.%I ->> %L = ANY ($3)', one.place, one.words, one.words,
                     one.inside, salted, one.named_by, one.words, one.inside) USING p_county, asked.row_id, p_texts;
    END IF;
  END LOOP;
  -- A fact's words are part of the version that it belongs to.
  IF asked.what = 'finding' THEN
    UPDATE finding_version v SET salt = NULL WHERE v.county_code = p_county AND v.finding_id = asked.row_id
       AND EXISTS (SELECT FROM finding_fact f WHERE f.county_code = v.county_code AND f.finding_id = v.finding_id
                    AND f.version_no = v.version_no AND f.what = '已删除');
  END IF;
  -- The names of opinions cover what the lead says.
  IF asked.what = 'lead' THEN
    UPDATE lead_opinion o SET salt = NULL WHERE o.county_code = p_county AND o.lead_id = asked.row_id;
  END IF;
  FOR one IN
    SELECT e.position, e.outcome FROM event e
     WHERE e.stream = journal
       AND (strpos(e.body::text, asked.row_id::text) > 0 OR strpos(e.outcome::text, asked.row_id::text) > 0)
     ORDER BY e.position
  LOOP
    redacted := without_texts(one.outcome::jsonb - 'salt', p_texts);
    INSERT INTO erased_outcome (county_code, stream, position, erasure_id, outcome_sha256)
      VALUES (p_county, journal, one.position, p_erasure, sha256(convert_to(one.outcome::text, 'UTF8')))
      ON CONFLICT (stream, position) DO NOTHING;
    UPDATE event e SET outcome = redacted::json WHERE e.stream = journal AND e.position = one.position;
    redacted_n := redacted_n + 1;
  END LOOP;
  UPDATE erasure e SET events_n = redacted_n, salt = NULL WHERE e.county_code = p_county AND e.id = p_erasure;
  RETURN redacted_n;
END $$"""

# The salt rests in the answer alone. Once it is gone nobody can hold a guess against the hash, and neither can we hold a
# retry against it: the key is then answered with what is left, whatever it is asked with.
CLAIM = """
CREATE OR REPLACE FUNCTION audit.journal_claim(p_stream text, p_actor text, p_key text, p_hash bytea,
                                               OUT verdict text, OUT outcome json)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE known bytea; at bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('audit' || chr(10) || p_stream || chr(10) || p_actor || chr(10) || p_key, 0)) THEN
    verdict := 'in_flight';
    RETURN;
  END IF;
  SELECT e.request_hash, e.outcome, e.position INTO known, outcome, at FROM event e
   WHERE e.stream = p_stream AND e.actor = p_actor AND e.idempotency_key = p_key;
  IF NOT FOUND THEN
    verdict := 'new';
  ELSIF known = p_hash OR known = sha256(decode(outcome ->> 'salt', 'hex') || p_hash)
        OR outcome ->> 'salt' IS NULL AND EXISTS (SELECT FROM erased_outcome o
          WHERE o.stream = p_stream AND o.position = at) THEN
    verdict := 'replay';
  ELSE
    verdict := 'reused';
    outcome := NULL;
  END IF;
END $$"""

# As journal_v2, but that what the key stands for is kept salted.
APPEND = """
CREATE OR REPLACE FUNCTION audit.journal_append(p_stream text, p_id uuid, p_kind text, p_body text, p_actor text,
                                                p_request_id text, p_key text, p_hash bytea, p_outcome text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE at bigint; previous bytea; before timestamptz; now_at timestamptz; sealed bytea; asked bytea;
BEGIN
  asked := coalesce(sha256(decode(p_outcome::json ->> 'salt', 'hex') || p_hash), p_hash);
  SELECT h.position + 1, h.hash, h.recorded_at INTO at, previous, before FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO stream_head (stream, position, hash) VALUES (p_stream, 0, sha256(convert_to(p_stream, 'UTF8')))
      ON CONFLICT (stream) DO NOTHING;
    SELECT h.position + 1, h.hash, h.recorded_at INTO at, previous, before FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  END IF;
  now_at := greatest(clock_timestamp(), before + interval '1 microsecond');
  sealed := sha256(previous || convert_to(concat_ws(chr(10), p_stream, at, p_id, p_kind, p_actor, p_request_id, p_key,
      encode(asked, 'hex'), (extract(epoch FROM now_at) * 1000000)::bigint,
      encode(sha256(convert_to(p_outcome, 'UTF8')), 'hex'), p_body), 'UTF8'));
  INSERT INTO event (stream, position, id, kind, body, actor, request_id, idempotency_key, request_hash, outcome, recorded_at, hash)
    VALUES (p_stream, at, p_id, p_kind, p_body::json, p_actor, p_request_id, p_key, asked, p_outcome::json, now_at, sealed);
  UPDATE stream_head h SET position = at, hash = sealed, recorded_at = now_at WHERE h.stream = p_stream;
  RETURN at;
END $$"""


def places() -> Iterator[str]:
    """The lines of `erasable_text`, one statement each; a later migration adds its own likewise."""
    for line in PLACES:
        yield (
            "INSERT INTO audit.erasable_text (what, field, place, named_by, words, inside) VALUES ("
            + ", ".join(f"'{one}'" for one in line)
            + ")"
        )


def statements(role: str) -> Iterator[str]:
    """The functions, one statement each."""
    yield TEXTS
    yield "DROP FUNCTION audit.erase_texts(text, uuid)"
    yield "DROP FUNCTION audit.places_of_texts(text, text[])"
    yield ONCE
    yield NOT_FORGOTTEN
    yield ERASE
    yield CLAIM
    yield APPEND
    yield "REVOKE ALL ON FUNCTION audit.evidence_is_not_forgotten() FROM PUBLIC"
    yield "REVOKE ALL ON FUNCTION audit.erase_texts(text, uuid, text[]) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION audit.erase_texts(text, uuid, text[]) TO {role}"
    # By its name it comes after `known_from`, which locks the county's journal.
    yield (
        "CREATE TRIGGER not_forgotten BEFORE INSERT ON audit.evidence"
        " FOR EACH ROW EXECUTE FUNCTION audit.evidence_is_not_forgotten()"
    )
    for fact in ("content_stopped", "content_erased"):
        yield (
            f"CREATE TRIGGER {fact}_position BEFORE UPDATE ON audit.evidence FOR EACH ROW"
            f" WHEN (OLD.{fact}_on IS NULL AND NEW.{fact}_on IS NOT NULL)"
            f" EXECUTE FUNCTION audit.known_from('{fact}_position')"
        )


def leads_apart(role: str) -> Iterator[str]:
    """An erasure of a lead is there for the members of the lead; the positions of the journal of leads are for nobody."""
    unseen = "what <> 'lead' OR audit.is_lead_member(county_code, row_id)"
    yield (
        f"CREATE POLICY leads_apart ON audit.erasure AS RESTRICTIVE TO {role} USING ({unseen}) WITH CHECK ({unseen})"
    )
    yield (
        f"CREATE POLICY leads_apart ON audit.erased_outcome AS RESTRICTIVE FOR SELECT TO {role}"
        " USING (right(stream, 6) <> '.leads')"
    )
    # Its numbers come from the journal of leads, as those of all its rows.
    yield "DROP TRIGGER known_from ON audit.erasure"
    yield "DROP TRIGGER decided_position ON audit.erasure"
    for journal, function in (("<>", "known_from"), ("=", "lead_known_from")):
        suffix = "" if journal == "<>" else "_of_lead"
        yield (
            f"CREATE TRIGGER known_from{suffix} BEFORE INSERT ON audit.erasure FOR EACH ROW"
            f" WHEN (NEW.what {journal} 'lead') EXECUTE FUNCTION audit.{function}('position')"
        )
        yield (
            f"CREATE TRIGGER decided_position{suffix} BEFORE UPDATE ON audit.erasure FOR EACH ROW"
            f" WHEN (OLD.decision IS NULL AND NEW.decision IS NOT NULL AND NEW.what {journal} 'lead')"
            f" EXECUTE FUNCTION audit.{function}('decided_position')"
        )
