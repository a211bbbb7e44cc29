"""Shapes of households on the wire: registers come as files, changes as documents, people leave masked."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Day, Line, RegionCode
from chassis.pages import Page
from services.funds_api.households.standings import StandingKind

NEVER_HAS_NO_VALUE: Final = "never 与更正后的内容须填且只填一项"


class ImportReason(Answer):
    code: str
    text: str


class ImportRejected(Answer):
    line: int
    reasons: list[ImportReason]


class ImportAnswer(Answer):
    """What an import did: rows registered, rows sent back. At most 200 of the latter are listed, all are counted."""

    county_code: str
    registered_n: int
    members_n: int = Field(default=0, description="随户主一并登记的家庭成员行数")
    rejected_n: int
    by_reason: dict[str, int] = Field(description="退回原因 → 行数；一行可有多个原因")
    rejected: list[ImportRejected]
    file_sha256: str


class Household(Answer):
    """A registered household as it was on the day asked for, masked. Name, card and phone are its head's."""

    id: UUID
    county_code: str
    region_code: str
    name: str
    id_number: str
    card: str
    phone: str
    persons_n: int = Field(description="当日属于该户的在册成员数")
    declared_n: int | None = Field(description="登记册填报的人口数（含未列名成员）；为空表示由分户而来")
    registered_on: date
    removed_on: date | None
    standing: StandingKind = StandingKind.REGISTERED
    came_from: UUID | None = Field(default=None, description="由哪一户分户而来")


class HouseholdPage(Page):
    as_of: date | None = None
    items: list[Household]


class Role(StrEnum):
    HEAD = "head"
    MEMBER = "member"


class JoinReason(StrEnum):
    """recorded: was counted all along, now named (补录)."""

    RECORDED = "recorded"
    BIRTH = "birth"
    MARRIAGE = "marriage"
    ADOPTION = "adoption"
    RETURN = "return"


class LeaveReason(StrEnum):
    DEATH = "death"
    MARRIAGE = "marriage"
    MOVED = "moved"
    REMOVED = "removed"


class MemberRequest(Body):
    """A person joins a household from a day on. The ID number comes in and never goes out."""

    name: Annotated[Line, Field(max_length=60)]
    id_number: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=40)]
    card: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{8,30}$")] | None = None
    phone: Annotated[str, StringConstraints(strict=True, pattern=r"^1[0-9]{10}$")] | None = None
    joined_on: Day
    reason: JoinReason
    document: Line


class DepartureRequest(Body):
    """People leave a household from a day on; when its head leaves and somebody stays, a new head is named."""

    person_ids: list[UUID] = Field(min_length=1, max_length=30)
    left_on: Day
    reason: LeaveReason
    new_head_id: UUID | None = None
    document: Line


class SplitRequest(Body):
    """Some people of a household become a household of their own (分户), here or in another village of the county."""

    person_ids: list[UUID] = Field(min_length=1, max_length=30)
    head_id: UUID
    new_head_id: Annotated[UUID | None, Field(description="原户户主分出时，原户的新户主")] = None
    region_code: Annotated[RegionCode | None, Field(description="新户所在村；省略为原户所在村")] = None
    effective_on: Day
    document: Line


class MoveRequest(Body):
    """Households move to another village of the county, or (without `region_code`) out of it, from a day on.

    Named one by one, or all that live in `from_region`: a village that was given another code, or is moved whole.
    """

    household_ids: list[UUID] = Field(default_factory=list, max_length=2000)
    from_region: RegionCode | None = None
    region_code: RegionCode | None = None
    effective_on: Day
    document: Line

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.household_ids) == (self.from_region is not None):
            msg = "household_ids 与 from_region 须填且只填一项"
            raise ValueError(msg)
        return self


class HouseholdReason(Body):
    household_id: UUID
    reason: Line


class RemovalRequest(Body):
    """A batch of removals (清退): from `effective_on` the households are paid nothing. Each has its reason."""

    document: Line
    effective_on: Day
    appeal_until: Day | None = None
    households: list[HouseholdReason] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _time_to_appeal(self) -> Self:
        if self.appeal_until is not None and self.appeal_until < self.effective_on:
            msg = "申诉截止日不能早于生效日"
            raise ValueError(msg)
        return self


class ReinstatementRequest(Body):
    """Removed households stand in the register again: an appeal upheld, or a removal taken back."""

    document: Line
    effective_on: Day
    households: list[HouseholdReason] = Field(min_length=1, max_length=1000)


class StandingRequest(Body):
    """Households are judged lifted (脱贫), monitored (监测) or returned (退回、返贫) from a day on."""

    document: Line
    effective_on: Day
    standing: Literal[StandingKind.LIFTED, StandingKind.MONITORED, StandingKind.RETURNED]
    households: list[HouseholdReason] = Field(min_length=1, max_length=1000)


class CorrectedResidence(Body):
    """Where the household lived from `on` on (no `region_code`: outside the county), or that it never moved then."""

    on: Day
    region_code: RegionCode | None = None
    never: bool = Field(default=False, description="该日登记的迁移从未发生")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.never and self.region_code is not None:
            raise ValueError(NEVER_HAS_NO_VALUE)
        return self


class CorrectedStanding(Body):
    """How the household stood from `on` on, or that what is recorded for that day never was."""

    on: Day
    standing: StandingKind | None = None
    appeal_until: Day | None = None
    never: bool = Field(default=False, description="该日登记的状态变动从未发生")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.never == (self.standing is not None):
            raise ValueError(NEVER_HAS_NO_VALUE)
        if self.appeal_until is not None and (self.standing is not StandingKind.REMOVED or self.appeal_until < self.on):
            msg = "申诉截止日只随清退填写，且不能早于生效日"
            raise ValueError(msg)
        return self


class CorrectedMember(Body):
    """What the person was in the household from `on` on (no `role`: not in it), or that it never was so."""

    person_id: UUID
    on: Day
    role: Role | None = None
    never: bool = Field(default=False, description="该日登记的入户、离户或户主变动从未发生")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.never and self.role is not None:
            raise ValueError(NEVER_HAS_NO_VALUE)
        return self


class CorrectionRequest(Body):
    """Earlier facts of a household that were recorded wrongly (更正): what was so instead, by document and reason.

    A wrong day is two entries: that of the wrong day `never` was, and the right day says what began on it.
    """

    document: Line
    reason: Line
    residences: list[CorrectedResidence] = Field(default_factory=list, max_length=20)
    standings: list[CorrectedStanding] = Field(default_factory=list, max_length=20)
    members: list[CorrectedMember] = Field(default_factory=list, max_length=60)

    @property
    def said_on(self) -> list[date]:
        """The days of which it says what was so; a fact that never was may be of any day."""
        told = [(one.on, one.never) for one in self.residences] + [(one.on, one.never) for one in self.standings]
        return [on for on, never in [*told, *((one.on, one.never) for one in self.members)] if not never]

    @model_validator(mode="after")
    def _something_once(self) -> Self:
        days = [("住", one.on) for one in self.residences] + [("态", one.on) for one in self.standings]
        told = [*days, *((one.person_id, one.on) for one in self.members)]
        if not told or len(set(told)) != len(told):
            msg = "至少更正一项，同一事项同一日只写一次"
            raise ValueError(msg)
        return self


class ChangeAnswer(Answer):
    """A document that changed the register: how many households, and its place in the county's journal."""

    act_id: UUID
    document: str
    effective_on: date
    households_n: int
    position: int


class JoinAnswer(Answer):
    household_id: UUID
    person_id: UUID
    joined_on: date
    role: Role


class SplitAnswer(Answer):
    household_id: UUID
    came_from: UUID
    region_code: str
    persons_n: int
    effective_on: date


class Member(Answer):
    """A person of a household, masked. `name` and `id_number` are empty for whoever has moved out of your region."""

    person_id: UUID
    role: Role
    name: str
    id_number: str
    joined_on: date
    left_on: date | None
    reason: str


class Residence(Answer):
    region_code: str | None = Field(description="为空表示已迁出本县")
    from_on: date
    until_on: date | None
    document: str


class Stand(Answer):
    standing: StandingKind
    reason: str
    from_on: date
    until_on: date | None
    document: str
    appeal_until: date | None


class Correction(Answer):
    """A correction of this household's history; what was known before it is asked for by `position` less one."""

    position: int
    document: str
    reason: str
    effective_on: date = Field(description="更正所及的最早日期")


class HouseholdDetail(Answer):
    """A household on a day, with its history as far as it was known: intervals run to the day before the next."""

    as_of: date
    known_position: int | None = Field(description="按该县日志的这一位置所知；为空表示目前所知")
    household: Household
    lives_in: str | None = Field(description="当日居住的村；为空表示已迁出本县")
    members: list[Member]
    residences: list[Residence]
    standings: list[Stand]
    corrections: list[Correction] = Field(default_factory=list)
