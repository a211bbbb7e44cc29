"""How each kind of frozen answer is laid out on paper: which facts it opens with, and which tables it has. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from services.audit_api.extracts.questions import Subject
from services.audit_api.reports.model import Column, Kind

Told: TypeAlias = Mapping[str, Any]
MOVED: Final[Mapping[str, str]] = {
    "receive": "来文入账",
    "hand_down": "分解下达、拨付",
    "order": "支付令",
    "pay": "支付",
    "disburse": "到户发放",
    "retain": "预留质保金",
    "return": "退回",
    "recover": "追缴",
    "take_back": "收回",
    "carry_over": "结转",
    "reverse": "冲正",
    "succeed": "移交",
}
PAID: Final[Mapping[str, str]] = {
    "paid": "已发放",
    "reversed": "已冲正",
    "returned": "已退回",
    "reissued": "退回后已重发",
    "recovered": "已追缴",
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": MOVED,
    "status": PAID,
    "book": {"quota": "指标账", "cash": "资金账"},
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what an answer opens with: where the answer keeps it, and what it is called."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: where its rows come from, its columns by the path in a row, and which rows are in the totals.

    `ties` is the column whose total the answer's own total has to be; None where the rows are no parts of it.
    """

    heading: str
    rows: Callable[[Told], Sequence[Told]]
    columns: tuple[Column, ...]
    empty_because: str
    ties: str | None = None
    counted: Callable[[Told], bool] = lambda _: True


def within(told: Told, path: str) -> Any:
    """What lies under a path like `from_end.unit_name`, in words where a code has some; None where there is nothing."""
    found: Any = told
    for name in path.split("."):
        if found is None:
            return None
        found = found.get(name)
    words = _WORDS.get(path.rpartition(".")[2])
    return words.get(found, found) if words and isinstance(found, str) else found


def _text(key: str, heading: str, width: int) -> Column:
    return Column(key, heading, Kind.TEXT, width)


def _day(key: str, heading: str) -> Column:
    return Column(key, heading, Kind.DAY, 6)


def _fen(key: str, heading: str, *, summed: bool = True) -> Column:
    return Column(key, heading, Kind.FEN, 9, summed=summed)


def _count(key: str, heading: str, *, summed: bool = False) -> Column:
    return Column(key, heading, Kind.COUNT, 4, summed=summed)


def _listed(key: str) -> Callable[[Told], Sequence[Told]]:
    return lambda told: list(told[key])


def _hops(told: Told) -> list[Told]:
    """The steps of every way, the fen of a way on its first step alone."""
    return [
        {**hop, "way": number, "notice": way["notice"], "amount_fen": None if at else way["amount_fen"]}
        for number, way in enumerate(told["ways"], 1)
        for at, hop in enumerate([*way["earlier"], *way["hops"]])
    ]


def _nodes(told: Told) -> list[Told]:
    return list(_below(told["root"], 0))


def _below(node: Told, depth: int) -> Iterator[Told]:
    yield {**node, "name": "　" * depth + node["name"], "depth": depth}
    for child in node["children"]:
        yield from _below(child, depth + 1)


def _tranches(told: Told) -> list[Told]:
    return [
        {**tranche, "notice": notice["document_number"] or notice["title"], "issuer": notice["issuer"]}
        for notice in told["notices"]
        for tranche in notice["tranches"]
    ]


def _whereabouts(told: Told) -> list[Told]:
    """Every place of every bound lot; what went over out of sight is a place of that county."""
    return [
        {**place, "bound": lot["lot_id"], "place": place.get("unit_name") or "已移交该县"}
        for lot in told["lots"]
        for place in (*lot["rests"], *lot["went_over"])
    ]


_UNEXPLAINED: Final = Fact("unexplained_fen", "差额（应为零）")
FACTS: Final[Mapping[Subject, tuple[Fact, ...]]] = {
    Subject.LOT: (
        Fact("lot_id", "资金批次"),
        Fact("fund_code", "资金"),
        Fact("received_on", "收到来文资金之日"),
        Fact("amount_fen", "到达本账户的金额"),
        Fact("sentence", "各单位停留天数"),
        _UNEXPLAINED,
    ),
    Subject.BALANCE: (
        Fact("account.unit_name", "单位"),
        Fact("account.name", "账户"),
        Fact("account.book", "账簿"),
        Fact("balance_fen", "余额"),
        Fact("held_fen", "其中已冻结"),
        Fact("available_fen", "其中可用"),
        Fact("lots_fen", "各资金批次之和"),
        _UNEXPLAINED,
    ),
    Subject.TRANCHE: (
        Fact("document", "资金文件"),
        Fact("fund_code", "资金"),
        Fact("fiscal_year", "预算年度"),
        Fact("purpose", "用途"),
        Fact("received_on", "收到日期"),
        Fact("received_fen", "收到的金额"),
        Fact("resting_fen", "停留在各单位账户"),
        Fact("spent_fen", "已到施工单位或农户"),
        Fact("outside_fen", "已退出本县"),
        _UNEXPLAINED,
    ),
    Subject.TRACE: (
        Fact("payment_id", "支付（批次-行号）"),
        Fact("payee", "收款人（已脱敏）"),
        Fact("amount_fen", "支付金额"),
        Fact("traced_fen", "已追溯到来文的金额"),
        Fact("returned_fen", "其中已退回"),
        Fact("recovered_fen", "其中已追缴"),
        Fact("reversed_by", "整批冲正的业务"),
        Fact("reissued_as", "退回后重发的支付"),
        _UNEXPLAINED,
    ),
    Subject.TREE: (
        Fact("root.name", "区划"),
        Fact("root.received_fen", "收到的资金"),
        Fact("root.spent_fen", "已支付给施工单位、已到户"),
        Fact("root.resting_fen", "结存"),
        Fact("root.unexplained_fen", "差额（应为零）"),
    ),
    Subject.MOVEMENT: (
        Fact("id", "业务编号"),
        Fact("kind", "业务种类"),
        Fact("document", "依据文件"),
        Fact("effective_on", "业务日期"),
        Fact("from_end.unit_name", "转出单位"),
        Fact("to_end.unit_name", "转入单位"),
        Fact("amount_fen", "金额"),
        Fact("use", "资金用途"),
        Fact("batch_id", "发放批次"),
        Fact("reverses_id", "所冲正的业务"),
        Fact("reversed_by.document", "冲正本业务的文件"),
        Fact("reversed_by.effective_on", "冲正日期"),
        _UNEXPLAINED,
    ),
    Subject.DOCUMENT: (
        Fact("document", "文号"),
        Fact("received_fen", "该文号带来的资金"),
        Fact("resting_fen", "其中停留在各单位账户"),
        Fact("spent_fen", "其中已到施工单位或农户"),
        Fact("outside_fen", "其中已退出本县"),
        Fact("left_out_n", "未逐笔列出的业务（笔）"),
        _UNEXPLAINED,
    ),
    Subject.HOUSEHOLD: (
        Fact("household_id", "农户编号"),
        Fact("head", "户主（已脱敏）"),
        Fact("region_code", "居住的村"),
        Fact("persons_n", "在册人数"),
        Fact("paid_fen", "收到的各笔之和"),
        Fact("returned_fen", "其中已退回"),
        Fact("recovered_fen", "其中已追缴"),
        Fact("kept_fen", "该户留有"),
        Fact("elsewhere_fen", "管辖范围以外的单位支付"),
        _UNEXPLAINED,
    ),
    Subject.FINDING: (Fact("finding_id", "问题编号"), Fact("bound_fen", "问题认定的金额"), _UNEXPLAINED),
}
TABLES: Final[Mapping[Subject, tuple[Table, ...]]] = {
    Subject.LOT: (
        Table(
            "停留经过",
            _listed("stays"),
            (
                _text("unit_name", "停留单位", 12),
                _text("document", "到账文件", 12),
                _day("arrived_on", "到账日期"),
                _day("left_on", "转出日期"),
                _count("days", "天数", summed=True),
            ),
            "该时点以前没有停留",
        ),
        Table(
            "到账以后的去向",
            _listed("parts"),
            (
                _text("to_unit", "转入单位", 16),
                _day("left_on", "转出日期"),
                _count("days_here", "停留天数"),
                _fen("fen", "金额（元）"),
            ),
            "没有去向",
            ties="fen",
        ),
    ),
    Subject.BALANCE: (),
    Subject.TRANCHE: (),
    Subject.TRACE: (
        Table(
            "资金来路",
            _hops,
            (
                _count("way", "来路"),
                _text("notice", "来文", 9),
                _fen("amount_fen", "金额（元）"),
                _text("kind", "业务", 5),
                _text("document", "依据文件", 9),
                _day("effective_on", "业务日期"),
                _text("from_unit", "转出单位", 8),
                _text("to_unit", "转入单位", 8),
                _count("days_rested", "停留天数"),
            ),
            "该时点以前尚未支付",
            ties="amount_fen",
        ),
    ),
    Subject.TREE: (
        Table(
            "逐级收支",
            _nodes,
            (
                _text("name", "区划或单位", 14),
                _fen("received_fen", "收到（元）"),
                _fen("spent_fen", "支出（元）"),
                _fen("resting_fen", "结存（元）"),
                _fen("unexplained_fen", "差额（元）"),
            ),
            "没有资金",
            ties="received_fen",
            counted=lambda node: not node["depth"],  # what lies below a place is part of its own figures
        ),
    ),
    Subject.MOVEMENT: (
        Table(
            "动用的资金批次",
            _listed("parts"),
            (
                _text("notice", "资金文件", 14),
                _text("fund_code", "资金", 6),
                _count("fiscal_year", "年度"),
                Column("from_lot_id", "转出批次", Kind.ID, 6),
                Column("lot_id", "转入批次", Kind.ID, 6),
                _count("days_rested", "停留天数"),
                _fen("amount_fen", "金额（元）"),
            ),
            "没有资金批次",
            ties="amount_fen",
        ),
        Table(
            "资金来自哪些文件",
            _listed("sources"),
            (
                _text("notice", "资金文件", 14),
                _text("issuer", "发文机关", 10),
                _text("fund_code", "资金", 6),
                _fen("amount_fen", "金额（元）"),
            ),
            "没有来文",
            ties="amount_fen",
        ),
    ),
    Subject.DOCUMENT: (
        Table(
            "带来的资金",
            _tranches,
            (
                _text("notice", "资金文件", 9),
                _text("issuer", "发文机关", 7),
                _text("purpose", "用途", 7),
                _fen("received_fen", "收到（元）"),
                _fen("resting_fen", "停留（元）"),
                _fen("spent_fen", "支出（元）"),
                _fen("outside_fen", "退出本县（元）"),
            ),
            "该文号没有给本县带来资金",
            ties="received_fen",
        ),
        # Money that was handed down and then paid is the same money: kinds are not added up, nor are their rows.
        Table(
            "据以办理的业务（按种类）",
            _listed("by_kind"),
            (
                _text("kind", "业务种类", 10),
                _count("movements_n", "笔数", summed=True),
                _fen("amount_fen", "金额（元）", summed=False),
                _fen("undone_fen", "已冲正（元）", summed=False),
                _fen("stands_fen", "现存（元）", summed=False),
            ),
            "没有以该文号办理的业务",
        ),
        Table(
            "据以办理的业务（逐笔）",
            _listed("movements"),
            (
                Column("id", "业务编号", Kind.ID, 6),
                _text("kind", "业务种类", 7),
                _day("effective_on", "业务日期"),
                _text("from_end.unit_name", "转出单位", 10),
                _text("to_end.unit_name", "转入单位", 10),
                _fen("amount_fen", "金额（元）", summed=False),
                _text("reversed_by.document", "冲正文件", 7),
            ),
            "没有以该文号办理的业务",
        ),
    ),
    Subject.HOUSEHOLD: (
        Table(
            "收到的资金",
            _listed("items"),
            (
                _day("effective_on", "发放日期"),
                _text("payee", "收款人", 3),
                _text("card", "账户末四位", 5),
                _text("paid_by", "付款单位", 8),
                _text("document", "依据文件", 8),
                _text("entitlement", "补贴项目", 7),
                _text("status", "状态", 4),
                _fen("amount_fen", "金额（元）"),
                _fen("returned_fen", "退回（元）"),
                _fen("recovered_fen", "追缴（元）"),
                _fen("kept_fen", "留有（元）"),
            ),
            "该时点以前没有收到资金",
            ties="amount_fen",
            counted=lambda item: item["reversed_by"] is None,
        ),
    ),
    Subject.FINDING: (
        Table(
            "认定的资金批次",
            _listed("lots"),
            (
                Column("lot_id", "资金批次", Kind.ID, 8),
                _fen("amount_fen", "该批次金额（元）"),
                _fen("bound_fen", "其中认定（元）"),
                _fen("unexplained_fen", "差额（元）"),
            ),
            "该问题没有认定资金批次",
            ties="bound_fen",
        ),
        # Of all the fen of each lot, and a lot may have come of another one: they are no parts of what is bound.
        Table(
            "资金现在何处",
            _whereabouts,
            (
                Column("bound", "认定的批次", Kind.ID, 6),
                _text("county_code", "县", 5),
                _text("place", "单位", 12),
                Column("lot_id", "现在的批次", Kind.ID, 6),
                _fen("fen", "金额（元）", summed=False),
            ),
            "没有资金",
        ),
    ),
}
