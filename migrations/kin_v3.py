"""The SQL side of what kin counties paid, version 3: an entitlement is paid one way over a border too, and in seconds.

A roster of persons hears what kin paid to their households as a whole, as `entitlement_v5` has it within a county: of
two batches that were opened before their codes had met, one per household and one per person, both had paid. What kin
paid is compared with a whole roster as sets; versions 1 and 2 probed for each row, its people and their households,
twice at each approval: 20 s of processor for 100,000 rows. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED
from migrations.entitlement_v5 import CLAIMED as CLAIMED_5
from migrations.kin_v1 import PAID_BY_KIN as PAID_BY_KIN_1
from migrations.kin_v2 import ROW_PAID as ROW_PAID_2
from migrations.returns_v1 import COUNTS


def _changed(version: str, *changes: tuple[str, str]) -> str:
    """A frozen function with these places of its text changed, each of which it has once."""
    version = version.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    for old, new in changes:
        if version.count(old) != 1:
            msg = f"the version before is not what this one goes on from: {old}"
            raise ValueError(msg)
        version = version.replace(old, new)
    return version


# Households are told by kin's batches that pay them, and by all where this one does (`p_per`) or where a year is asked
# (`p_per` is null). A parameter more, which the callers of before leave out.
OLD_SIGNATURE = "paid_by_kin(text, date, int, bytea[], uuid[], text[], text, boolean)"
_PEOPLE, _HOMES = PAID_BY_KIN_1.split("CONTINUE WHEN p_households IS NULL;")
PAID_BY_KIN = (
    _changed(
        _PEOPLE,
        ("p_waiting boolean)", "p_waiting boolean, p_per text DEFAULT NULL)"),
        ("others uuid[];", "others uuid[]; of_homes uuid[];"),
        (
            "SELECT array_agg(b.id) INTO others",
            """SELECT array_agg(b.id), array_agg(b.id) FILTER (WHERE p_per IS NULL OR 'household' IN (p_per, b.per))
      INTO others, of_homes""",
        ),
    )
    + "CONTINUE WHEN p_households IS NULL OR of_homes IS NULL;"
    + _HOMES.replace("ANY(others)", "ANY(of_homes)")
)

# The rows of a batch that kin have paid: their payee, or their household where it is paid as a whole by either. A person
# is one by the token; the household that counts is the one nearest to the border, on each side. Joined by hash where the
# roster is large: without statistics (a county just registered) the planner would probe for each of its rows.
LARGE_ROWS = 1_000
_NEAREST = """SELECT DISTINCT ON (f.person_id) f.person_id, f.household_id FROM membership f
          JOIN registry_act a ON a.county_code = {county} AND a.id = f.act_id
         WHERE f.county_code = {county} AND f.household_id IS NOT NULL AND f.person_id IN ({people})
         ORDER BY f.person_id, {sign}toward * (f.from_on - DATE '2000-01-01'), a.position DESC"""
_COUNTS = COUNTS.replace("p_county", "book")
ROWS_PAID = f"""
CREATE FUNCTION funds.rows_paid_by_kin(p_county text, p_batch uuid) RETURNS TABLE (line int)
LANGUAGE plpgsql STABLE
SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' SET enable_nestloop = on AS $$
DECLARE book text; toward int; others uuid[]; of_homes uuid[]; own record;
BEGIN
  SELECT o.entitlement, o.per, o.effective_on, o.rows_good INTO own FROM payment_batch o
   WHERE o.county_code = p_county AND o.id = p_batch;
  FOR book, toward IN SELECT k.county_code, CASE WHEN k.came_before THEN 1 ELSE -1 END FROM kin_counties(p_county) k LOOP
    SELECT array_agg(b.id), array_agg(b.id) FILTER (WHERE 'household' IN (own.per, b.per))
      INTO others, of_homes FROM payment_batch b
     WHERE b.county_code = book AND b.entitlement = own.entitlement AND b.status = 'posted'
       AND {NOT_REVERSED.replace("p_county", "book")};
    CONTINUE WHEN others IS NULL;
    PERFORM set_config('enable_nestloop', CASE WHEN own.rows_good < {LARGE_ROWS} THEN 'on' ELSE 'off' END, true);
    RETURN QUERY SELECT x.line FROM payment x
      WHERE x.county_code = p_county AND x.batch_id = p_batch AND x.payee_token IN (
        SELECT p.payee_token FROM payment p WHERE p.county_code = book AND p.batch_id = ANY(others) AND {_COUNTS});
    CONTINUE WHEN of_homes IS NULL;
    RETURN QUERY
      WITH mine AS MATERIALIZED (
        SELECT n.person_id, n.household_id, h.token FROM (
          {
    _NEAREST.format(
        county="p_county",
        sign="",
        people="SELECT s.person_id FROM membership s WHERE s.county_code = p_county AND s.household_id IN ("
        "SELECT x.household_id FROM payment x WHERE x.county_code = p_county AND x.batch_id = p_batch)",
    )
}) n
          JOIN person h ON h.county_code = p_county AND h.id = n.person_id),
      theirs AS MATERIALIZED (
        SELECT h.id, m.household_id FROM mine m JOIN person h ON h.county_code = book AND h.token = m.token),
      paid AS MATERIALIZED (
        SELECT p.household_id FROM payment p WHERE p.county_code = book AND p.batch_id = ANY(of_homes)
           AND {_COUNTS.replace("others", "of_homes")})
      SELECT x.line FROM payment x
       WHERE x.county_code = p_county AND x.batch_id = p_batch AND x.household_id IN (
         SELECT t.household_id FROM theirs t JOIN (
           {_NEAREST.format(county="book", sign="-", people="SELECT h.id FROM theirs h")}) n ON n.person_id = t.id
          WHERE n.household_id IN (SELECT p.household_id FROM paid p));
  END LOOP;
END $$"""

_BY_PROBES = CLAIMED_5[
    CLAIMED_5.index("ELSIF EXISTS (SELECT FROM kin_counties") : CLAIMED_5.index("  END IF;\n  SELECT array_agg(b.id)")
]
CLAIMED = _changed(
    CLAIMED_5,
    (
        """p_tokens, CASE own.per WHEN 'household' THEN p_households END,
                       NULL, own.entitlement, true)""",
        "p_tokens, p_households, NULL, own.entitlement, true, own.per)",
    ),
    (
        _BY_PROBES,
        "ELSE\n    RETURN QUERY SELECT NULL::bytea, NULL::uuid, 'posted'::text, k.line FROM rows_paid_by_kin(p_county, p_batch) k;\n",
    ),
)

ROW_PAID = _changed(
    ROW_PAID_2,
    (
        """CASE b.per WHEN 'household' THEN ARRAY[p.household_id] END, NULL, b.entitlement, false)""",
        "ARRAY[p.household_id], NULL, b.entitlement, false, b.per)",
    ),
)

# The second net: no roster is posted that pays anew what kin have paid. Batches of the entitlement are locked as an approval
# locks them, so that of two that are posted at once past the service the later one sees the earlier, or is a deadlock.
PAYS_ONCE = """
CREATE OR REPLACE FUNCTION funds.pays_once_over_borders() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE books text[] := (SELECT array_agg(k.county_code) FROM kin_counties(NEW.county_code) k);
BEGIN
  IF books IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM payment_batch b
   WHERE b.county_code = ANY(books) AND b.entitlement = NEW.entitlement AND b.status IN ('checked', 'posted')
   ORDER BY b.county_code, b.id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM rows_paid_by_kin(NEW.county_code, NEW.id)) THEN
    RAISE EXCEPTION 'batch % pays what another county of the lineage has paid', NEW.id USING ERRCODE = 'QL430';
  END IF;
  RETURN NULL;
END $$"""

NEW = (
    "paid_by_kin(text, date, int, bytea[], uuid[], text[], text, boolean, text)",
    "rows_paid_by_kin(text, uuid)",
)


def statements() -> Iterator[str]:
    """One function with a parameter more, one that is new, and those that ask them; the owner alone asks either."""
    yield f"DROP FUNCTION funds.{OLD_SIGNATURE}"
    yield from (PAID_BY_KIN, ROWS_PAID, CLAIMED, ROW_PAID, PAYS_ONCE)
    for signature in NEW:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
