"""Chapter 2: every published notice is received as printed, and what does not add up stays visible."""

from __future__ import annotations

from demo.published import Notice, notices, published_differences
from demo.screen import in_wan
from demo.story import Story
from treasury.money import wan

TITLE = "接收 24 份公开的资金文件，原样登记"
MENGJIN_FEN = 724_712_484


def tell(story: Story) -> None:
    every = notices()
    rows, differences, received = [], {}, 0
    for notice in story.screen.steps("接收资金文件", every):
        answer = story.who(f"sheng-{notice.clerk_region}").post("/funds/v1/notices", notice.request(story.accounts))
        story.same(
            f"{notice.id} 各笔资金之和", sum(one["amount_fen"] for one in answer["tranches"]), answer["received_fen"]
        )
        story.same(f"{notice.id} 收到金额", answer["received_fen"], notice.brought_fen)
        story.same(f"{notice.id} 未解释金额", answer["unexplained_fen"], 0)
        gaps = [gap["difference_fen"] for gap in answer["discrepancies"]]
        if gaps:
            differences[notice.id] = gaps[0]
        story.same(
            f"{notice.id} 不符项数", len(gaps), len([one for one in published_differences() if one == notice.id])
        )
        received += answer["received_fen"]
        rows.append(_row(notice, answer["received_fen"], len(answer["tranches"]), sum(gaps)))
    story.screen.table(
        "公开的资金文件（金额单位：万元；差额单位：分，明细合计减去印发总额）",
        ("编号", "文件", "印发总额", "收到", "笔数", "入账依据", "差额（分）"),
        rows,
        right=(2, 3, 4, 6),
    )
    story.same("对不上的合计", differences, published_differences())
    story.must(
        len(differences) == 2,  # noqa: PLR2004 - A19 and A29
        f"24 份文件全部入账，共 {in_wan(received)}；两份的印发明细与总额不符，原样保留并显示差额，没有一分钱被调整",
    )
    _mengjin(story)


def _row(notice: Notice, received_fen: int, tranches: int, gap: int) -> tuple[str, ...]:
    stated = wan(notice.stated_fen) if notice.stated_fen is not None else "（未印）"
    by = "明细" if notice.brought_by == "lines" else "来源"
    return notice.id, notice.row["title"], stated, wan(received_fen), str(tranches), by, f"{gap:+,}" if gap else "0"


def _mengjin(story: Story) -> None:
    """孟津 724.712484 万元 comes back exactly, read anew."""
    reader = story.who("sheng-41")
    listed = reader.every("/funds/v1/notices")
    found = next(notice for notice in listed if notice["title"].startswith("孟津县"))
    whole = reader.get(f"/funds/v1/notices/{found['id']}")
    line = next(line for line in whole["lines"] if line["amount_fen"] == MENGJIN_FEN)
    story.same("孟津印发金额", line["amount_printed"], "724.712484萬元")
    story.must(
        wan(line["amount_fen"]) == "724.712484",
        f"孟津县“{line['purpose']}”印作 {line['amount_printed']}，入账 {line['amount_fen']:,} 分，"
        f"读回 {in_wan(line['amount_fen'])}，一分不差",
    )
