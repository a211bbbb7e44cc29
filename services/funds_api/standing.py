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
