"""Pages of flags: of a run, of a rule run by run, about a subject. Each reads about what it shows.

The table has no index but its key and where each run lies, since 100,000 flags are written a day; so a page is found by
what the key and the tallies tell, and never by walking the county.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, BindParameter, Date, Row, Uuid, bindparam, column, false, func, select, text, union
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.flags import store
from services.funds_api.flags.named import named_about
from services.funds_api.flags.store import Place
from services.funds_api.moments import Moment
from services.funds_api.tables import FlagRow, FlagRunRuleRow


def _about(county: str, subject: UUID) -> Any:
    """Flags about a subject: its half of the name leads to those of runs (`named.py`), an index to the few others."""
    first, last = named_about(subject)
    runs = select(FlagRow.id).where(
        FlagRow.county_code == county, FlagRow.id.between(first, last), FlagRow.subject_id == subject
    )
    others = select(FlagRow.id).where(
        FlagRow.county_code == county, FlagRow.run_id.is_(None), FlagRow.subject_id == subject
    )
    found = union(runs, others).cte("about").prefix_with("MATERIALIZED", dialect="postgresql")
    return select(found.c.id)


# A page of a rule's flags: those that no run raised, and then run by run. The tallies tell which runs it takes; what
# one raised lies together (ix_flag_run). A run that a page ended in is gone on with, and counts for nothing.
_OF_RULE: Final = """
WITH runs AS MATERIALIZED (
  SELECT t.run_id, CASE WHEN t.run_id = :run THEN 0 ELSE sum(t.flags_n) END AS n FROM funds.flag_tally t
   WHERE t.county_code = :county AND t.region_code = :scope AND t.rule_code = :rule AND t.run_id >= :run
     AND t.as_of <= :as_of AND t.position <= :known
   GROUP BY t.run_id ORDER BY t.run_id LIMIT :most + 1),
taken AS MATERIALIZED (
  SELECT run_id FROM (SELECT run_id, sum(n) OVER (ORDER BY run_id) - n AS before FROM runs) r WHERE r.before < :most)
SELECT id FROM (
  SELECT f.id, CAST(:nil AS uuid) AS run FROM funds.flag f
   WHERE f.county_code = :county AND f.run_id IS NULL AND f.rule_code = :rule AND f.region_code >= :scope
     AND f.region_code < :scope || '~' AND f.as_of <= :as_of AND f.position <= :known AND :run = :nil
  UNION ALL
  SELECT f.id, f.run_id FROM funds.flag f
   WHERE EXISTS (SELECT FROM taken) AND f.county_code = :county AND f.rule_code = :rule
     AND f.run_id = ANY(ARRAY(SELECT run_id FROM taken))
     AND f.region_code >= :scope AND f.region_code < :scope || '~' AND f.as_of <= :as_of) found
 WHERE (run, id) > (:run, :id) ORDER BY run, id LIMIT :most"""
_NIL: Final = UUID(int=0)
# How many flags of the county are looked at for one of a run: two or three rules ask about the same money.
_NEAR: Final = 5
_SORT: Final = text("SELECT set_config('enable_sort', :sort, true)")
_OF_RULE_TYPES: Final[list[BindParameter[Any]]] = [
    *(bindparam(name, type_=Uuid()) for name in ("run", "id", "nil")),
    *(bindparam(name, type_=BigInteger()) for name in ("most", "known")),
    bindparam("as_of", type_=Date()),
]


def _of_rule(place: Place, rule: str, moment: Moment, after: tuple[UUID, UUID], most: int) -> Any:
    told = {"rule": rule, "as_of": moment.as_of, "known": moment.position, "most": most, "nil": _NIL}
    run, flag = after
    asked = text(_OF_RULE).bindparams(*_OF_RULE_TYPES).bindparams(**place.arguments, **told, run=run, id=flag)
    found = asked.columns(column("id", Uuid())).cte("of_rule").prefix_with("MATERIALIZED", dialect="postgresql")
    return select(found.c.id)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which flags: of a rule, of a run, about a subject, `among` those ids. None asks for all."""

    rule: str | None = None
    run: UUID | None = None
    subject: UUID | None = None
    among: Sequence[UUID] | None = None

    @property
    def by_run(self) -> bool:
        """Whether they are told run by run, as they were raised; otherwise by id."""
        return self.rule is not None and self.run is None and self.subject is None and self.among is None

    @property
    def whole_run(self) -> bool:
        """Whether all of a run are meant, or all that it raised by a rule."""
        return self.run is not None and self.subject is None and self.among is None

    def mark(self, flag: FlagRow) -> tuple[UUID, ...]:
        """What marks the last flag of a page."""
        return (flag.run_id or _NIL, flag.id) if self.by_run else (flag.id,)


async def page(
    session: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, asked: Asked
) -> Sequence[Row[Any]]:
    """(flag, values it was judged by, since when known): raised for a day up to the moment's, known by it, by id.

    Those of one rule are told as they were raised, run by run (`Asked.by_run`).
    """
    most = window.limit + 1
    here = (FlagRow.county_code == county, visible_to(who, FlagRow.region_code), FlagRow.as_of <= moment.as_of)
    query = store.flags().where(*here, store.known() <= moment.position).limit(most)
    if asked.rule is not None and asked.by_run:
        place = Place(county, who.region if who.region.startswith(county) else county)
        last = window.key(UUID, UUID) or (_NIL, _NIL)
        ids = _of_rule(place, asked.rule, moment, (last[0], last[1]), most)
        in_order = query.where(FlagRow.id.in_(ids)).order_by(func.coalesce(FlagRow.run_id, _NIL), FlagRow.id)
        return (await session.execute(in_order)).all()
    [after] = window.key(UUID) or (_NIL,)
    query = query.where(FlagRow.id > after).order_by(FlagRow.id)
    if asked.rule is not None:
        query = query.where(FlagRow.rule_code == asked.rule)
    if asked.subject is not None:
        query = query.where(FlagRow.id.in_(_about(county, asked.subject)))
    if asked.among is not None:
        query = query.where(FlagRow.id.in_(asked.among))
    if asked.run is not None:
        near = await _near(session, who, county, asked, moment, after, most) if asked.whole_run else None
        lying = _of_run(county, asked, moment, [*here, FlagRow.id > after], most) if near is None else near
        query = query.where(FlagRow.id.in_(lying))
    if (
        asked == Asked()
    ):  # along the key, however few flags are expected of the place: sorted, all of them are read first
        await session.execute(_SORT, {"sort": "off"})
    found: Sequence[Row[Any]] = (await session.execute(query)).all()
    if asked == Asked():
        await session.execute(_SORT, {"sort": "on"})
    return found


async def _near(
    session: AsyncSession, who: Principal, county: str, asked: Asked, moment: Moment, after: UUID, most: int
) -> list[UUID] | None:
    """The next flags of a run, where they fill a page of the county's next few; None where they lie too thin.

    What crossed a line on one day arrived on one day, and so do its flags lie along the key. Otherwise each page would
    read all that is left of the run: of 100,000 flags in 500 pages 25 million.
    """
    flag = FlagRow.__table__.c
    along = select(flag.id, flag.run_id, flag.rule_code, flag.region_code, flag.as_of)
    along = along.where(flag.county_code == county, flag.id > after).order_by(flag.id).limit(most * _NEAR)
    next_few = along.cte("next_few").prefix_with("MATERIALIZED", dialect="postgresql")
    one = next_few.c
    of = (one.run_id == asked.run) & one.rule_code.in_(_told(county, asked, moment)) & (one.as_of <= moment.as_of)
    is_asked = func.coalesce(of & visible_to(who, one.region_code), false()).label("is_asked")
    await session.execute(_SORT, {"sort": "off"})  # along the key, however few are expected
    rows = (await session.execute(select(one.id, is_asked).order_by(one.id))).all()
    await session.execute(_SORT, {"sort": "on"})
    found = [row.id for row in rows if row.is_asked][:most]
    return found if len(found) == most or len(rows) < most * _NEAR else None


def _told(county: str, asked: Asked, moment: Moment) -> Any:
    """The rules that the run had been asked about by then, or the one of them that is meant."""
    told = select(FlagRunRuleRow.rule_code).where(
        FlagRunRuleRow.county_code == county,
        FlagRunRuleRow.run_id == asked.run,
        FlagRunRuleRow.position <= moment.position,
    )
    return told if asked.rule is None else told.where(FlagRunRuleRow.rule_code == asked.rule)


def _of_run(county: str, asked: Asked, moment: Moment, here: Sequence[Any], most: int) -> Any:
    """The next flags of a run, which lie together: found first, and then put in order."""
    told = _told(county, asked, moment)
    of = FlagRow.rule_code.in_(told) if asked.rule is None else FlagRow.rule_code == asked.rule
    lying = select(FlagRow.id).where(*here, FlagRow.run_id == asked.run, of)
    if asked.subject is not None:
        lying = lying.where(FlagRow.subject_id == asked.subject)
    if asked.among is not None:
        lying = lying.where(FlagRow.id.in_(asked.among))
    found = lying.cte("lying").prefix_with("MATERIALIZED", dialect="postgresql")
    return select(found.c.id).order_by(found.c.id).limit(most)
