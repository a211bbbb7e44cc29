"""What is asked of a roster as a whole, and of a piece of it, planned as sets whatever the statistics say, version 1.

The rows of a roster are written and approved within minutes: to the planner's statistics its batch is one it has never
seen, and of those it guesses a row. So it joined by nested loops, and what a whole roster is asked grew with the square
of its rows: approving 18,905 took 10 to 20 s, and what the terms of a year say of 5,000 took 28 s. Here what is asked of
many rows is planned without nested loops, and what is looked up for each of them says so (`OFFSET 0`, or a count). The
answers are those of before. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH
from migrations.household_cap_v1 import BEYOND_CAP as BEYOND_CAP_1
from migrations.household_cap_v1 import BEYOND_IN_YEAR as BEYOND_IN_YEAR_1
from migrations.household_cap_v1 import FEN_PAID_BY_KIN as FEN_PAID_BY_KIN_1
from migrations.household_cap_v1 import PAID_TO_HOMES as PAID_TO_HOMES_1
from migrations.kin_v1 import HAS_RIVALS as HAS_RIVALS_1
from migrations.kin_v3 import CLAIMED as CLAIMED_3
from migrations.kin_v3 import LARGE_ROWS, _changed
from migrations.kin_v3 import PAID_BY_KIN as PAID_BY_KIN_3
from migrations.kin_v3 import ROWS_PAID as ROWS_PAID_3
from migrations.returns_v1 import BACK, STANDS

_AS_SETS = "SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' SET enable_nestloop = on AS $$"
_LARGE = f"PERFORM set_config('enable_nestloop', CASE WHEN {{rows}} < {LARGE_ROWS} THEN 'on' ELSE 'off' END, true);"
# What is asked of a whole roster reads all that others paid anyway: once, or joined row by row, once for each of its rows.
_ONCE = "PERFORM set_config('enable_nestloop', 'off', true);"

# A return that was not undone: a look for each, where an anti-join without nested loops would read every movement.
_STILL = "(SELECT count(*) FROM movement u WHERE u.county_code = p_county AND u.reverses_id = r.movement_id) = 0"
# That the payment of a batch was not undone, as a look for each batch: joined, every movement of the county was compared
# with every other.
_NOT_REVERSED = """(
     SELECT count(*) FROM (SELECT m.id FROM movement m
                            WHERE m.county_code = p_county AND m.batch_id = b.id AND m.from_account_id = b.account_id
                              AND m.effective_on = b.effective_on OFFSET 0) paid
      CROSS JOIN LATERAL (SELECT FROM movement r
                           WHERE r.county_code = p_county AND r.reverses_id = paid.id OFFSET 0) undone) = 0"""


def _looking(version: str) -> str:
    """A frozen function that looks for what undid a payment or a return where it joined."""
    for old, new in ((NOT_REVERSED, _NOT_REVERSED), (STANDS, _STILL)):
        for county in ("p_county", "book"):
            version = version.replace(old.replace("p_county", county), new.replace("p_county", county))
    return version


# What came back of a row, as a look for each row that was found: gathered for all of the batches it was gathered anew for
# each payee, and 1,500 rows asked of a year in which 300 rows had come back took more than four minutes.
_LOOKED_UP = f"""LEFT JOIN LATERAL (
      SELECT sum(r.amount_fen) AS fen FROM payment_return r
       WHERE r.county_code = p_county AND r.batch_id = p.batch_id AND r.line = p.line
         AND r.effective_on <= own.effective_on AND {_STILL} OFFSET 0) w ON true"""
WHOLLY_RETURNED = f"""
CREATE OR REPLACE FUNCTION funds.wholly_returned(p_county text, p_batches uuid[], p_on date) RETURNS TABLE (batch_id uuid, line int)
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  SELECT w.batch_id, w.line
    FROM (SELECT r.batch_id, r.line, sum(r.amount_fen) AS fen FROM payment_return r
           WHERE r.county_code = p_county AND r.batch_id = ANY(p_batches) AND r.effective_on <= p_on AND {_STILL}
           GROUP BY r.batch_id, r.line) w
   CROSS JOIN LATERAL (SELECT p.amount_fen FROM payment p
                        WHERE p.county_code = p_county AND p.batch_id = w.batch_id AND p.line = w.line OFFSET 0) p
   WHERE w.fen >= p.amount_fen
$$"""

# A payee is looked for by the payee alone: of batches that the statistics have not seen one row is expected, so that the
# index of the batch seemed as good, and all of its rows were read for each payee.
_OF_BATCHES = " AND y.batch_id = ANY({batches}) OFFSET 0) p"


def _by_payee(version: str, batches: str, condition: str) -> str:
    """A frozen function that looks for payees among these batches, their condition put with this one."""
    looked = _OF_BATCHES.format(batches=batches)
    at = version.index(looked)
    rest = version[at + len(looked) :].replace(condition, f"{condition} p.batch_id = ANY({batches}) AND", 1)
    return f"{version[:at]} OFFSET 0) p{rest}"


CLAIMED = _changed(
    _by_payee(_by_payee(_looking(CLAIMED_3), "others", "WHERE"), "of_homes", "WHERE"),
    ("SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$", _AS_SETS),
    ("  IF NOT asking THEN\n", f"  IF NOT asking THEN\n    {_ONCE}\n"),
)
_IF_LARGE = (
    f"PERFORM set_config('enable_nestloop', CASE WHEN own.rows_good < {LARGE_ROWS} THEN 'on' ELSE 'off' END, true);"
)
HAS_RIVALS = _changed(_looking(HAS_RIVALS_1))
_EACH_BOOK = "FROM kin_counties(p_county) k LOOP\n"
_FEW_BATCHES = _EACH_BOOK + "    PERFORM set_config('enable_nestloop', 'on', true);\n"
ROWS_PAID = _changed(_looking(ROWS_PAID_3), (_EACH_BOOK, _FEW_BATCHES), (_IF_LARGE, _ONCE))
_BACK_IN_BOOK = BACK.format(others="others", stands=STANDS).replace("p_county", "book")
_LOOKED_UP_IN_BOOK = _LOOKED_UP.replace("p_county", "book")
FEN_PAID_BY_KIN = _changed(
    _looking(FEN_PAID_BY_KIN_1.replace(_BACK_IN_BOOK, _LOOKED_UP_IN_BOOK)),
    (_EACH_BOOK, _FEW_BATCHES),
    (_IF_LARGE, _ONCE),
)

_BEYOND = _AS_SETS.replace("enable_nestloop = on", "enable_nestloop = off")
BEYOND_CAP = _changed(
    _looking(BEYOND_CAP_1), ("SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$", _BEYOND)
)
BEYOND_IN_YEAR = _changed(
    _looking(BEYOND_IN_YEAR_1),
    ("SET search_path = funds, pg_temp AS $$", f"SET search_path = funds, pg_temp {_BEYOND}"),
)

# Who ever belonged to one of the households, each once; and what a payee was paid.
_MEMBERS = """(SELECT DISTINCT x.token FROM unnest(p_households) AS home(id)
           CROSS JOIN LATERAL (SELECT f.person_id FROM membership f
                                WHERE f.county_code = p_county AND f.household_id = home.id OFFSET 0) s
           CROSS JOIN LATERAL (SELECT h.token FROM person h WHERE h.county_code = p_county AND h.id = s.person_id OFFSET 0) x)"""
_PAID = f"""asked(token)
   CROSS JOIN LATERAL (SELECT y.* FROM payment y WHERE y.county_code = p_county AND y.payee_token = asked.token OFFSET 0) p
    {_LOOKED_UP}"""
_HOMES = _looking(PAID_TO_HOMES_1)
PAID_TO_HOMES = _changed(
    _HOMES,
    ("SET plan_cache_mode = force_custom_plan AS $$", _AS_SETS),
    (
        "  RETURN QUERY SELECT paid.household_id",
        f"  {_LARGE.format(rows='cardinality(p_households)')}\n  RETURN QUERY SELECT paid.household_id",
    ),
    ("     WHERE p.household_id = ANY", "     WHERE p.batch_id = ANY(others) AND p.household_id = ANY"),
    (
        _HOMES[_HOMES.index("(SELECT DISTINCT x.token") : _HOMES.index("     WHERE p.household_id = ANY")],
        f"{_MEMBERS} AS {_PAID}\n",
    ),
)
_OF_FUND = "JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id"
PAID_IN_YEAR = f"""
CREATE OR REPLACE FUNCTION funds.paid_in_year(p_county text, p_batch uuid, p_tokens bytea[], p_households uuid[], p_funds text[])
RETURNS TABLE (payee_token bytea, household_id uuid, fund_code text, fen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp {_AS_SETS}
DECLARE others uuid[]; own record;
BEGIN{OWN_BATCH}
  SELECT extract(year FROM o.effective_on)::int AS year, o.effective_on INTO own FROM payment_batch o
   WHERE o.county_code = p_county AND o.id = p_batch;
  RETURN QUERY SELECT k.payee_token, k.household_id, k.fund_code, k.fen
    FROM paid_by_kin(p_county, own.effective_on, own.year, p_tokens, p_households, p_funds, NULL, true) k;
  SELECT array_agg(b.id) INTO others FROM payment_batch b
   WHERE b.county_code = p_county AND b.fund_code = ANY(p_funds) AND b.id <> p_batch AND b.status IN ('checked', 'posted')
     AND b.effective_on BETWEEN make_date(own.year, 1, 1) AND make_date(own.year, 12, 31) AND {_NOT_REVERSED};
  IF others IS NULL THEN
    RETURN;
  END IF;
  {_LARGE.format(rows="cardinality(p_tokens)")}
  RETURN QUERY SELECT p.payee_token, NULL::uuid, b.fund_code, sum(p.amount_fen - coalesce(w.fen, 0))::bigint
    FROM unnest(p_tokens) AS {_PAID}
    {_OF_FUND}
   WHERE p.batch_id = ANY(others)
   GROUP BY p.payee_token, b.fund_code HAVING sum(p.amount_fen - coalesce(w.fen, 0)) > 0;
  IF p_households IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT NULL::bytea, p.household_id, b.fund_code, sum(p.amount_fen - coalesce(w.fen, 0))::bigint
    FROM {_MEMBERS} AS {_PAID}
    {_OF_FUND}
   WHERE p.batch_id = ANY(others) AND p.household_id = ANY(p_households)
   GROUP BY p.household_id, b.fund_code HAVING sum(p.amount_fen - coalesce(w.fen, 0)) > 0;
END $$"""

# A question about the rows of a piece asks it too: it looks for each of them.
_BACK_BY_KIN = _BACK_IN_BOOK.replace("own.effective_on", "p_on")
_LOOKED_UP_BY_KIN = _LOOKED_UP_IN_BOOK.replace("own.effective_on", "p_on")
PAID_BY_KIN = _changed(
    _looking(
        _by_payee(
            _by_payee(
                PAID_BY_KIN_3.replace(_BACK_BY_KIN, _LOOKED_UP_BY_KIN).replace(
                    _BACK_BY_KIN.replace("others", "of_homes"), _LOOKED_UP_BY_KIN
                ),
                "others",
                "JOIN payment_batch b ON",
            ),
            "of_homes",
            "JOIN payment_batch b ON",
        )
    ),
    ("SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$", _AS_SETS),
)


def statements() -> Iterator[str]:
    """Ten functions with other plans, and no other answers."""
    yield from (
        PAID_BY_KIN,
        WHOLLY_RETURNED,
        CLAIMED,
        HAS_RIVALS,
        ROWS_PAID,
        FEN_PAID_BY_KIN,
        BEYOND_CAP,
        BEYOND_IN_YEAR,
        PAID_TO_HOMES,
        PAID_IN_YEAR,
    )
