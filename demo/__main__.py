"""`make demo`: a temporary stack, the story from front to back over HTTP, and an end that leaves nothing running.

QINGLIU_DATABASE_URL points the stack at another PostgreSQL ≥ 15, where it makes a database and drops it afterwards.
With `--keep` (`make demo KEEP=1`) the stack stays up with what the story left there until Ctrl-C, and shows its logins.
Exits 0 when everything was as the story says, 1 with the chapter's name when not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from types import FrameType, ModuleType
from typing import Final

import httpx
from rich.console import Console

from demo.chapters import (
    bookkeeping,
    bounding,
    building,
    clocking,
    engaging,
    handing_down,
    idling,
    keeping,
    ordering,
    paying,
    proving,
    publishing,
    receiving,
    referring,
    registering,
    supervising,
    tracing,
    warning,
)
from demo.client import Unexpected
from demo.files import BUILD, ROOT
from demo.screen import Screen
from demo.story import LOGINS, Story
from deploy.onebox.processes import end_with_parent
from deploy.onebox.stack import Stack, StackFailed
from deploy.onebox.up import DEFAULT_PORT, WIDTH, show

LOGS: Final = BUILD / "log"
CHAPTERS: Final[tuple[ModuleType, ...]] = (
    registering,
    receiving,
    handing_down,
    paying,
    idling,
    supervising,
    tracing,
    bounding,
    bookkeeping,
    building,
    ordering,
    clocking,
    publishing,
    warning,
    engaging,
    keeping,
    referring,
    proving,
)


def _asked_to_end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def _tell(stack: Stack, screen: Screen) -> None:
    with httpx.Client(base_url=stack.url, timeout=30, trust_env=False) as http:
        story = Story(stack, http, screen)
        for number, chapter in enumerate(CHAPTERS, 1):
            screen.chapter(number, chapter.TITLE)
            began = time.monotonic()
            try:
                chapter.tell(story)
            except (Unexpected, httpx.HTTPError, LookupError, TypeError) as error:
                reason = str(error) if isinstance(error, Unexpected) else f"{type(error).__name__}: {error}"
                msg = f"第 {number} 章“{chapter.TITLE}”：{reason}"
                raise Unexpected(msg) from error
            screen.say(f"  （{time.monotonic() - began:.1f} 秒）")


def main() -> int:
    asked = argparse.ArgumentParser(prog="make demo")
    asked.add_argument("--keep", action="store_true", help="leave the stack up after the story, until Ctrl-C")
    keep = asked.parse_args().keep
    if keep:
        end_with_parent(signal.SIGTERM)
    screen = Screen()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _asked_to_end)
    began = time.monotonic()
    told = False
    screen.say("清流演示：从资金文件到农户，从停留资金到整改销号。全程经网关 HTTP 接口，业务日期为 2017、2018 年。")
    stack = Stack(
        logins=LOGINS,
        port=int(os.environ.get("QINGLIU_PORT", DEFAULT_PORT)) if keep else 0,
        database_url=os.environ.get("QINGLIU_DATABASE_URL") or None,
        report=lambda step: screen.say(f"… {step}"),
    )
    try:
        with stack:
            screen.say(f"… 就绪：{stack.url}（{time.monotonic() - began:.1f} 秒）")
            try:
                _tell(stack, screen)
            except Unexpected:
                shutil.copytree(stack.logs, LOGS, dirs_exist_ok=True)
                raise
            told = True
            if keep:
                show(Console(highlight=False, width=WIDTH), stack)
                stack.watch()
            screen.say("… 停止全部进程")
    except KeyboardInterrupt:
        if told:
            screen.good("已停止；没有留下任何进程和数据")
            return 0
        screen.bad("演示中断", "已按要求停止，没有留下任何进程")
        return 130
    except (StackFailed, Unexpected) as failed:
        kept = f"\n各进程日志：{LOGS.relative_to(ROOT)}/" if isinstance(failed, Unexpected) else ""
        screen.bad("演示失败", f"{failed}{kept}")
        return 1
    screen.good(f"演示完成，共 {time.monotonic() - began:.0f} 秒；没有留下任何进程和数据")
    return 0


if __name__ == "__main__":
    sys.exit(main())
