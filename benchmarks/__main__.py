"""`python -m benchmarks [NAME] [--strict]`: runs all benchmarks or one, shows each beside its limit, keeps the figures.

The exit status says that the benchmarks ran; what cannot run here says why and is skipped. Only with --strict does a
bar that was not kept make it 1, since a busy machine is no fault of the code. An unknown name ends with 2 and the list.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.result import Result, Skipped

NAMES: Final = (
    "roster_check",
    "roster_post",
    "roster_million",
    "posting_http",
    "county_parallel",
    "pgledger_http",
    "pgledger_set",
    "idle_report",
    "yuan_days",
    "idle_daily",
    "idle_policy",
    "rules_million",
    "trace_payment",
    "trace_tranche",
    "tree_county",
    "flat_in_history",
    "verify_million",
    "findings_list",
    "alerts_list",
    "inclusion",
    "seal_overhead",
    "seal_lag",
    "tamper",
)
FOLDER: Final = Path(__file__).resolve().parents[1] / "build" / "bench"


def _bar(result: Result) -> str:
    if result.bar is None:
        return "—"
    asked = "比值" if result.bar.of == "ratio" else "本系统"
    unit = "" if result.bar.of == "ratio" else f" {result.unit}"
    bounds = [("≤", result.bar.at_most), ("≥", result.bar.at_least)]
    bars = [f"{asked} {sign} {bound:g}{unit}" for sign, bound in bounds if bound is not None]
    bars += [f"{name}（{result.details[name]:g}）≤ {at_most:g}" for name, at_most in result.ceilings.items()]
    return f"{'，'.join(bars)}：{'达到 met' if result.met else '未达到 NOT MET'}"


def _show(console: Console, result: Result, seconds: float) -> None:
    table = Table(title=result.name, title_justify="left", show_header=False, title_style="bold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    document = result.document()
    table.add_row("本系统 ours", f"{document['ours']:g} {result.unit}    {result.what}")
    table.add_row("同机上限 limit", f"{document['limit']:g} {result.unit}    {result.beside}")
    table.add_row("比值 ratio", f"{document['ratio']:g}    （各 {result.runs} 次；本项共 {seconds:.0f} 秒）")
    table.add_row("门槛 bar", _bar(result))
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    console = Console(highlight=False)
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("name", nargs="?")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a bar is not kept")
    asked = parser.parse_args(arguments)
    if asked.name is not None and asked.name not in NAMES:
        console.print(f"没有名为 {asked.name} 的基准；可选：{'、'.join(NAMES)}", markup=False, soft_wrap=True)
        return 2
    kept = True
    for name in [asked.name] if asked.name else NAMES:
        console.print(f"… {name}")
        began = time.monotonic()
        result: Result | Skipped = importlib.import_module(f"benchmarks.{name}").run()
        result.write(FOLDER)
        if isinstance(result, Skipped):
            console.print(f"跳过 skipped {name}：{result.because}", markup=False, soft_wrap=True)
            continue
        _show(console, result, time.monotonic() - began)
        kept = kept and result.met is not False
    return 0 if kept or not asked.strict else 1


if __name__ == "__main__":
    sys.exit(main())
