"""The SQL side of what kin counties paid, version 1: no change of code pays anybody twice, or a fee twice.

Kin are the counties whose codes a county's code came from or went over into, through any number of recorded changes.
What they paid counts in its checks: “once per entitlement”, caps and exclusions of a fund's year. A person is the same
by the token; a household goes on in the one in which its people are registered first after the change. Fees are held
to what was really received by all the counties that money went over between. The functions that ask are those of the
versions before (`entitlement_v3`, `entitlement_v4`, `people_year_v1`, `returns_v4`, `terms_v1`) with what kin paid beside: a county without
kin is asked as ever. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations import entitlement_v3, entitlement_v4, people_year_v1, registry_v1, returns_v4, terms_v1, terms_v2
from migrations.entitlement_v1 import NOT_REVERSED
from migrations.journal_v1 import REGION, scoped
from migrations.returns_v1 import BACK, STANDS

ROLE = "funds_app"

# Once each, though a code may have come back: with what it came from first.
KIN = """
CREATE FUNCTION funds.kin_counties(p_county text) RETURNS TABLE (county_code text, came_before boolean)
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  WITH RECURSIVE before(code) AS (
    SELECT p_county COLLATE "C" UNION SELECT l.from_code FROM before w JOIN region_link l ON l.to_code = w.code),
  after(code) AS (
    SELECT p_county COLLATE "C" UNION SELECT l.to_code FROM after w JOIN region_link l ON l.from_code = w.code)
  SELECT k.code, bool_or(k.came_before) FROM (
    SELECT code, true AS came_before FROM before UNION ALL SELECT code, false FROM after) k
   WHERE k.code <> p_county AND length(k.code) = 6 GROUP BY k.code ORDER BY k.code
$$"""


def _in_book(sql: str) -> str:
    """The same asked of a kin county's book on the day of the caller's payment."""
    return sql.replace("p_county", "book").replace("own.effective_on", "p_on")


# The household that counts for a person at the border: the last one before it, the first one after it.
_AT_BORDER = """(SELECT f.household_id FROM membership f JOIN registry_act a ON a.county_code = {county} AND a.id = f.act_id
        WHERE f.county_code = {county} AND f.person_id = {person}.id AND f.household_id IS NOT NULL
        ORDER BY {sign}toward * (f.from_on - DATE '2000-01-01'), a.position DESC LIMIT 1)"""

_KEPT = "sum(p.amount_fen - coalesce(w.fen, 0))::bigint"

# What kin paid, or with p_waiting are about to pay, these people, and the households that go on in these: by fund and
# status, in a year or (without one) ever, less what came back by the day. A row names a person or a household. As in
# `entitlement_v3`, payments are probed by payee: of a household by all who ever belonged to it.
PAID_BY_KIN = f"""
CREATE FUNCTION funds.paid_by_kin(p_county text, p_on date, p_year int, p_tokens bytea[], p_households uuid[],
                                  p_funds text[], p_entitlement text, p_waiting boolean)
RETURNS TABLE (payee_token bytea, household_id uuid, fund_code text, status text, fen bigint)
LANGUAGE plpgsql STABLE
SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE book text; toward int; others uuid[];
BEGIN
  FOR book, toward IN SELECT k.county_code, CASE WHEN k.came_before THEN 1 ELSE -1 END FROM kin_counties(p_county) k LOOP
    SELECT array_agg(b.id) INTO others FROM payment_batch b
     WHERE b.county_code = book AND (p_entitlement IS NULL OR b.entitlement = p_entitlement)
       AND (p_funds IS NULL OR b.fund_code = ANY(p_funds)) AND (b.status = 'posted' OR b.status = 'checked' AND p_waiting)
       AND (p_year IS NULL OR b.effective_on BETWEEN make_date(p_year, 1, 1) AND make_date(p_year, 12, 31))
       AND {_in_book(NOT_REVERSED)};
    CONTINUE WHEN others IS NULL;
    RETURN QUERY SELECT p.payee_token, NULL::uuid, b.fund_code, b.status, {_KEPT}
      FROM unnest(p_tokens) AS asked(token)
      CROSS JOIN LATERAL (SELECT y.* FROM payment y
                           WHERE y.county_code = book AND y.payee_token = asked.token AND y.batch_id = ANY(others) OFFSET 0) p
      JOIN payment_batch b ON b.county_code = book AND b.id = p.batch_id
      {_in_book(BACK.format(others="others", stands=STANDS))}
     GROUP BY p.payee_token, b.fund_code, b.status HAVING {_KEPT} > 0;
    CONTINUE WHEN p_households IS NULL;
    RETURN QUERY SELECT NULL::bytea, payee.asked, b.fund_code, b.status, {_KEPT}
      FROM (SELECT DISTINCT home.asked, home.id, x.token FROM (
              SELECT DISTINCT here.household_id AS asked, there.household_id AS id
                FROM (SELECT DISTINCT s.household_id, s.person_id FROM membership s
                       WHERE s.county_code = p_county AND s.household_id = ANY(p_households)) here
                JOIN person mine ON mine.county_code = p_county AND mine.id = here.person_id
                JOIN person theirs ON theirs.county_code = book AND theirs.token = mine.token
                CROSS JOIN LATERAL {_AT_BORDER.format(county="p_county", person="mine", sign="")} first
                CROSS JOIN LATERAL {_AT_BORDER.format(county="book", person="theirs", sign="-")} there
               WHERE first.household_id = here.household_id) home
              JOIN membership s ON s.county_code = book AND s.household_id = home.id
              JOIN person x ON x.county_code = book AND x.id = s.person_id) payee
      CROSS JOIN LATERAL (SELECT y.* FROM payment y
                           WHERE y.county_code = book AND y.payee_token = payee.token AND y.batch_id = ANY(others) OFFSET 0) p
      JOIN payment_batch b ON b.county_code = book AND b.id = p.batch_id
      {_in_book(BACK.format(others="others", stands=STANDS))}
     WHERE p.household_id = payee.id
     GROUP BY payee.asked, b.fund_code, b.status HAVING {_KEPT} > 0;
  END LOOP;
END $$"""


def _changed(version: str, *changes: tuple[str, str]) -> str:
    """A frozen function with these places of its text changed, each of which it has once."""
    version = version.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    for old, new in changes:
        if version.count(old) != 1:
            msg = f"the version before is not what this one goes on from: {old}"
            raise ValueError(msg)
        version = version.replace(old, new)
    return version


HAS_RIVALS = _changed(
    registry_v1.HAS_RIVALS,
    (
        ";\nEND $$",
        f"""
   OR EXISTS (SELECT FROM payment_batch o CROSS JOIN LATERAL kin_counties(p_county) k
    JOIN payment_batch b ON b.county_code = k.county_code AND b.entitlement = o.entitlement AND b.status IN ('checked', 'posted')
   WHERE o.county_code = p_county AND o.id = p_batch AND {NOT_REVERSED.replace("p_county", "k.county_code")});
END $$""",
    ),
)

# Batches of one entitlement are approved one by one, also over the border: locked by county and id.
HOLD_ENTITLEMENTS = _changed(
    entitlement_v4.HOLD_ENTITLEMENTS,
    (
        "BEGIN\n",
        "DECLARE books text[] := p_county || (SELECT array_agg(k.county_code) FROM kin_counties(p_county) k);\nBEGIN\n",
    ),
    (
        "WHERE b.county_code = p_county AND (b.id = ANY(p_batches) OR (",
        "WHERE b.county_code = ANY(books) AND (b.county_code = p_county AND b.id = ANY(p_batches) OR (",
    ),
    ("ORDER BY b.id FOR", "ORDER BY b.county_code, b.id FOR"),
)
HOLD_ENTITLEMENT = """
CREATE OR REPLACE FUNCTION funds.hold_entitlement(p_county text, p_batch uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  PERFORM hold_entitlements(p_county, ARRAY[p_batch]);
END $$"""

_TOKENS = (
    "(SELECT array_agg(DISTINCT x.payee_token) FROM payment x WHERE x.county_code = {county} AND x.batch_id = {batch})"
)
_HOMES = (
    "(SELECT array_agg(DISTINCT x.household_id) FROM payment x WHERE x.county_code = {county} AND x.batch_id = {batch})"
)
_OWN = {"county": "p_county", "batch": "p_batch"}

CLAIMED = _changed(
    entitlement_v3.CLAIMED,
    (
        "  SELECT array_agg(b.id), array_agg",
        f"""  IF asking THEN
    RETURN QUERY SELECT k.payee_token, k.household_id, k.status, NULL::int
      FROM paid_by_kin(p_county, own.effective_on, NULL, p_tokens, CASE own.per WHEN 'household' THEN p_households END,
                       NULL, own.entitlement, true) k;
  ELSIF EXISTS (SELECT FROM kin_counties(p_county)) THEN
    RETURN QUERY WITH paid AS MATERIALIZED (
        SELECT k.payee_token, k.household_id
          FROM paid_by_kin(p_county, own.effective_on, NULL, {_TOKENS.format(**_OWN)},
                           CASE own.per WHEN 'household' THEN {_HOMES.format(**_OWN)} END, NULL, own.entitlement, false) k)
      SELECT x.payee_token, x.household_id, 'posted'::text, x.line FROM payment x
       WHERE x.county_code = p_county AND x.batch_id = p_batch
         AND (x.payee_token IN (SELECT d.payee_token FROM paid d WHERE d.payee_token IS NOT NULL)
              OR x.household_id IN (SELECT d.household_id FROM paid d WHERE d.household_id IS NOT NULL));
  END IF;
  SELECT array_agg(b.id), array_agg""",
    ),
)

PAID_IN_YEAR = _changed(
    people_year_v1.PAID_IN_YEAR,
    (
        "  SELECT array_agg(b.id) INTO others",
        """  RETURN QUERY SELECT k.payee_token, k.household_id, k.fund_code, k.fen
    FROM paid_by_kin(p_county, own.effective_on, own.year, p_tokens, p_households, p_funds, NULL, true) k;
  SELECT array_agg(b.id) INTO others""",
    ),
)

BEYOND_IN_YEAR = _changed(
    people_year_v1.BEYOND_IN_YEAR,
    ("DECLARE posted uuid[];", "DECLARE posted uuid[]; tokens bytea[]; homes uuid[];"),
    (
        "  SELECT array_agg(b.id) INTO posted",
        f"""  IF EXISTS (SELECT FROM kin_counties(p_county)) THEN
    tokens := CASE p_per WHEN 'person' THEN {_TOKENS.format(**_OWN)} END;
    homes := CASE p_per WHEN 'household' THEN {_HOMES.format(**_OWN)} END;
  END IF;
  SELECT array_agg(b.id) INTO posted""",
    ),
    (
        "    now AS (",
        """    kin AS (
      SELECT coalesce(uuid_send(k.household_id), k.payee_token) AS who, sum(k.fen) AS fen
        FROM paid_by_kin(p_county, own.effective_on, own.year, tokens, homes,
                         coalesce(p_others, ARRAY[own.fund_code]), NULL, false) k GROUP BY 1),
    now AS (""",
    ),
    (
        "sum(n.fen + coalesce(f.fen, 0) - p_cap), 0)::bigint",
        "sum(n.fen + coalesce(f.fen, 0) + coalesce(k.fen, 0) - p_cap), 0)::bigint",
    ),
    ("LEFT JOIN before f ON f.who = n.who", "LEFT JOIN before f ON f.who = n.who LEFT JOIN kin k ON k.who = n.who"),
    (
        "CASE WHEN p_others IS NULL THEN n.fen + coalesce(f.fen, 0) > p_cap ELSE f.fen IS NOT NULL END",
        """CASE WHEN p_others IS NULL THEN n.fen + coalesce(f.fen, 0) + coalesce(k.fen, 0) > p_cap
                ELSE coalesce(f.fen, k.fen) IS NOT NULL END""",
    ),
)

BEYOND_FOR_ROW = _changed(
    returns_v4.BEYOND_FOR_ROW,
    (
        "  RETURN CASE WHEN p_others IS NULL",
        """  total := total + coalesce((
    SELECT sum(k.fen) FROM paid_by_kin(p_county, p_on, own.year, CASE p_per WHEN 'person' THEN ARRAY[own.payee_token] END,
      CASE p_per WHEN 'household' THEN ARRAY[own.household_id] END, coalesce(p_others, ARRAY[own.fund_code]), NULL, false) k), 0);
  RETURN CASE WHEN p_others IS NULL""",
    ),
)

# The second net: whatever the service asked before, a roster is not posted that pays anew what kin have paid.
PAYS_ONCE = f"""
CREATE FUNCTION funds.pays_once_over_borders() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM kin_counties(NEW.county_code)) AND EXISTS (
       SELECT FROM paid_by_kin(NEW.county_code, NEW.effective_on, NULL,
         {_TOKENS.format(county="NEW.county_code", batch="NEW.id")},
         CASE NEW.per WHEN 'household' THEN {_HOMES.format(county="NEW.county_code", batch="NEW.id")} END,
         NULL, NEW.entitlement, false)) THEN
    RAISE EXCEPTION 'batch % pays what another county of the lineage has paid', NEW.id USING ERRCODE = 'QL430';
  END IF;
  RETURN NULL;
END $$"""
PAYS_ONCE_TRIGGER = """
CREATE TRIGGER pays_once_over_borders AFTER UPDATE OF status ON funds.payment_batch
FOR EACH ROW WHEN (NEW.status = 'posted' AND OLD.status <> 'posted') EXECUTE FUNCTION funds.pays_once_over_borders()"""

# The counties between which money went over and stayed, by code; only p_county itself when none did.
BOUND = """
CREATE FUNCTION funds.bound_counties(p_county text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  WITH RECURSIVE book(code) AS (
    SELECT p_county COLLATE "C"
    UNION
    SELECT s.other_county FROM book b JOIN succession s ON s.county_code = b.code
     WHERE NOT EXISTS (SELECT FROM succession_lot k JOIN movement r ON r.county_code = s.county_code AND r.reverses_id = k.movement_id
                        WHERE k.county_code = s.county_code AND k.succession_id = s.id))
  SELECT array_agg(b.code ORDER BY b.code) FROM book b
$$"""

FEES_IN_BOOK = (
    _changed(terms_v2.FEE_SUMS, ("funds.fee_sums(", "funds.fees_in_book("), (terms_v1.OWN_COUNTY, ""))
    .replace("CREATE OR REPLACE FUNCTION", "CREATE FUNCTION")
    .replace(" SECURITY DEFINER", "")
)  # asked by the owner only
FEE_SUMS = f"""
CREATE OR REPLACE FUNCTION funds.fee_sums(p_county text, p_fund text, p_year int, OUT received_fen bigint, OUT fees_fen bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{terms_v1.OWN_COUNTY}
  SELECT b.received_fen, b.fees_fen INTO received_fen, fees_fen FROM fees_in_book(p_county, p_fund, p_year) b;
END $$"""

# Of all these counties together: what came over from one to another was received once. No row for a county alone.
FEES_TOGETHER = f"""
CREATE FUNCTION funds.fees_together(p_county text, p_fund text, p_year int)
RETURNS TABLE (received_fen bigint, fees_fen bigint, counties text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE bound text[] := bound_counties(p_county);
BEGIN{terms_v1.OWN_COUNTY}
  IF cardinality(bound) = 1 THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT (sum(b.received_fen) - sum(came.fen))::bigint, sum(b.fees_fen)::bigint, bound
    FROM unnest(bound) AS book(code)
   CROSS JOIN LATERAL fees_in_book(book.code, p_fund, p_year) b
   CROSS JOIN LATERAL (
     SELECT coalesce(sum(k.amount_fen), 0) AS fen FROM succession_lot k
       JOIN lot l ON l.county_code = book.code AND l.id = k.lot_id AND l.fund_code = p_fund AND l.fiscal_year = p_year
      WHERE k.county_code = book.code AND k.side = 'in' AND NOT EXISTS (
        SELECT FROM movement r WHERE r.county_code = book.code AND r.reverses_id = k.movement_id)) came;
END $$"""

# The gates of all counties whose sums are added, in the order of codes, so that nobody waits in a ring.
HOLD_FUND = f"""
CREATE OR REPLACE FUNCTION funds.hold_fund(p_county text, p_fund text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE books text[];
BEGIN{terms_v1.OWN_COUNTY}
  SELECT array_agg(DISTINCT b.code ORDER BY b.code) INTO books FROM (
    SELECT unnest(bound_counties(p_county)) AS code UNION ALL SELECT k.county_code FROM kin_counties(p_county) k) b;
  INSERT INTO fund_gate (county_code, fund_code) SELECT b.code, p_fund FROM unnest(books) AS b(code) ORDER BY b.code
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM fund_gate g WHERE g.county_code = ANY(books) AND g.fund_code = p_fund ORDER BY g.county_code FOR UPDATE;
END $$"""

NEW = (
    "kin_counties(text)",
    "paid_by_kin(text, date, int, bytea[], uuid[], text[], text, boolean)",
    "pays_once_over_borders()",
    "bound_counties(text)",
    "fees_in_book(text, text, int)",
    "fees_together(text, text, int)",
)


def statements() -> Iterator[str]:
    """The functions, the trigger, and who is told that money went over: everybody within either county."""
    yield from (
        KIN,
        PAID_BY_KIN,
        HAS_RIVALS,
        HOLD_ENTITLEMENTS,
        HOLD_ENTITLEMENT,
        CLAIMED,
        PAID_IN_YEAR,
        BEYOND_IN_YEAR,
        BEYOND_FOR_ROW,
    )
    yield from (PAYS_ONCE, PAYS_ONCE_TRIGGER, BOUND, FEES_IN_BOOK, FEE_SUMS, FEES_TOGETHER, HOLD_FUND)
    for signature in NEW:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.fees_together(text, text, int) TO {ROLE}"
    yield "DROP POLICY in_scope ON funds.succession"
    yield "DROP POLICY owner_all ON funds.succession"
    yield from scoped(
        "funds",
        ROLE,
        "succession",
        "county_code",
        also=f"length({REGION}) IN (9, 12) AND county_code = left({REGION}, 6)",
    )
