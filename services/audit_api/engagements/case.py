"""An engagement in hand: loaded and locked for an act, with its documents, team and the values of its county."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.engagements import shown, store
from services.audit_api.engagements.refusals import MemberUndeclared, NotOnTeam, RecusalNeeded, TeamTooSmall
from services.audit_api.engagements.schemas import EngagementRole
from services.audit_api.engagements.stages import OF_A_UNIT, Doc, EngagementKind, EngagementPaper
from services.audit_api.engagements.store import Parts
from services.audit_api.leads import store as leads
from services.audit_api.leads.recusal import Recusal
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.tables import EngagementMemberRow, EngagementPeriodRow, EngagementRow
from treasury.policy import PolicyValue, in_force

_KEYS = ("engagement_", "auditee_reply_days", "decision_ruling_days")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an engagement: who takes it, under which key, in which transaction, on which day."""

    tx: AsyncSession
    who: Principal
    act: Act
    county: str
    engagement: UUID
    today: date


@dataclass(frozen=True, slots=True)
class About:
    """What an engagement looks into, as far as somebody may be tied to it."""

    unit_id: UUID | None
    unit_name: str | None
    regions: tuple[str, ...]
    title: str

    @property
    def named(self) -> str:
        return self.unit_name or self.title


@dataclass(frozen=True, slots=True)
class Case:
    """What an act is judged by."""

    head: EngagementRow
    parts: Parts
    values: Sequence[PolicyValue]

    @property
    def kind(self) -> EngagementKind:
        return EngagementKind(self.head.kind)

    @property
    def of_a_unit(self) -> bool:
        """Whether it looks at one unit, hears it and decides about it."""
        return self.kind in OF_A_UNIT and self.head.auditee_unit_id is not None

    @property
    def docs(self) -> list[Doc]:
        by_ref = {str(one.ref): one for one in self.values}
        return [shown.doc_of(row, shown.ALL, by_ref) for row in self.parts.documents]

    @property
    def period(self) -> EngagementPeriodRow:
        return shown.period_at(self.parts.periods, shown.ALL)

    @property
    def about(self) -> About:
        regions = tuple(one.code for one in self.parts.scope if one.what == "region")
        return About(self.head.auditee_unit_id, self.head.auditee_name, regions, self.head.title)

    def value(self, key: str, on: date) -> PolicyValue | None:
        """The value of a key in the county on a day; of a key per kind, that of this kind."""
        return in_force(self.values, key, self.head.county_code, on)

    def team(self, on: date) -> list[EngagementMemberRow]:
        return shown.there(self.parts.members, Moment(on))

    def must_be_on_team(self, person: str, on: date, *, lead: bool = False) -> None:
        """Refuse whoever is not on the team on the day of the step (for some steps: does not lead it)."""
        if not any(one.person == person and (not lead or one.role == EngagementRole.LEAD) for one in self.team(on)):
            raise NotOnTeam(person, on, lead)

    def last_act_on(self, person: str) -> date | None:
        """The last day on which a person acted as a member: drew something up, reviewed a paper or named a finding."""
        days = [one.done_on for one in self.parts.documents if one.made_by == person]
        days += [
            one.checked_on
            for one in self.parts.documents
            if one.checked_on and one.checked_by == person and one.paper == EngagementPaper.WORKING_PAPER
        ]
        days += [one.named_on for one in self.parts.findings if one.named_by == person]
        return max(days, default=None)

    async def must_be_enough(self, tx: AsyncSession, on: date) -> None:
        """Refuse to start or to take evidence without a lead, or with fewer people than the law asks for.

        Whoever has declared a tie since joining keeps off (回避), and is not one of them on any day.
        """
        joined = self.team(on)
        persons = [one.person for one in joined]
        ties = await leads.ties(
            tx, self.head.county_code, persons, self.about.unit_id, self.about.unit_name, self.about.regions
        )
        tied = {one.person for one in ties if one.is_related}
        team = [one for one in joined if one.person not in tied]
        least = self.value(f"engagement_team_min_n.{self.kind}", on)
        least_n = least.number if least else 1
        leads_n = sum(one.role == EngagementRole.LEAD for one in team)
        if not leads_n or len(team) < least_n:
            raise TeamTooSmall(on, len(team), leads_n, len(joined) - len(team), least_n, least.source if least else "")


async def load(step: Step, *, lock: bool = True) -> Case:
    """The engagement with all that belongs to it; locked, nobody else adds to it before the commit."""
    head = await store.one(step.tx, step.who, step.county, step.engagement, lock=lock)
    if head is None:
        raise Missing("监督项目", str(step.engagement))
    parts = (await store.parts_of(step.tx, step.county, [step.engagement]))[step.engagement]
    return Case(head, parts, await policies.values(step.tx, *_KEYS, region=step.county))


async def must_be_free(tx: AsyncSession, county: str, about: About, persons: Mapping[str, UUID | None]) -> None:
    """Refuse members of the audited unit, those tied to it or to a place that is looked into, and who declared nothing.

    审计法 (2021) art 15: 与被审计单位或者审计事项有利害关系的，应当回避. `persons` are logins with their units, where
    these are known. Who may write here alone can declare, so whoever did is a login that could open the engagement,
    and has said of which unit. What the tie is, is told to nobody.
    """
    ties = await leads.ties(tx, county, list(persons), about.unit_id, about.unit_name, about.regions)
    for one in ties:
        if not one.has_declared:
            raise MemberUndeclared(one.person)
    _must_be_untied(about, persons, ties)


async def must_act_free(tx: AsyncSession, who: Principal, county: str, about: About) -> None:
    """Refuse a step by whoever belongs to the audited unit by the login, or is tied to it."""
    if who.unit is not None and who.unit == about.unit_name:
        raise RecusalNeeded(who.subject, about.named, "为该单位人员")
    ties = await leads.ties(tx, county, [who.subject], about.unit_id, about.unit_name, about.regions)
    _must_be_untied(about, {who.subject: None}, ties)


def _must_be_untied(about: About, persons: Mapping[str, UUID | None], ties: Sequence[Recusal]) -> None:
    for person, own in persons.items():
        if own is not None and own == about.unit_id:
            raise RecusalNeeded(person, about.named, "为该单位人员")
    for one in ties:
        if one.is_related:
            raise RecusalNeeded(one.person, about.named, "已作回避申报")
