"""Chapter 7: one household's 1,000 元 up to its notice; one tranche down to its households, to the fen."""

from __future__ import annotations

from typing import Final

from demo.county import CHENGGUAN, GRANT_FEN, NOTICES, ROSTERS_PAID_ON
from demo.screen import in_wan, in_yuan
from demo.story import Story
from treasury.money import wan, yuan

TITLE = "追溯：从一户的 1,000 元到文件，从一笔资金到每一户"
SEEN_ON: Final = "2017-12-31"
KINDS: Final = {
    "receive": "收到",
    "hand_down": "下达",
    "pay": "支付",
    "disburse": "到户",
    "return": "退回",
    "recover": "收回",
    "reverse": "冲正",
}


def tell(story: Story) -> None:
    _up(story)
    _down(story)


def _up(story: Story) -> None:
    batch = story.batches[f"{CHENGGUAN}/{ROSTERS_PAID_ON.isoformat()}"]
    line = min(batch.file.good)
    trace = story.inspector.get(f"/funds/v1/payments/{batch.id}-{line}/trace", as_of=SEEN_ON)
    story.same(
        "该户金额", (trace["amount_fen"], trace["traced_fen"], trace["unexplained_fen"]), (GRANT_FEN, GRANT_FEN, 0)
    )
    way = trace["ways"][0]
    story.same("来源文件", way["notice"], NOTICES[0].document)
    story.screen.table(
        f"{story.place[CHENGGUAN]} {trace['payee']} 的 {in_yuan(trace['amount_fen'])}：名册第 {trace['line']} 行",
        ("步骤", "业务日期", "依据文件", "转出单位", "转入单位", "在转出单位停留（天）"),
        [
            (
                KINDS[hop["kind"]],
                hop["effective_on"],
                hop["document"],
                hop["from_unit"] or way["issuer"],
                hop["to_unit"],
                "—" if hop["days_rested"] is None else hop["days_rested"],
            )
            for hop in way["hops"]
        ],
        right=(5,),
    )
    story.same("步骤", [hop["kind"] for hop in way["hops"]], ["receive", "hand_down", "disburse"])
    story.must(
        sum(one["amount_fen"] for one in trace["ways"]) == GRANT_FEN,
        f"这 {in_yuan(GRANT_FEN)} 全部追到《{way['notice']}》，{len(way['hops'])} 步，未解释 0 分",
    )


def _down(story: Story) -> None:
    tranche = story.county_tranches[NOTICES[0].document][0]
    path = f"/funds/v1/tranches/{tranche['id']}/trace"
    page = story.inspector.get(path, as_of=SEEN_ON, limit=200)
    whole = page["tranche"]
    rest = [one for one in page["accounts"] if one["fen"]]
    story.same("追溯未解释", (page["unexplained_fen"], whole["unexplained_fen"], page["elsewhere_fen"]), (0, 0, 0))
    story.same("各账户之和", sum(one["fen"] for one in rest), whole["received_fen"])
    place = {"households": "已到户", "contractor": "已支付"}
    story.screen.table(
        f"{whole['document']} {whole['purpose']}：{in_wan(whole['received_fen'])} 现在在哪里",
        ("单位", "性质", "金额（万元）"),
        [
            (one["unit_name"], place.get(one["kind"], "停留"), wan(one["fen"]))
            for one in sorted(rest, key=lambda one: -one["fen"])[:12]
        ],
        right=(2,),
    )
    story.must(
        whole["received_fen"] == whole["resting_fen"] + whole["spent_fen"] + whole["outside_fen"],
        f"{in_wan(whole['received_fen'])} = 停留 {wan(whole['resting_fen'])} + 到户 {wan(whole['spent_fen'])}；"
        f"未解释 {whole['unexplained_fen']} 分",
    )
    _own_part(story, path, whole["received_fen"])


def _own_part(story: Story, path: str, received_fen: int) -> None:
    """夹河镇 reads its own part of the tranche, household by household; the rest it sees as one sum elsewhere."""
    clerk = story.who("jiahe")
    page = clerk.get(path, as_of=SEEN_ON)
    own = sum(one["fen"] for one in page["accounts"])
    story.same("本镇与镇外之和", own + page["elsewhere_fen"], received_fen)
    paid = [one["from_tranche_fen"] for one in clerk.every(path, as_of=SEEN_ON)]
    story.same("各户之和", sum(paid), sum(one["fen"] for one in page["accounts"] if one["kind"] == "households"))
    story.must(
        page["unexplained_fen"] == 0,
        f"夹河镇只看到本镇 {len(paid):,} 户共 {yuan(sum(paid))} 元，逐户相加等于合计；"
        f"镇外只见一个总数 {in_wan(page['elsewhere_fen'])}",
    )
