"""Shapes of units and accounts on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Day, Line, RegionCode
from chassis.pages import Page
from services.funds_api.moments import Known


class UnitKind(StrEnum):
    """Who can hold money. `households` is the one holder of all cards of a township; `outside` is beyond the county.

    `bank` is money in transit, `retention` a quality deposit (质保金): both are unspent. `project_unit` is a project,
    whose account may pool several funds (统筹整合).
    """

    TREASURY = "treasury"
    DEPARTMENT = "department"
    TOWNSHIP_OFFICE = "township_office"
    VILLAGE_COLLECTIVE = "village_collective"
    PROJECT_UNIT = "project_unit"
    BANK = "bank"
    RETENTION = "retention"
    CONTRACTOR = "contractor"
    HOUSEHOLDS = "households"
    OUTSIDE = "outside"


# 到达施工单位或农户才算支出（重庆市财政局 2020-03-30 口径）；退出本县的资金不再停留在任何单位。
TERMINAL: Final = frozenset({UnitKind.CONTRACTOR, UnitKind.HOUSEHOLDS, UnitKind.OUTSIDE})


class Book(StrEnum):
    """quota: 指标, the right to spend; cash: 资金."""

    QUOTA = "quota"
    CASH = "cash"


class HolderNature(StrEnum):
    """Whose an account is: a unit's (单位账户), a person's (个人账户), or no account at all but cash (现金)."""

    UNIT = "unit"
    PERSONAL = "personal"
    CASH = "cash"


class AccountRequest(Body):
    name: Line
    book: Book = Book.CASH
    holder_nature: HolderNature | None = Field(
        default=None, description="账户性质：unit 单位账户，personal 个人账户，cash 现金；省略表示未说明"
    )


class UnitRequest(Body):
    """A unit with the accounts it holds."""

    region_code: RegionCode
    name: Line
    kind: UnitKind
    accounts: Annotated[list[AccountRequest], Field(min_length=1, max_length=20)]
    opened_on: Day | None = Field(default=None, description="开立之日，区划代码须在该日有效；省略表示今天")

    @model_validator(mode="after")
    def _each_account_once(self) -> Self:
        if len({one.name for one in self.accounts}) != len(self.accounts):
            msg = "同一单位的账户名称不得重复"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _nature_of_cash_accounts(self) -> Self:
        if any(
            one.holder_nature and (one.book != Book.CASH or self.kind == UnitKind.HOUSEHOLDS) for one in self.accounts
        ):
            msg = "账户性质只填写资金账户；指标账户、农户卡折不填写"
            raise ValueError(msg)
        return self


class Account(Answer):
    id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    unit_name: str
    name: str
    book: Book
    kind: UnitKind
    holder_nature: HolderNature | None = Field(default=None, description="账户性质；为 null 表示开立时未说明")


class Unit(Answer):
    id: UUID
    county_code: str
    region_code: str
    name: str
    kind: UnitKind
    accounts: list[Account]


class UnitPage(Page):
    items: list[Unit]


class AccountPage(Page):
    items: list[Account]


class Balance(Answer, Known):
    """What rests in an account on a day, with its proof: Σ of the lots against the account's own figure."""

    account: Account
    as_of: date
    balance_fen: int
    held_fen: int = Field(description="其中已为支付冻结")
    available_fen: int = Field(description="其中未冻结：balance_fen 减 held_fen")
    lots_fen: int
    unexplained_fen: int
    resting_fen_days: int = Field(description="Σ 余额 × 已停留天数，单位：分·天")
    charged_fen_days: int = Field(description="已转出资金在本账户停留的分·天，由本单位承担")


class NatureRequest(Body):
    """Whose the account is from a day on, by a document; what was said of that day before is corrected by it."""

    holder_nature: HolderNature
    from_on: Day
    document: Line = Field(description="依据（开户许可证、银行查询回单、核查记录等）")


class Nature(Answer):
    """Whose an account is, from a day until the next one; without a day as said when it was opened."""

    account_id: UUID
    holder_nature: HolderNature | None = Field(description="为 null 表示开立时未说明")
    from_on: date | None
    until_on: date | None = Field(description="自该日起由下一条代替；为 null 表示至今")
    document: str | None
    recorded_by: str | None
    recorded_on: date | None


class NaturePage(Answer, Known):
    """What is known of an account's nature until a day, by day, the first as it was opened."""

    account_id: UUID
    as_of: date
    items: list[Nature]
