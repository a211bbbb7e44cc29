"""The SQL side of corrections of the register, version 1. Frozen: a change is a new file and a new migration.

`record_correction` is `record_registry_act` for an act that says which household's history it corrects, and why.
`judged_by` tells by what a payment is judged on its day: who the payee belonged to, where that household lived and how
it stood, each with its document, as known at any place of the journal.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import OWN_BATCH
from migrations.registry_v1 import ROLE, SCOPE, last

RECORD_CORRECTION = f"""
CREATE FUNCTION funds.record_correction(p_county text, p_id uuid, p_document text, p_on date, p_actor text,
                                        p_household uuid, p_reason text)
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
  INSERT INTO registry_act (county_code, id, position, kind, document, effective_on, actor, corrects, reason)
    VALUES (p_county, p_id, at, 'corrected', p_document, p_on, p_actor, p_household, p_reason);
  RETURN at;
END $$"""

JUDGED_BY = f"""
CREATE FUNCTION funds.judged_by(p_county text, p_batch uuid, p_line int, p_known bigint)
RETURNS TABLE (household_id uuid, role text, member_since date, member_document text,
               region_code text, outside boolean, lives_since date, lives_document text,
               standing text, stands_since date, stands_document text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_BATCH}
  RETURN QUERY
  SELECT h.id, m.role, m.from_on, m.document,
         coalesce(r.region_code, h.founded_region), coalesce(r.outside, false), coalesce(r.from_on, h.registered_on),
         coalesce(r.document, f.document),
         CASE WHEN h.id IS NOT NULL THEN coalesce(s.standing, 'registered') END, coalesce(s.from_on, h.registered_on),
         coalesce(s.document, f.document)
    FROM payment p
    JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id
    JOIN person x ON x.county_code = p_county AND x.token = p.payee_token
    LEFT JOIN LATERAL {last("membership", "x.id", "f.household_id, f.role", "b.effective_on", "p_known")} m ON true
    LEFT JOIN household h ON h.county_code = p_county AND h.id = m.household_id
    LEFT JOIN registry_act f ON f.county_code = p_county AND f.id = h.act_id
    LEFT JOIN LATERAL {last("residence", "h.id", "f.region_code, f.outside", "b.effective_on", "p_known")} r ON true
    LEFT JOIN LATERAL {last("standing", "h.id", "f.standing", "b.effective_on", "p_known")} s ON true
   WHERE p.county_code = p_county AND p.batch_id = p_batch AND p.line = p_line;
END $$"""

SIGNATURES = (
    "record_correction(text, uuid, text, date, text, uuid, text)",
    "judged_by(text, uuid, int, bigint)",
)


def statements() -> Iterator[str]:
    """The functions, for the service's role alone."""
    yield RECORD_CORRECTION
    yield JUDGED_BY
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
