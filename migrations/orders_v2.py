"""The SQL side of treasury orders, version 2: an invoice counts only while an order that stands claims it.

What was reversed, or came back and was not issued again, has reimbursed nothing, so another order may claim its invoices.
An order issued again goes on claiming those of the order it replaces. Whether two claims stand is asked with the
county's journal head locked, so acts side by side are asked one after the other, and once more before the commit: when
an order, a claim or the undoing of a bank's word is written. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.terms_v1 import OWN_COUNTY, ROLE

# An order, or one of those that replaced it in turn, is in transit or paid.
CLAIM_STANDS = """
CREATE FUNCTION funds.claim_stands(p_county text, p_order uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  WITH RECURSIVE again AS (
    SELECT p_order AS id
    UNION
    SELECT o.id FROM again a JOIN treasury_order o ON o.county_code = p_county AND o.reissues_id = a.id)
  SELECT EXISTS (
    SELECT FROM again a JOIN treasury_order o ON o.county_code = p_county AND o.id = a.id
     WHERE NOT EXISTS (SELECT FROM movement u WHERE u.county_code = p_county AND u.reverses_id = o.movement_id)
       AND NOT EXISTS (
         SELECT FROM order_result s WHERE s.county_code = p_county AND s.order_id = o.id AND s.result = 'returned'
            AND NOT EXISTS (SELECT FROM movement u WHERE u.county_code = p_county AND u.reverses_id = s.movement_id)))
$$"""

# The invoices of an order, or of the first order it replaces, that another order claims too; none when its own claim
# does not stand. VOLATILE: with the head locked, each statement sees what was committed before.
RIVALS = """
CREATE FUNCTION funds.rivals_of(p_county text, p_order uuid)
RETURNS TABLE (invoice_key text, invoice_number text, amount_fen bigint, order_id uuid, order_number text, region_code text)
LANGUAGE plpgsql VOLATILE SET search_path = funds, pg_temp AS $$
DECLARE first uuid := p_order; before uuid;
BEGIN
  LOOP
    SELECT o.reissues_id INTO before FROM treasury_order o WHERE o.county_code = p_county AND o.id = first;
    EXIT WHEN before IS NULL;
    first := before;
  END LOOP;
  IF NOT EXISTS (SELECT FROM order_invoice i WHERE i.county_code = p_county AND i.order_id = first) THEN
    RETURN;
  END IF;
  PERFORM next_position(p_county);
  IF NOT claim_stands(p_county, first) THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT own.invoice_key, own.invoice_number, own.amount_fen, o.id, o.order_number, o.region_code::text
      FROM order_invoice own
      JOIN order_invoice other ON other.county_code = p_county AND other.invoice_key = own.invoice_key AND other.order_id <> first
      JOIN treasury_order o ON o.county_code = p_county AND o.id = other.order_id
     WHERE own.county_code = p_county AND own.order_id = first AND claim_stands(p_county, other.order_id)
     ORDER BY own.invoice_key, o.order_number;
END $$"""

# The same, to callers of the county: a neighbour's claim counts, though its order is not told.
RIVAL_CLAIMS = f"""
CREATE FUNCTION funds.rival_claims(p_county text, p_order uuid)
RETURNS TABLE (invoice_key text, invoice_number text, amount_fen bigint, order_id uuid, order_number text, region_code text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_COUNTY}
  RETURN QUERY SELECT * FROM rivals_of(p_county, p_order);
END $$"""

CLAIMED_ONCE = """
CREATE FUNCTION funds.claimed_once() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE claims uuid; taken text;
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'treasury_order' THEN claims := NEW.id;
    WHEN 'order_invoice' THEN claims := NEW.order_id;
    ELSE
      SELECT s.order_id INTO claims FROM order_result s
       WHERE s.county_code = NEW.county_code AND s.movement_id = NEW.reverses_id AND s.result = 'returned';
  END CASE;
  IF claims IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT r.invoice_number INTO taken FROM rivals_of(NEW.county_code, claims) r LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'invoice % is claimed by two orders', taken USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NULL;
END $$"""

WRITTEN = {
    "treasury_order": "WHEN (NEW.reissues_id IS NOT NULL)",
    "order_invoice": "",
    "movement": "WHEN (NEW.reverses_id IS NOT NULL)",
}


def statements() -> Iterator[str]:
    """The statements, one each."""
    yield "ALTER TABLE funds.order_invoice DROP CONSTRAINT pk_order_invoice"
    yield (
        "ALTER TABLE funds.order_invoice"
        " ADD CONSTRAINT pk_order_invoice PRIMARY KEY (county_code, invoice_key, order_id)"
    )
    yield CLAIM_STANDS
    yield RIVALS
    yield RIVAL_CLAIMS
    yield CLAIMED_ONCE
    for table, when in WRITTEN.items():
        yield (
            f"CREATE CONSTRAINT TRIGGER claimed_once AFTER INSERT ON funds.{table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW {when} EXECUTE FUNCTION funds.claimed_once()"
        )
    for function in ("claim_stands(text, uuid)", "rivals_of(text, uuid)", "rival_claims(text, uuid)", "claimed_once()"):
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.rival_claims(text, uuid) TO {ROLE}"
