"""Chapter 13: a list on show with one row objected to, a list of the dead that meets the paid, a lower line tried."""

from __future__ import annotations

import asyncio
import csv
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from chassis import clock
from demo.chapters.clocking import ARRIVED, IDLE_DAYS, RUNS_FEN, STANDS_FEN
from demo.chapters.paying import OVER_CAP_FEN, upload
from demo.county import COUNTY, GRANT_FEN, JIAHE
from demo.people import Household, of_place, stranger
from demo.rosters import as_csv, lines_of
from demo.screen import in_wan, in_yuan
from demo.story import Story
from deploy.onebox.exchange_key import Handing, hand_out
from treasury.money import wan

TITLE = "核对：公示期内有异议只停那一行，死亡名单只回命中，改数值先试算"
ENTITLEMENT: Final = "产业到户奖补2018"
PUBLICITY_DAYS: Final = 7
PAID_ON: Final = date(2018, 5, 20)
PAYEES: Final = 10
OBJECTED: Final = 4  # the place of the row on the list that is objected to
LISTS: Final = "/funds/v1/comparison-lists"
LIST_ON: Final = date(2018, 6, 30)
DEAD: Final = (date(2018, 3, 15), date(2018, 4, 30), date(2018, 5, 10))  # of the first three who are paid
STRANGERS: Final = 40
LOWER_DAYS: Final = 60
DAY: Final = timedelta(days=1)


def tell(story: Story) -> None:
    people = of_place(story.people, JIAHE)[:PAYEES]
    batch = _published(story, people)
    _objected(story, batch)
    _compared(story, people)
    _tried(story)


def _published(story: Story, people: list[Household]) -> str:
    """The county lays down seven days; six are refused, whoever approves."""
    path = "/funds/v1/policy-values"
    value = {
        "key": "batch_publicity_days", "region": COUNTY, "valid_from": "2018-01-01", "value": PUBLICITY_DAYS,
        "source": "郧西县扶贫资金公告公示办法（演示）第五条", "basis": "practice",
    }  # fmt: skip
    waiting = story.clerk.post(path, value)
    own = story.clerk.ask("POST", f"{path}/confirmation", json={"ref": waiting["ref"]})
    story.same("登记人确认自己的数值", own.status_code, 403)
    story.who("caizheng-fuhe").post(f"{path}/confirmation", {"ref": waiting["ref"]})
    clerk = story.who("jiahe")
    lines = lines_of(people, GRANT_FEN, mistakes=0, over_cap_fen=OVER_CAP_FEN)
    file = as_csv("夹河镇2018年产业奖补花名册.csv", lines, story.place, encoding="utf-8-sig")
    listed = upload(story, clerk, JIAHE, file, PAID_ON.isoformat(), "夹财〔2018〕6号", ENTITLEMENT)
    story.same("名册", (listed.checked["rows_good"], listed.checked["total_fen"]), (PAYEES, PAYEES * GRANT_FEN))
    batch = f"/funds/v1/payment-batches/{listed.id}"
    hung = {"document": "夹政公示〔2018〕4号", "place": "各村村务公开栏"}
    late = PAID_ON - (PUBLICITY_DAYS - 1) * DAY
    clerk.post(f"{batch}/publications", {**hung, "from_on": late.isoformat()})
    early = story.who("jiahe-fuhe").ask("POST", f"{batch}/approval", json={})
    story.same("公示差一天的审批", early.json()["type"], "/problems/roster-publicity-too-short")
    clerk.post(f"{batch}/publications", {**hung, "from_on": (late - DAY).isoformat()})
    shown = story.inspector.get(f"{batch}/publications", as_of=PAID_ON.isoformat())
    story.must(
        shown["published_days"] == PUBLICITY_DAYS,
        f"名册须公示 {PUBLICITY_DAYS} 天（县定，两人登记确认）：公示 {PUBLICITY_DAYS - 1} 天的审批被拒绝，"
        f"{late - DAY} 起公示满 {shown['published_days']} 天可以发放",
    )
    return batch


def _rests(story: Story) -> int:
    account = story.clerk.get(f"/funds/v1/accounts/{story.accounts[JIAHE]}", as_of=PAID_ON.isoformat())
    story.same("夹河镇未解释", account["unexplained_fen"], 0)
    return int(account["balance_fen"])


def _objected(story: Story, batch: str) -> None:
    """The row that was objected to waits, its money frozen; the others are paid that day; then it is answered."""
    before, line = _rests(story), OBJECTED + 1  # the header is line 1
    objection = {"raised_on": (PAID_ON - 2 * DAY).isoformat(), "line": line, "text": "反映该户已有同类补助"}
    raised = story.inspector.post(f"{batch}/objections", objection)
    paid = story.who("jiahe-fuhe").post(f"{batch}/approval")
    others = (PAYEES - 1) * GRANT_FEN
    story.same("其余各行", (paid["rows"], paid["total_fen"], paid["unexplained_fen"]), (PAYEES - 1, others, 0))
    told = story.inspector.get(f"{batch}/publications")
    [row] = told["contested"]
    story.same("有异议的行", (row["line"], row["amount_fen"], row["frozen_fen"]), (line, GRANT_FEN, GRANT_FEN))
    story.same("夹河镇余额减少", before - _rests(story), others)
    waits = f"/funds/v1/payment-batches/{row['batch_id']}"
    unheard = story.who("jiahe-fuhe").ask("POST", f"{waits}/approval", json={})
    story.same("异议未处理就发放该行", unheard.json()["type"], "/problems/rows-objected")
    answer = {
        "outcome": "经核实，该户未享受同类补助", "verdict": "unfounded",
        "closed_on": (PAID_ON + 4 * DAY).isoformat(),
    }  # fmt: skip
    story.who("jiahe-fuhe").post(f"{batch}/objections/{raised['id']}/answer", answer)
    last = story.who("jiahe-fuhe").post(f"{waits}/approval")
    story.same(
        "该行发放", (last["total_fen"], story.inspector.get(f"{batch}/publications")["frozen_fen"]), (GRANT_FEN, 0)
    )
    story.must(
        before - _rests(story) == PAYEES * GRANT_FEN,
        f"第 {line} 行有异议：其余 {PAYEES - 1} 户 {in_yuan(others)} 照发，只冻结这一行的 {in_yuan(GRANT_FEN)}；"
        f"异议不成立后用冻结的这笔钱发放，名册合计 {in_yuan(PAYEES * GRANT_FEN)}，一分不多",
    )


def _compared(story: Story, people: list[Household]) -> None:
    """The department turns its own file into tokens with its own copy of the tool; nothing but hits comes back."""
    dead = [(one.id_number, on) for one, on in zip(people, DEAD, strict=False)]
    dead += [(stranger(900 + at).id_number, date(2017, 6, 1)) for at in range(STRANGERS)]
    key = asyncio.run(
        hand_out(story.stack.database_urls["admin"], story.stack.secrets.kek_bytes, Handing(COUNTY, "县民政局", "张三"))
    )
    with tempfile.TemporaryDirectory() as folder:
        made = _tokens(Path(folder), story, dead, key)
        raw = (Path(folder) / "死亡人员.csv").read_bytes()
    story.same("名单中的身份证号", [number for number, _ in dead if number in made], [])
    asked = {"source": "郧西县民政局（演示）", "document": "西民函〔2018〕7号"}
    path = f"{LISTS}/dead/versions"
    refused = story.inspector.ask("POST", path, params=asked, content=raw, headers={"Content-Type": "text/csv"})
    story.same("直接上传带身份证号的文件", refused.json()["type"], "/problems/raw-id-numbers")
    sent = story.inspector.ask("POST", path, params=asked, content=made.encode(), headers={"Content-Type": "text/csv"})
    story.same("上传名单", sent.status_code, 201)
    version = sent.json()["version"]
    story.same("名单条数与命中", (version["rows_n"], version["hits_n"]), (len(dead), len(DEAD)))
    # What is owed ends with the month of the death (a policy value): whoever died in May was still owed on the 20th.
    overdue = [on for on in DEAD if on < PAID_ON.replace(day=1)]
    run = story.inspector.run_rules(LIST_ON.isoformat(), rules=["R01"], region=JIAHE)
    flags = list(story.inspector.every("/funds/v1/flags", as_of=LIST_ON.isoformat(), run=run["id"]))
    story.same(
        "死亡后仍发放", (len(flags), sum(one["amount_fen"] for one in flags)), (len(overdue), len(overdue) * GRANT_FEN)
    )
    story.same(
        "说明中的身份证号", [one for one in people if any(one.id_number in flag["explanation"] for flag in flags)], []
    )
    example = max(flags, key=lambda one: one["days"])
    story.same("死亡至发放的天数", example["days"], (PAID_ON - DEAD[0]).days)
    story.must(
        0 < len(flags) < version["hits_n"],
        f"死亡名单 {version['rows_n']} 条令牌命中 {version['hits_n']} 人（原文件带身份证号，整份拒收）；"
        f"其中 {len(flags)} 人已过最后应发的月份：{example['explanation']}",
    )


def _tokens(folder: Path, story: Story, dead: list[tuple[str, date]], key: str) -> str:
    """What the tool makes of the department's file, offline, in a process of its own."""
    tool, source, out = folder / "qingliu_comparison_list.py", folder / "死亡人员.csv", folder / "名单.csv"
    tool.write_bytes(story.inspector.fetch_file(f"{LISTS}/tool"))
    (folder / "key.json").write_text(key, encoding="utf-8")
    with source.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(("姓名", "身份证号", "死亡日期", "登记来源"))
        writer.writerows(("某人", number, on, "销户") for number, on in dead)
    command = [
        sys.executable, "-I", "-S", str(tool), str(source), "--key", str(folder / "key.json"), "--kind", "dead",
        "--on", LIST_ON.isoformat(), "--id", "身份证号", "--from", "死亡日期", "--out", str(out),
    ]  # fmt: skip
    named = subprocess.run([*command, "--category", "姓名"], capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own tool
    story.same(
        "姓名列误作类别", (named.returncode, "不是该类名单的用词" in named.stderr, out.exists()), (1, True, False)
    )
    subprocess.run([*command, "--category", "登记来源"], capture_output=True, check=True)  # noqa: S603 - our own tool
    return out.read_text(encoding="utf-8")


def _tried(story: Story) -> None:
    """Sixty days in place of 180 for idle money, asked of history as it is known now: live flags stay what they are."""
    before = len(list(story.inspector.every("/funds/v1/flags")))
    paid = PAYEES * GRANT_FEN  # drawn from the older of the two lots, whose clock had stood still
    days = {
        ARRIVED + LOWER_DAYS * DAY: (0, 0),
        ARRIVED + (LOWER_DAYS + 1) * DAY: (1, RUNS_FEN),
        PAID_ON + 30 * DAY: (2, RUNS_FEN + STANDS_FEN - paid),
        ARRIVED + IDLE_DAYS * DAY: (2, RUNS_FEN + STANDS_FEN - paid),
    }
    asked = {
        "rule": "I01", "values": {"idle_flag_days": LOWER_DAYS}, "region": JIAHE,
        "as_of": [on.isoformat() for on in days], "known_at": clock.now().isoformat(),
    }  # fmt: skip
    trial = story.inspector.post("/funds/v1/rule-trials", asked)
    found = {one["as_of"]: one for one in trial["counties"]}
    shown = []
    for on, expected in days.items():
        one = found[on.isoformat()]
        draft, live = one["draft"], one["live"]
        story.same(f"{on} 试算", (draft["flags_n"], draft["amount_fen"]), expected)
        story.same(f"{on} 现行", (live["flags_n"], one["only_draft_n"]), (0, expected[0]))
        shown.append((on, live["flags_n"], draft["flags_n"], wan(draft["amount_fen"]), one["only_draft_n"]))
    story.screen.table(
        f"闲置提示线 {IDLE_DAYS} 天改为 {LOWER_DAYS} 天：夹河镇试算",
        ("业务日期", "现行", "草案", "草案金额（万元）", "只有草案提出"), shown, right=(1, 2, 3, 4),
    )  # fmt: skip
    after = len(list(story.inspector.every("/funds/v1/flags")))
    story.must(
        (after, trial["unexplained_n"]) == (before, 0),
        f"试算下调提示线：到 {ARRIVED + IDLE_DAYS * DAY} 多提 2 笔、{in_wan(RUNS_FEN + STANDS_FEN - paid)}；"
        f"红旗仍是 {after} 条，一条没有写入",
    )
