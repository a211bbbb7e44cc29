"""How many there are of what a rule looks at, as of a day and as known: its hits are counted against this."""

from __future__ import annotations

from typing import Final

from services.funds_api.flags.rules.rule import Population
from services.funds_api.standing import THERE


def _here(alias: str = "") -> str:
    return f"{alias}region_code >= :scope AND {alias}region_code < :scope || '~'"


COUNTS: Final[dict[Population, str]] = {
    Population.LOTS: f"""SELECT count(*) FROM funds.lot l
        WHERE l.county_code = :county AND NOT l.is_terminal AND {THERE} AND {_here("l.")}""",
    Population.PAYMENTS: """SELECT coalesce(sum(p.rows_n), 0)::bigint FROM funds.paid_batches(:county, :as_of, :known) b
        JOIN funds.batch_place p ON p.county_code = :county AND p.batch_id = b.id
         AND p.region_code >= :scope AND p.region_code < :scope || '~'""",
    Population.HOUSEHOLDS: f"""SELECT count(*) FROM funds.household h
         JOIN funds.registry_act a ON a.county_code = :county AND a.id = h.act_id AND a.position <= :known
        WHERE h.county_code = :county AND h.registered_on <= :as_of AND {_here("h.")}""",
    Population.BATCHES: f"SELECT count(*) FROM funds.paid_batches(:county, :as_of, :known) b WHERE {_here('b.')}",
    Population.PROJECTS: f"""SELECT count(DISTINCT v.project_id) FROM funds.project_version v
        WHERE v.county_code = :county AND v.effective_on <= :as_of AND v.position <= :known AND {_here("v.")}""",
    Population.ORDERS: f"""SELECT count(*) FROM funds.treasury_order o
         JOIN funds.movement m ON m.county_code = :county AND m.id = o.movement_id AND m.position <= :known
        WHERE o.county_code = :county AND o.effective_on <= :as_of AND {_here("o.")}""",
    Population.MOVEMENTS: """SELECT count(*) FROM funds.movement m
        WHERE m.county_code = :county AND m.effective_on <= :as_of AND m.position <= :known
          AND m.to_region >= :scope AND m.to_region < :scope || '~'""",
    Population.LOANS: f"""SELECT count(*) FROM funds.loan l
        WHERE l.county_code = :county AND l.disbursed_on <= :as_of AND l.position <= :known AND {_here("l.")}""",
    Population.UNITS: f"SELECT count(*) FROM funds.unit u WHERE u.county_code = :county AND {_here('u.')}",
}
