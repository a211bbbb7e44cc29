"""How a lot stood at a moment, as SQL over a lot `l` with the parameters of `Moment.arguments`.

A lot as of a day and a knowledge is what is left now plus what was drawn later or recorded later; only lots of which
something was are asked for their draws.
"""

from __future__ import annotations

from typing import Final

# What it held.
REMAINING: Final = """(l.remaining_fen + CASE WHEN l.last_drawn_on > :as_of OR l.last_position > :known THEN coalesce((
    SELECT sum(d.amount_fen)::bigint FROM funds.draw d
     WHERE d.county_code = :county AND d.from_lot_id = l.id AND (d.effective_on > :as_of OR d.position > :known)), 0)
    ELSE 0 END)"""
# Whether it was there at all, and may have held something.
THERE: Final = """(l.arrived_on <= :as_of AND l.position <= :known
    AND (l.is_open OR l.emptied_on > :as_of OR l.last_position > :known))"""
# The same by all knowledge there is.
STILL_THERE: Final = "(l.arrived_on <= :as_of AND (l.is_open OR l.emptied_on > :as_of))"
# Whether it lies in the caller's region.
SCOPE: Final = "region_code >= :scope AND l.region_code < :scope || '~'"
# The draws by :as_of, but recorded later than what was known: dated within the week before that knowledge or
# since, or a late row, of which movements have an index. No history is read for it.
RECORDED_LATER: Final = """
                SELECT d.from_lot_id, d.amount_fen FROM funds.draw d
                 WHERE d.county_code = :county AND d.position > :known
                   AND d.effective_on > CAST(:known_on AS date) - 9 AND d.effective_on <= :as_of
                UNION ALL
                SELECT d.from_lot_id, d.amount_fen FROM funds.movement m
                  JOIN funds.draw d ON d.county_code = :county AND d.movement_id = m.id
                 WHERE m.county_code = :county AND m.position > :known
                   AND m.recorded_at >= (CAST(:known_on AS date) - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
                   AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > m.effective_on + 7
                   AND m.effective_on <= least(CAST(:known_on AS date) - 9, CAST(:as_of AS date))"""
