"""The SQL side of proving a roster, version 1: its stored rows are read in the order of their key, and nothing is sorted.

A plan made for any batch guesses three rows, and sorts them: of 100,000 rows on disk, which was two thirds of the proof
and of counting the places of a roster (`household_flows_v1`). Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import ROLE

# As the caller sees the rows: whoever does not see all of them proves nothing. Each row begins where the one before it
# ended, as two arrays in the order of the lines: a window function took half as long again.
PROVE = """
CREATE FUNCTION funds.prove_batch(p_county text, p_batch uuid)
RETURNS TABLE (rows_n bigint, total_fen bigint, contiguous boolean)
LANGUAGE sql STABLE SET enable_sort = off SET enable_bitmapscan = off SET enable_seqscan = off AS $$
  SELECT count(*), coalesce(sum(amount_fen), 0)::bigint,
         coalesce(min(amount_fen) > 0
                  AND array_agg(cum_fen - amount_fen) = (0::bigint || array_agg(cum_fen))[1:count(*)], true)
    FROM (SELECT amount_fen, cum_fen FROM funds.payment
           WHERE county_code = p_county AND batch_id = p_batch ORDER BY line) laid
$$"""


def statements() -> Iterator[str]:
    """The proof, and the places of a roster grouped without sorting its rows."""
    yield PROVE
    yield "REVOKE ALL ON FUNCTION funds.prove_batch(text, uuid) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.prove_batch(text, uuid) TO {ROLE}"
    yield "ALTER FUNCTION funds.batch_places() SET enable_sort = off"
