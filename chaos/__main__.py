"""`make chaos [KILLS=200]`: kills the stack under load, so many times, and proves that no fen was lost or moved twice.

Ends by itself, leaves no process, and exits with 1 if anything was lost, doubled or half there, if a sum does not tie,
if the service crashed where it should have asked to try again, or if not all kills were made in time.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from types import FrameType

from rich.console import Console
from rich.table import Table

from chaos.history import Fate
from chaos.killer import Stage, Victim
from chaos.storm import Outcome, Storm

WIDTH = 120
SHOWN = 10


def faults_of(outcome: Outcome, kills: int) -> list[str]:
    """Everything that makes the run fail, in words."""
    verdict = outcome.verdict
    found = [
        *(f"丢失：{one}" for one in verdict.lost),
        *(f"重复：{one}" for one in verdict.double),
        *(f"残缺：{one}" for one in verdict.half),
        *verdict.broken,
        *outcome.differences,
        *(f"应答 500 而不是 503：{one}" for one in outcome.history.crashes),
        *(f"日志中的内部错误：{one}" for one in outcome.crashes),
    ]
    if not verdict.clean and not found:
        found.append("合计不符")
    if outcome.tally.n < kills:
        found.append(f"只完成 {outcome.tally.n} 次击杀，计划 {kills} 次")
    return found + ([outcome.trouble] if outcome.trouble else [])


def _kills(console: Console, outcome: Outcome) -> None:
    fell = outcome.tally.fell
    table = Table(title="SIGKILL 的对象与时刻", title_justify="left")
    table.add_column("时刻")
    for victim in Victim:
        table.add_column(victim, justify="right")
    for stage in Stage:
        table.add_row(stage, *(str(fell[victim, stage] or "·") for victim in Victim))
    table.add_row("合计", *(str(sum(fell[victim, stage] for stage in Stage)) for victim in Victim), style="bold")
    console.print(table)


def _acts(console: Console, outcome: Outcome) -> None:
    table = Table(title="业务", title_justify="left")
    for name in ("种类", "发起", "办结", "其中重放", "被拒绝", "放弃重试", "重试过"):
        table.add_column(name, justify="left" if name == "种类" else "right")
    acts = outcome.history.acts
    for kind in [*sorted({act.kind for act in acts}), ""]:
        mine = [act for act in acts if kind in {"", act.kind}]
        fates = Counter(act.fate for act in mine)
        table.add_row(
            kind or "合计",
            str(len(mine)),
            str(fates[Fate.DONE]),
            str(sum(act.replayed for act in mine)),
            str(fates[Fate.REFUSED]),
            str(fates[Fate.GIVEN_UP] + fates[Fate.OPEN]),
            str(sum(act.attempts > 1 for act in mine)),
            style="" if kind else "bold",
        )
    console.print(table)
    answers = "，".join(f"{what} × {n}" for what, n in sorted(outcome.history.answers.items()))
    refused = "，".join(f"{what} × {n}" for what, n in Counter(act.problem for act in acts if act.problem).items())
    console.print(f"应答：{answers}\n拒绝：{refused or '无'}", highlight=False)


def _restarts(console: Console, outcome: Outcome) -> None:
    for name in sorted({one.name for one in outcome.restarts}):
        away = sorted(one.away_seconds for one in outcome.restarts if one.name == name)
        console.print(
            f"自动重启 {name} {len(away)} 次：中断中位 {away[len(away) // 2]:.1f} 秒，最长 {away[-1]:.1f} 秒",
            highlight=False,
        )


def show(console: Console, outcome: Outcome, kills: int) -> int:
    """Print what was found; the exit code."""
    verdict = outcome.verdict
    _kills(console, outcome)
    _acts(console, outcome)
    _restarts(console, outcome)
    console.print(
        f"快照检查 {verdict.checks} 次，流水 {verdict.events} 条连续且校验链完整，监督员读数 {outcome.read_n} 次\n"
        f"上传被切断并自动撤销 {verdict.undone} 次，各自留有记录\n"
        f"丢失 {len(verdict.lost)}，重复 {len(verdict.double)}，残缺 {len(verdict.half)}\n"
        f"收到 {verdict.received_fen:,} = 剩余 {verdict.remaining_fen:,} = 账户计数 {verdict.counted_fen:,}"
        f" = 分录 {verdict.entered_fen:,} 分\n"
        f"规则运行 {verdict.runs} 次全部办结，预警 {verdict.flags} 条 = 监督侧 {verdict.alerts} 条，"
        f"通知 {verdict.warnings} 份，同一天再次运行新增 {outcome.raised_again} 条\n"
        f"认定问题 {verdict.findings} 个，封存 {verdict.quarantined_fen:,} 分；"
        f"存证 {verdict.sealed} 条逐条相符，{verdict.checkpoints} 个检查点的根与签名相符，"
        f"中途更换日志密钥 {verdict.key_changes} 次\n"
        f"{outcome.tally.n} 次击杀（{outcome.tally.missed} 次未等到所瞄准的时刻），用时 {outcome.seconds:.0f} 秒",
        highlight=False,
    )
    faults = faults_of(outcome, kills)
    for one in faults[:SHOWN]:
        console.print(f"✗ {one}", style="red", markup=False)
    console.print("✗ 不通过" if faults else "✓ 一分不丢，一分不重", style="red" if faults else "green")
    return 1 if faults else 0


def _asked_to_end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m chaos")
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--minutes", type=float, default=20.0, help="the kills end after this long, made or not")
    asked.add_argument("--seed", type=int, default=420322)
    chosen = asked.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _asked_to_end)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    storm = Storm(
        chosen.kills, chosen.minutes, chosen.seed, 1.0, lambda step: console.print(f"… {step}", highlight=False)
    )
    return show(console, storm.run(), chosen.kills)


if __name__ == "__main__":
    sys.exit(main())
