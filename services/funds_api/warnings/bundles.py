"""Which unit answers for what a rule of a run asked about: a bundle of flags for each unit, and the flags of a bundle.

Both come of one mapping, so that what a warning counts is what its list of flags shows, also years later: what can
change after a warning was issued (the plan of a project in force, which units there are) is read as it was then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.flags.crossings import Raised
from services.funds_api.moments import EVERYTHING
from services.funds_api.tables import WarningRow

_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)
_ID: Final = "'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'"


def _answering(also: str = "") -> str:
    """Each flag by the fen it names (`payment:batch:line`, `lot:id`), else by its subject, with the unit that answers.

    A payment without is named by its mark. What lies in no unit's hands (a loan, a place) is nobody's. What a bank paid
    by an order is the desk's that gave the order. `also` narrows the flags of the run and rule.
    """
    return f"""
  WITH raised AS MATERIALIZED (
    SELECT f.id, f.days, f.amount_fen,
           CASE WHEN f.subject IN ('payment', 'person', 'household') THEN 'payment:' || f.mark
                ELSE f.subject || ':' || f.subject_id END AS item
      FROM funds.flag f
     WHERE f.county_code = :county AND f.run_id = :run AND f.rule_code = :rule {also}),
  named AS MATERIALIZED (
    SELECT n.flag_id, n.days, n.item, n.fen, split_part(n.item, ':', 1) AS kind,
           CASE WHEN split_part(n.item, ':', 2) ~ {_ID} THEN CAST(split_part(n.item, ':', 2) AS uuid) END AS ref
      FROM (SELECT r.id AS flag_id, r.days, coalesce(m.item, r.item) AS item,
                   coalesce(m.amount_fen, r.amount_fen) AS fen
              FROM raised r
              LEFT JOIN funds.flag_money m ON m.county_code = :county AND m.flag_id = r.id) n),
  answering AS (
    SELECT n.flag_id, n.days, n.item, n.fen, a.unit_id
      FROM named n
      JOIN LATERAL (
        SELECT l.account_id FROM funds.lot l WHERE n.kind = 'lot' AND l.county_code = :county AND l.id = n.ref
        UNION ALL
        SELECT b.account_id FROM funds.payment_batch b
         WHERE n.kind IN ('payment', 'batch') AND b.county_code = :county AND b.id = n.ref
        UNION ALL
        SELECT o.from_account_id FROM funds.treasury_order o
         WHERE n.kind = 'order' AND o.county_code = :county AND o.id = n.ref
        UNION ALL
        SELECT coalesce((SELECT o.from_account_id FROM funds.order_result b
                           JOIN funds.treasury_order o ON o.county_code = :county AND o.id = b.order_id
                          WHERE b.county_code = :county AND b.movement_id = n.ref), e.account_id)
          FROM funds.entry e
         WHERE n.kind = 'movement' AND e.county_code = :county AND e.movement_id = n.ref AND e.amount_fen < 0
        UNION ALL
        SELECT n.ref WHERE n.kind = 'account') held ON true
      JOIN funds.account a ON a.county_code = :county AND a.id = held.account_id
    UNION ALL
    SELECT n.flag_id, n.days, n.item, n.fen, coalesce(
             (SELECT u.id FROM (
                SELECT v.responsible_unit FROM funds.project_version v
                 WHERE v.county_code = :county AND v.project_id = p.id AND v.effective_on IS NOT NULL
                   AND v.position <= :known AND coalesce(v.approved_position, 0) <= :known
                 ORDER BY v.version DESC LIMIT 1) v
                JOIN funds.unit u ON u.county_code = :county AND u.name = v.responsible_unit AND u.id < :before
                 AND (p.region_code LIKE u.region_code || '%' OR u.region_code LIKE p.region_code || '%')
               ORDER BY length(u.region_code) DESC, u.id LIMIT 1), p.unit_id)
      FROM named n
      JOIN funds.project p ON p.county_code = :county AND p.id = n.ref
     WHERE n.kind = 'project'
    UNION ALL
    SELECT n.flag_id, n.days, n.item, n.fen, n.ref FROM named n WHERE n.kind = 'unit')"""


# Fen that two flags of the rule name count once.
_BUNDLES: Final = f"""{_answering()},
  sums AS (
    SELECT i.unit_id, sum(i.fen)::bigint AS amount_fen
      FROM (SELECT unit_id, item, max(fen) AS fen FROM answering GROUP BY unit_id, item) i GROUP BY i.unit_id)
  SELECT g.unit_id, u.region_code, u.name, g.flags_n, s.amount_fen, g.days
    FROM (SELECT unit_id, count(DISTINCT flag_id) AS flags_n, max(days) AS days FROM answering GROUP BY unit_id) g
    JOIN sums s ON s.unit_id = g.unit_id
    JOIN funds.unit u ON u.county_code = :county AND u.id = g.unit_id
   ORDER BY g.unit_id"""

# What is looked at of the run's flags is their beginning by id: the unit's first ones of these are its first of all.
_LOOKED_AT: Final = """AND f.id > :after AND f.as_of <= :as_of
       AND (CAST(:subject AS uuid) IS NULL OR f.subject_id = CAST(:subject AS uuid))
     ORDER BY f.id LIMIT CAST(:looked_n AS bigint)"""
_FLAGS: Final = f"""{_answering(_LOOKED_AT)}
  SELECT DISTINCT flag_id FROM answering WHERE unit_id = :unit ORDER BY flag_id LIMIT CAST(:most AS bigint)"""
# How many flags of a run are looked at for each that is asked for, before all are: units share a run's flags.
_SHARE: Final = 20

_PARTS: Final = f"""{_answering("AND f.id = ANY(:flags)")}
  SELECT DISTINCT flag_id, item, fen FROM answering WHERE unit_id = :unit ORDER BY flag_id, item"""

# The same of what is known by account already.
_OF_ACCOUNTS: Final = """
  SELECT a.unit_id, u.region_code, u.name, sum(k.n)::bigint AS flags_n, sum(k.fen)::bigint AS amount_fen,
         max(k.days) AS days
    FROM unnest(CAST(:accounts AS uuid[]), CAST(:flags AS bigint[]), CAST(:fen AS bigint[]), CAST(:days AS int[]))
           AS k(account_id, n, fen, days)
    JOIN funds.account a ON a.county_code = :county AND a.id = k.account_id
    JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
   GROUP BY a.unit_id, u.region_code, u.name ORDER BY a.unit_id"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one rule of a run asks one unit: how many flags, of how many fen, and the longest of their days."""

    unit_id: UUID
    region_code: str
    name: str
    flags_n: int
    amount_fen: int
    days: int


async def bundles(session: AsyncSession, county: str, run: UUID, rule: str) -> Sequence[Bundle]:
    """The bundles of what a rule raised in a run, a unit once."""
    told = {"county": county, "run": run, "rule": rule, "known": EVERYTHING, "before": _LAST}
    found = await session.execute(text(_BUNDLES), told)
    return [Bundle(**row) for row in found.mappings()]


def _of(warning: WarningRow) -> dict[str, Any]:
    """What a warning was drawn up from, as it was then; units have their ids in the order of time."""
    return {
        "county": warning.county_code,
        "run": warning.run_id,
        "rule": warning.rule_code,
        "unit": warning.unit_id,
        "known": warning.position,
        "before": warning.id,
    }


async def flags_of(
    session: AsyncSession, warning: WarningRow, after: UUID | None, as_of: date, subject: UUID | None, most: int
) -> list[UUID]:
    """The first flags of a warning by id after one of them, for days up to `as_of`, `most` of those the caller sees."""
    told = {**_of(warning), "after": after or _FIRST, "as_of": as_of, "subject": subject, "most": most}
    found: list[UUID] = []
    for looked_n in (_SHARE * most, None):
        found = list(await session.scalars(text(_FLAGS), {**told, "looked_n": looked_n}))
        if len(found) == most:
            break
    return found


async def parts_of(
    session: AsyncSession, warning: WarningRow, flags: Sequence[UUID]
) -> Mapping[UUID, Sequence[tuple[str, int]]]:
    """By flag, the (item, fen) for which the unit of a warning answers: another unit may answer for the rest."""
    by_flag: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for row in await session.execute(text(_PARTS), {**_of(warning), "flags": list(flags)}):
        by_flag[row.flag_id].append((row.item, row.fen))
    return by_flag


async def bundles_of(session: AsyncSession, county: str, raised: Mapping[UUID, Raised]) -> Sequence[Bundle]:
    """The bundles of flags about lots that are counted by account, a lot once: 100,000 are not read again."""
    told = {
        "county": county,
        "accounts": list(raised),
        "flags": [one.flags_n for one in raised.values()],
        "fen": [one.fen for one in raised.values()],
        "days": [one.days for one in raised.values()],
    }
    return [Bundle(**row) for row in (await session.execute(text(_OF_ACCOUNTS), told)).mappings()]
