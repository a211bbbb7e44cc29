"""Engagements in SQL: headers, scope, periods, team, documents and declared interests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.engagements.stages import ENDINGS
from services.audit_api.findings.counting import among
from services.audit_api.moments import Moment
from services.audit_api.tables import (
    AlertRow,
    EngagementDocumentRow,
    EngagementFindingRow,
    EngagementMemberRow,
    EngagementPeriodRow,
    EngagementRow,
    EngagementScopeRow,
    FindingRow,
    FindingVersionRow,
)


@dataclass(slots=True)
class Parts:
    """What belongs to one engagement, all that is recorded, in its order."""

    scope: list[EngagementScopeRow] = field(default_factory=list)
    periods: list[EngagementPeriodRow] = field(default_factory=list)
    members: list[EngagementMemberRow] = field(default_factory=list)
    documents: list[EngagementDocumentRow] = field(default_factory=list)
    findings: list[EngagementFindingRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed by."""

    kind: str | None = None
    region: str | None = None
    fund: str | None = None
    person: str | None = None
    overdue: bool | None = None
    part_of: UUID | None = None


async def one(
    session: AsyncSession, who: Principal, county: str, engagement: UUID, *, lock: bool = False
) -> EngagementRow | None:
    """A visible engagement; with `lock` nobody else adds to it before the commit."""
    query = (
        select(EngagementRow)
        .where(
            EngagementRow.county_code == county,
            EngagementRow.id == engagement,
            visible_to(who, EngagementRow.region_code),
        )
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()


async def page(
    session: AsyncSession, who: Principal, county: str, window: Window, moment: Moment, asked: Asked
) -> Sequence[EngagementRow]:
    """Visible engagements that were planned and known by a moment, by id; one more than the page holds."""
    head = EngagementRow
    query = (
        select(head)
        .where(
            head.county_code == county,
            visible_to(who, head.region_code),
            head.planned_on <= moment.as_of,
            head.position <= moment.position,
            *_narrowed(asked, moment),
        )
        .order_by(head.id)
        .limit(window.limit + 1)
    )
    if after := window.key(UUID):
        query = query.where(head.id > after[0])
    return (await session.scalars(query)).all()


def _narrowed(asked: Asked, moment: Moment) -> list[ColumnElement[bool]]:
    head, scope, member = EngagementRow, EngagementScopeRow, EngagementMemberRow
    found: list[ColumnElement[bool]] = []
    if asked.kind is not None:
        found.append(head.kind == asked.kind)
    if asked.part_of is not None:
        found.append(head.part_of == asked.part_of)
    for what, code in (("region", asked.region), ("fund", asked.fund)):
        if code is not None:
            of_it = [scope.county_code == head.county_code, scope.engagement_id == head.id, scope.what == what]
            held = exists().where(*of_it, scope.code == code)
            # An engagement that names no fund is about every fund.
            found.append(held if what == "region" else or_(held, ~exists().where(*of_it)))
    if asked.person is not None:
        found.append(
            exists().where(
                member.county_code == head.county_code,
                member.engagement_id == head.id,
                member.person == asked.person,
                member.position <= moment.position,
                member.from_on <= moment.as_of,
                or_(
                    member.until_on.is_(None),
                    member.until_on >= moment.as_of,
                    member.ended_position > moment.position,
                ),
            )
        )
    if asked.overdue is not None:
        late = _overdue(moment)
        found.append(late if asked.overdue else ~late)
    return found


def _overdue(moment: Moment) -> ColumnElement[bool]:
    """The last day known by the moment is over, and no end that two people agreed to was there."""
    head, period, document = EngagementRow, EngagementPeriodRow, EngagementDocumentRow
    ends_on = (
        select(period.ends_on)
        .where(
            period.county_code == head.county_code,
            period.engagement_id == head.id,
            or_(
                period.period_no == 1,
                and_(
                    period.decision.is_distinct_from("returned"),
                    period.decided_position <= moment.position,
                    period.decided_on <= moment.as_of,
                ),
            ),
        )
        .order_by(period.period_no.desc())
        .limit(1)
        .scalar_subquery()
    )
    over = exists().where(
        document.county_code == head.county_code,
        document.engagement_id == head.id,
        *_ended(moment),
    )
    return and_(ends_on < moment.as_of, ~over)


def _ended(moment: Moment) -> tuple[ColumnElement[bool], ...]:
    """A conclusion or termination to which another person had agreed by the moment."""
    document = EngagementDocumentRow
    return (
        document.paper.in_(sorted(ENDINGS)),
        document.verdict == "agreed",
        document.checked_position <= moment.position,
        document.checked_on <= moment.as_of,
    )


async def parts_of(
    session: AsyncSession, county: str, engagements: Collection[UUID], *, whole: bool = True
) -> Mapping[UUID, Parts]:
    """What belongs to these engagements; without `whole` documents come without what they say."""
    found: dict[UUID, Parts] = defaultdict(Parts)
    if not engagements:
        return found
    scope, period, member, document = (
        EngagementScopeRow,
        EngagementPeriodRow,
        EngagementMemberRow,
        EngagementDocumentRow,
    )
    for row in await session.scalars(
        select(scope).where(scope.county_code == county, scope.engagement_id.in_(engagements)).order_by(scope.code)
    ):
        found[row.engagement_id].scope.append(row)
    for spell in await session.scalars(
        select(period)
        .where(period.county_code == county, period.engagement_id.in_(engagements))
        .order_by(period.period_no)
        .execution_options(populate_existing=True)
    ):
        found[spell.engagement_id].periods.append(spell)
    for person in await session.scalars(
        select(member)
        .where(member.county_code == county, member.engagement_id.in_(engagements))
        .order_by(member.member_no)
        .execution_options(populate_existing=True)
    ):
        found[person.engagement_id].members.append(person)
    query = (
        select(document)
        .where(document.county_code == county, document.engagement_id.in_(engagements))
        .order_by(document.no)
        .execution_options(populate_existing=True)
    )
    if not whole:
        query = query.options(defer(document.content), defer(document.opinion))
    for paper in await session.scalars(query):
        found[paper.engagement_id].documents.append(paper)
    named = EngagementFindingRow
    for finding in await session.scalars(
        select(named).where(named.county_code == county, named.engagement_id.in_(engagements)).order_by(named.position)
    ):
        found[finding.engagement_id].findings.append(finding)
    return found


async def under(session: AsyncSession, county: str, campaign: UUID, moment: Moment) -> Sequence[EngagementRow]:
    """The parts of a campaign that were planned and known by a moment, by id."""
    head = EngagementRow
    rows = await session.scalars(
        select(head)
        .where(
            head.county_code == county,
            head.part_of == campaign,
            head.planned_on <= moment.as_of,
            head.position <= moment.position,
        )
        .order_by(head.id)
    )
    return rows.all()


async def finding_rows(session: AsyncSession, county: str, findings: Collection[UUID]) -> Sequence[FindingRow]:
    rows = await session.scalars(
        select(FindingRow)
        .where(FindingRow.county_code == county, FindingRow.id.in_(findings))
        .order_by(FindingRow.id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


class FindingSteps(NamedTuple):
    """How far a finding has come, and what it says it comes to: settled once it is confirmed."""

    id: UUID
    amount_fen: int | None
    confirmed_on: date | None
    confirmed_position: int | None
    closed_on: date | None
    closed_position: int | None


async def finding_steps(session: AsyncSession, county: str, findings: Collection[UUID]) -> list[FindingSteps]:
    columns = [getattr(FindingRow, name) for name in FindingSteps._fields]
    rows = await session.execute(
        select(*columns).where(FindingRow.county_code == county, among(FindingRow.id, findings))
    )
    return [FindingSteps(*row) for row in rows]


async def named_in(
    session: AsyncSession, county: str, findings: Collection[UUID], moment: Moment
) -> dict[UUID, tuple[EngagementRow, date | None]]:
    """The engagement in which each finding was made, as known by a moment, and since when it is terminated, if it is.

    One made in none is absent.
    """
    named, head, document = EngagementFindingRow, EngagementRow, EngagementDocumentRow
    rows = await session.execute(
        select(named.finding_id, head, document.checked_on)
        .join(head, (head.county_code == named.county_code) & (head.id == named.engagement_id))
        .outerjoin(
            document,
            and_(
                document.county_code == head.county_code,
                document.engagement_id == head.id,
                document.paper == "termination",
                *_ended(moment),
            ),
        )
        .where(
            named.county_code == county,
            named.finding_id.in_(findings),
            named.position <= moment.position,
            named.named_on <= moment.as_of,
        )
    )
    return {finding: (row, terminated_on) for finding, row, terminated_on in rows}


async def add(
    session: AsyncSession,
    head: dict[str, Any],
    scope: Sequence[dict[str, Any]],
    period: dict[str, Any],
    members: Sequence[dict[str, Any]],
) -> None:
    await session.execute(insert(EngagementRow).values(head))
    await session.execute(insert(EngagementScopeRow), list(scope))
    await session.execute(insert(EngagementPeriodRow).values(period))
    if members:
        await session.execute(insert(EngagementMemberRow), list(members))


async def add_period(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(insert(EngagementPeriodRow).values(row))


async def decide_period(session: AsyncSession, row: EngagementPeriodRow, told: Mapping[str, Any]) -> None:
    """What somebody else said of another last day; the database takes it once."""
    period = EngagementPeriodRow
    await session.execute(
        update(period)
        .where(
            period.county_code == row.county_code,
            period.engagement_id == row.engagement_id,
            period.period_no == row.period_no,
        )
        .values(told)
    )


async def add_member(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(insert(EngagementMemberRow).values(row))


async def end_member(session: AsyncSession, row: EngagementMemberRow, until_on: date, by: str) -> None:
    member = EngagementMemberRow
    await session.execute(
        update(member)
        .where(
            member.county_code == row.county_code,
            member.engagement_id == row.engagement_id,
            member.member_no == row.member_no,
        )
        .values(until_on=until_on, ended_by=by)
    )


async def next_no(session: AsyncSession, head: EngagementRow) -> int:
    """The next number of a document of a locked engagement."""
    found: int | None = await session.scalar(
        update(EngagementRow)
        .where(EngagementRow.county_code == head.county_code, EngagementRow.id == head.id)
        .values(last_no=EngagementRow.last_no + 1)
        .returning(EngagementRow.last_no)
    )
    return found or 0


async def engagement_of(session: AsyncSession, county: str, finding: UUID) -> UUID | None:
    """The engagement in which a finding was made."""
    named = EngagementFindingRow
    query = select(named.engagement_id).where(named.county_code == county, named.finding_id == finding)
    return await session.scalar(query)


async def scope_of(session: AsyncSession, county: str, engagement: UUID) -> tuple[list[str], list[str]]:
    """The places and the funds that an engagement looks at."""
    scope = EngagementScopeRow
    rows = await session.scalars(select(scope).where(scope.county_code == county, scope.engagement_id == engagement))
    found: dict[str, list[str]] = {"region": [], "fund": []}
    for row in rows:
        found[row.what].append(row.code)
    return found["region"], found["fund"]


async def alerts_of(session: AsyncSession, row: FindingRow) -> list[UUID]:
    """The alerts that the latest version of a finding names."""
    version = FindingVersionRow
    named = await session.scalar(
        select(version.alert_ids).where(
            version.county_code == row.county_code,
            version.finding_id == row.id,
            version.version_no == row.version_no,
        )
    )
    return list(named or ())


async def alerted_at(session: AsyncSession, county: str, alerts: Collection[UUID]) -> tuple[set[str], set[str]]:
    """The places and the funds that some alerts are about."""
    alert = AlertRow
    rows = await session.execute(
        select(alert.region_code, alert.fund_code)
        .where(alert.county_code == county, among(alert.id, alerts))
        .distinct()
    )
    found = [(row.region_code, row.fund_code) for row in rows]
    return {region for region, _ in found}, {fund for _, fund in found if fund}


async def name_finding(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(insert(EngagementFindingRow).values(row))


async def add_document(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(insert(EngagementDocumentRow).values(row))


async def add_to_document(session: AsyncSession, head: EngagementRow, no: int, said: Mapping[str, Any]) -> None:
    """What became of a document: its review, or its delivery; the database takes each once."""
    document = EngagementDocumentRow
    await session.execute(
        update(document)
        .where(document.county_code == head.county_code, document.engagement_id == head.id, document.no == no)
        .values(said)
    )
