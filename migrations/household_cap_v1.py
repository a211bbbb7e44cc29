"""The SQL side of the cap of a household for one entitlement, version 1: over all rosters of persons that pay it.

A roster of persons was held to the cap by itself, so that two of them paid a household twice as much. Now what other
batches of the entitlement pay the same household counts with it, those of kin counties too: at the check (`paid_to_homes`),
at the approval of a whole batch (`beyond_cap`) and when a row that had come back is the household's again
(`paid_to_home_of_row`). A payment counts for the household that it named on its own day, less what came back. What kin
paid in a year is compared with a whole batch as sets, as `kin_v3` does for an entitlement. Frozen: a change is a new
file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH, ROLE
from migrations.kin_v1 import BEYOND_IN_YEAR as BEYOND_IN_YEAR_1
from migrations.kin_v3 import LARGE_ROWS, ROWS_PAID
from migrations.returns_v1 import BACK, STANDS

_KEPT = "sum(p.amount_fen - coalesce(w.fen, 0))"
_OTHERS = f"""payment_batch b
   WHERE b.county_code = p_county AND b.entitlement = own.entitlement AND b.id <> p_batch AND {{status}} AND {NOT_REVERSED}"""
_OWN = """SELECT o.entitlement, o.per, o.effective_on INTO own FROM payment_batch o
   WHERE o.county_code = p_county AND o.id = p_batch;"""

# Payments are found by payee: of a household by all who ever belonged to it.
PAID_TO_HOMES = f"""
CREATE FUNCTION funds.paid_to_homes(p_county text, p_batch uuid, p_households uuid[]) RETURNS TABLE (household_id uuid, fen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE others uuid[]; own record;
BEGIN{OWN_BATCH}
  {_OWN}
  SELECT array_agg(b.id) INTO others FROM {_OTHERS.format(status="b.status IN ('checked', 'posted')")};
  RETURN QUERY SELECT paid.household_id, sum(paid.fen)::bigint FROM (
    SELECT p.household_id, p.amount_fen - coalesce(w.fen, 0) AS fen
      FROM (SELECT DISTINCT x.token FROM unnest(p_households) AS home(id)
              JOIN membership s ON s.county_code = p_county AND s.household_id = home.id
              JOIN person x ON x.county_code = p_county AND x.id = s.person_id WHERE others IS NOT NULL) asked
      CROSS JOIN LATERAL (SELECT y.* FROM payment y
                           WHERE y.county_code = p_county AND y.payee_token = asked.token AND y.batch_id = ANY(others) OFFSET 0) p
      {BACK.format(others="others", stands=STANDS)}
     WHERE p.household_id = ANY(p_households)
    UNION ALL
    SELECT k.household_id, k.fen FROM paid_by_kin(p_county, own.effective_on, NULL, NULL, p_households, NULL, own.entitlement, true) k
  ) paid GROUP BY paid.household_id HAVING sum(paid.fen) > 0;
END $$"""

# What kin have posted for the people of a batch, or its households (`p_per`), less what came back: of an entitlement, or
# of funds in a year. The households that go on in each other are found as `rows_paid_by_kin` finds them.
_HOMES = ROWS_PAID[ROWS_PAID.index("WITH mine AS") : ROWS_PAID.index(",\n      paid AS MATERIALIZED")]
_GOES_ON = ROWS_PAID[ROWS_PAID.index("theirs t JOIN (") : ROWS_PAID.index("\n          WHERE n.household_id IN")]
_BACK_IN_BOOK = BACK.format(others="others", stands=STANDS).replace("p_county", "book")
FEN_PAID_BY_KIN = f"""
CREATE FUNCTION funds.fen_paid_by_kin(p_county text, p_batch uuid, p_per text, p_year int, p_funds text[], p_entitlement text)
RETURNS TABLE (who bytea, fen numeric)
LANGUAGE plpgsql STABLE
SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' SET enable_nestloop = on AS $$
DECLARE book text; toward int; others uuid[]; own record;
BEGIN
  SELECT o.effective_on, o.rows_good INTO own FROM payment_batch o WHERE o.county_code = p_county AND o.id = p_batch;
  FOR book, toward IN SELECT k.county_code, CASE WHEN k.came_before THEN 1 ELSE -1 END FROM kin_counties(p_county) k LOOP
    SELECT array_agg(b.id) INTO others FROM payment_batch b
     WHERE b.county_code = book AND b.status = 'posted' AND (p_entitlement IS NULL OR b.entitlement = p_entitlement)
       AND (p_funds IS NULL OR b.fund_code = ANY(p_funds))
       AND (p_year IS NULL OR b.effective_on BETWEEN make_date(p_year, 1, 1) AND make_date(p_year, 12, 31))
       AND {NOT_REVERSED.replace("p_county", "book")};
    CONTINUE WHEN others IS NULL;
    PERFORM set_config('enable_nestloop', CASE WHEN own.rows_good < {LARGE_ROWS} THEN 'on' ELSE 'off' END, true);
    IF p_per = 'person' THEN
      RETURN QUERY SELECT p.payee_token, {_KEPT} FROM payment p {_BACK_IN_BOOK}
        WHERE p.county_code = book AND p.batch_id = ANY(others) AND p.payee_token IN (
          SELECT x.payee_token FROM payment x WHERE x.county_code = p_county AND x.batch_id = p_batch)
        GROUP BY p.payee_token HAVING {_KEPT} > 0;
    ELSE
      RETURN QUERY
        {_HOMES},
        paid AS MATERIALIZED (
          SELECT p.household_id, {_KEPT} AS fen FROM payment p {_BACK_IN_BOOK}
           WHERE p.county_code = book AND p.batch_id = ANY(others) GROUP BY p.household_id HAVING {_KEPT} > 0)
        SELECT uuid_send(home.household_id), sum(p.fen)
          FROM (SELECT DISTINCT t.household_id, n.household_id AS before_id FROM {_GOES_ON}) home
          JOIN paid p ON p.household_id = home.before_id
         GROUP BY home.household_id;
    END IF;
  END LOOP;
END $$"""

# How many households of a batch go beyond a cap together with all that was posted of its entitlement, the first line of
# them, and the fen beyond. Of a batch of households each has one row, and nothing before it.
BEYOND_CAP = f"""
CREATE FUNCTION funds.beyond_cap(p_county text, p_batch uuid, p_cap bigint)
RETURNS TABLE (homes_n int, first_line int, over_fen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE posted uuid[]; own record;
BEGIN{OWN_BATCH}
  {_OWN}
  IF own.per = 'household' THEN
    RETURN QUERY SELECT count(*)::int, min(x.line), coalesce(sum(x.amount_fen - p_cap), 0)::bigint FROM payment x
      WHERE x.county_code = p_county AND x.batch_id = p_batch AND x.amount_fen > p_cap;
    RETURN;
  END IF;
  SELECT array_agg(b.id) INTO posted FROM {_OTHERS.format(status="b.status = 'posted'")};
  RETURN QUERY
    WITH before AS (
      SELECT paid.who, sum(paid.fen) AS fen FROM (
        SELECT uuid_send(p.household_id) AS who, {_KEPT} AS fen FROM payment p
          {BACK.format(others="posted", stands=STANDS)}
         WHERE p.county_code = p_county AND p.batch_id = ANY(posted) GROUP BY 1
        UNION ALL
        SELECT k.who, k.fen FROM fen_paid_by_kin(p_county, p_batch, 'household', NULL, NULL, own.entitlement) k) paid
       GROUP BY paid.who),
    now AS (
      SELECT uuid_send(p.household_id) AS who, min(p.line) AS line, sum(p.amount_fen) AS fen FROM payment p
       WHERE p.county_code = p_county AND p.batch_id = p_batch GROUP BY 1)
    SELECT count(*)::int, min(n.line), coalesce(sum(n.fen + coalesce(f.fen, 0) - p_cap), 0)::bigint
      FROM now n LEFT JOIN before f ON f.who = n.who
     WHERE n.fen + coalesce(f.fen, 0) > p_cap;
END $$"""

# What the household of a row has of the row's entitlement by a day, by all rosters that paid it; nothing when the row's
# own payment was undone.
PAID_TO_HOME_OF_ROW = f"""
CREATE FUNCTION funds.paid_to_home_of_row(p_county text, p_batch uuid, p_line int, p_on date) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE own record; posted uuid[]; home uuid; total bigint;
BEGIN{OWN_BATCH}
  SELECT b.entitlement, p_on AS effective_on INTO own FROM payment_batch b
   WHERE b.county_code = p_county AND b.id = p_batch AND b.status = 'posted' AND {NOT_REVERSED};
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  SELECT p.household_id INTO home FROM payment p WHERE p.county_code = p_county AND p.batch_id = p_batch AND p.line = p_line;
  SELECT array_agg(b.id) INTO posted FROM payment_batch b
   WHERE b.county_code = p_county AND b.entitlement = own.entitlement AND b.status = 'posted' AND {NOT_REVERSED};
  SELECT coalesce({_KEPT}, 0)::bigint INTO total
    FROM (SELECT DISTINCT x.token FROM membership s JOIN person x ON x.county_code = p_county AND x.id = s.person_id
           WHERE s.county_code = p_county AND s.household_id = home) asked
    JOIN payment p ON p.county_code = p_county AND p.payee_token = asked.token AND p.batch_id = ANY(posted) AND p.household_id = home
    {BACK.format(others="posted", stands=STANDS)};
  RETURN total + coalesce((SELECT sum(k.fen) FROM paid_by_kin(p_county, p_on, NULL, NULL, ARRAY[home], NULL, own.entitlement, false) k), 0);
END $$"""

_BY_PROBES = BEYOND_IN_YEAR_1[
    BEYOND_IN_YEAR_1.index("      SELECT coalesce(uuid_send(k.household_id)") : BEYOND_IN_YEAR_1.index("    now AS (")
]
_GATHERED = BEYOND_IN_YEAR_1[
    BEYOND_IN_YEAR_1.index("  IF EXISTS (SELECT FROM kin_counties") : BEYOND_IN_YEAR_1.index(
        "  SELECT array_agg(b.id) INTO posted"
    )
]
BEYOND_IN_YEAR = (
    BEYOND_IN_YEAR_1.replace(_GATHERED, "")
    .replace(" tokens bytea[]; homes uuid[];", "")
    .replace(
        _BY_PROBES,
        """      SELECT k.who, sum(k.fen) AS fen
        FROM fen_paid_by_kin(p_county, p_batch, p_per, own.year, coalesce(p_others, ARRAY[own.fund_code]), NULL) k GROUP BY 1),
""",
    )
)

FOR_THE_OWNER = "fen_paid_by_kin(text, uuid, text, int, text[], text)"
SIGNATURES = (
    "paid_to_homes(text, uuid, uuid[])",
    "beyond_cap(text, uuid, bigint)",
    "paid_to_home_of_row(text, uuid, int, date)",
)


def statements() -> Iterator[str]:
    """Four functions that are new, and the one of the year that asks the first of them."""
    yield from (PAID_TO_HOMES, FEN_PAID_BY_KIN, BEYOND_CAP, PAID_TO_HOME_OF_ROW, BEYOND_IN_YEAR)
    for signature in (FOR_THE_OWNER, *SIGNATURES):
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
    for signature in SIGNATURES:
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
