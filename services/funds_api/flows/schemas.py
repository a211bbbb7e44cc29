"""Shapes of the tree and the graph of flows on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.funds_api.moments import Known


class PaidBy(Answer):
    """What households living in one place kept of what the desks of one place, the same or one above, paid them."""

    region_code: str = Field(description="支付单位所在区划：本村，或其上的乡镇、县")
    fen: int = Field(description="净额：已扣除按名册行退回的")
    payments_n: int


class TreeNode(Answer):
    """A place with everything below it, its own desks (本级), or the households or contractors these have paid."""

    kind: Literal["county", "township", "village", "own", "households", "contractors"]
    region_code: str
    name: str
    received_fen: int = Field(default=0, description="从本节点以外收到")
    received_from_above_fen: int = Field(default=0, description="其中由上一级本级直接拨给本区划（含其下级）的")
    came_back_fen: int = Field(default=0, description="从本节点以外退回、收回到本节点的")
    passed_on_fen: int = Field(default=0, description="由本级拨给下级区划的（含越级）")
    spent_fen: int = Field(default=0, description="已支付给施工单位、已到户的净额")
    returned_fen: int = Field(default=0, description="退回、被收回到本节点以外的")
    moved_out_fen: int = Field(default=0, description="拨给本节点以外、又不在其下级的（如统筹调剂给平级区划）")
    carried_fen: int = Field(default=0, description="按年度筛选时：自上年结转而来减去结转下年")
    resting_fen: int = Field(default=0, description="结存：仍停留在各单位账上的，含已开支付令、银行尚未支付的在途资金")
    unexplained_fen: int = Field(
        description="区划：received + came_back + carried − returned − moved_out − spent − resting；"
        "本级（own）另减 passed_on。恒为 0"
    )
    payments_n: int | None = Field(
        default=None, description="已到户笔数；按年度筛选时，一笔由几个年度的资金支付的，各该年度都计"
    )
    households_fen: int | None = Field(
        default=None,
        description="住在本区划（含其下级）的农户收到的净额，不论由哪一级支付：与 spent_fen 并列，不另计入收支；"
        "按年度筛选时，是其中由该年度资金支付的",
    )
    households_from_above_fen: int | None = Field(default=None, description="其中由上级区划的单位支付的")
    paid_by: list[PaidBy] = Field(
        default_factory=list,
        description="住在本区划（不含其下级）的农户由哪些区划的单位支付。一个区划对各地农户支付之和，"
        "减去其 households 节点的 recovered_fen，即该节点的 spent_fen",
    )
    recovered_fen: int = Field(
        default=0, description="households 节点：未按名册行退回、而由农户账户追缴的，不属于哪一户"
    )
    children: list[TreeNode] = Field(default_factory=list)


class FlowTree(Answer, Known):
    """Where the money of a place went, level by level: each level is the sum of its parts, to the fen."""

    county_code: str
    as_of: date
    fund_code: str | None
    fiscal_year: int | None
    resting_from: Literal["balances", "flows"] = Field(
        description="balances：结存取自账户余额，与流量相互印证；flows：按资金或年度筛选时，结存由流量推得"
    )
    root: TreeNode
    empty_because: str | None = None


class Side(StrEnum):
    """By which of its sides a place is asked: the desks that paid, or the households that got it."""

    DESK = "desk"
    HOME = "home"


class PaidHousehold(Answer):
    """A household and all that it was paid by, or living in, the place; it kept what did not come back."""

    household_id: UUID
    payee: str = Field(description="最近一次发放的收款人（脱敏）")
    region_code: str = Field(description="最近一次发放时所在的村")
    region_name: str
    payments_n: int
    received_fen: int
    returned_fen: int = Field(description="其中已逐户退回（退汇、追缴）的金额")
    spent_fen: int = Field(description="净额：received_fen 减去 returned_fen")
    last_paid_on: date
    last_payment_id: str = Field(description="最近一笔支付（批次-行号），可据此追溯")
    desks: list[str] = Field(description="由哪些区划的单位支付")


class PaidHouseholds(Page, Known):
    """What the tree tells of households at a place, opened household by household: by its desks, or living in it."""

    county_code: str
    region_code: str
    side: Side = Field(description="desk：该区划本级支付的农户；home：住在该区划（含其下级）的农户，不论由哪一级支付")
    name: str
    as_of: date
    fund_code: str | None
    households_n: int
    received_fen: int = Field(description="各户收到的合计：逐页 items 之和")
    returned_fen: int = Field(description="其中已逐户退回（退汇、追缴）的合计")
    recovered_fen: int = Field(description="未按名册行退回、而由农户账户追缴或退回的金额")
    spent_fen: int = Field(
        description="资金树中的净额。desk：该区划 households 节点的 spent_fen；home：该区划的 households_fen"
    )
    unexplained_fen: int = Field(description="spent_fen 减去（received_fen − returned_fen − recovered_fen），恒为 0")
    items: list[PaidHousehold]


class GraphBy(StrEnum):
    """What a node of the graph is: a level of government, or a unit."""

    LEVEL = "level"
    UNIT = "unit"


class GraphNode(Answer):
    """A place where flows join: what came into it, what went out of it, and what stays."""

    id: str
    name: str
    kind: str = Field(description="received 来文；elsewhere 管辖范围以外；outside 县外；其余为层级或单位类型")
    column: int = Field(description="绘图时的列，自左向右；links 总是从小列到大列")
    in_fen: int
    out_fen: int
    carried_fen: int = Field(default=0, description="按年度筛选时：自上年结转而来减去结转下年")
    rests_fen: int = Field(description="停留在该节点的；农户和施工单位即已支出；边界节点（来文、范围以外、县外）为 0")
    unexplained_fen: int = Field(description="in + carried − out − rests，恒为 0；边界节点不计")


class GraphLink(Answer):
    """Fen from one node to another by one kind of movement, what was undone taken out."""

    source: str
    target: str
    kind: str
    fen: int = Field(gt=0)


class FlowGraph(Answer, Known):
    """The flow of a fund or a year as nodes and links, for a Sankey diagram; what it received ties to tranches."""

    county_code: str
    region_code: str
    as_of: date
    fund_code: str | None
    fiscal_year: int | None
    by: GraphBy
    resting_from: Literal["balances", "flows"]
    received_fen: int = Field(description="来文带来的资金：links 中 kind 为 receive 的合计")
    tranches_fen: int = Field(description="截至所查日期已到账的来文资金（逐笔合计）")
    unexplained_fen: int = Field(description="received_fen 减去 tranches_fen，恒为 0")
    nodes: list[GraphNode]
    links: list[GraphLink]
    back_links: list[GraphLink] = Field(description="逆向流量：退回、收回，以及往返调剂中逆向的一笔；金额为正")
    empty_because: str | None = None
