"""`make up`: the whole stack in the foreground until Ctrl-C, with its addresses and the logins of a first start.

Data, keys and logs are kept below `var/`. QINGLIU_DATABASE_URL points it at another PostgreSQL ≥ 15 (an
administrator's URL); QINGLIU_PORT asks for another port than 8080. With `--end-with-parent` it ends when whoever
started it is gone: somebody who kills `make` would otherwise leave it on the port without a window.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

import httpx
from rich.console import Console
from rich.table import Table

from demo import bank, regions
from demo.client import Caller, Unexpected
from deploy.onebox.logins import BANK, FIRST_PEOPLE
from deploy.onebox.processes import ROOT, end_with_parent
from deploy.onebox.stack import Stack, StackFailed

DEFAULT_PORT = 8080
LOST = "（未保存；请另行登记客户端）"
WIDTH = 120  # where nobody is looking: rich would fold the tables at 80 columns


def _asked_to_end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def show(console: Console, stack: Stack) -> None:
    """The addresses of a stack, and who can sign in with which password."""
    places = Table(title="清流已就绪（Ctrl-C 停止）", title_justify="left", show_header=False)
    places.add_row("入口", stack.url)
    places.add_row("接口文档", f"{stack.url}/docs")
    places.add_row("公钥", f"{stack.url}/.well-known/jwks.json")
    places.add_row("存证公钥", stack.secrets.log_vkey)
    places.add_row("日志", str(stack.logs))
    console.print(places)
    people = Table(title="演示账号（首次启动时建立；POST /auth/login）", title_justify="left")
    for name in ("用户名", "密码", "身份", "区划", "角色"):
        people.add_column(name)
    for login in FIRST_PEOPLE:
        people.add_row(login.username, stack.password(login.username), login.name, login.region, "、".join(login.roles))
    console.print(people)
    banks = Table(title="银行系统（客户端凭证；POST /oauth/token）", title_justify="left")
    for name in ("客户端", "密钥", "名称", "区划", "角色"):
        banks.add_column(name)
    secret = stack.secrets.passwords.get(BANK.username, LOST)
    banks.add_row(BANK.username, secret, BANK.name, BANK.region, "、".join(BANK.roles))
    console.print(banks)


def register(stack: Stack) -> None:
    """Register the divisions of `data/regions` in a fresh ledger (without places no office can be opened) and the bank.

    A bank whose secret was not kept, because the first start was cut off between, is not registered twice.
    """
    with httpx.Client(base_url=stack.url, timeout=30, trust_env=False) as http:
        administrator, security = (Caller.person(http, one, stack.password(one)) for one in ("xitong", "anquan"))
        if not administrator.get("/funds/v1/regions", limit=1)["items"]:
            for body in regions.requests():
                administrator.post("/funds/v1/regions", body)
        clients = {one["client_id"] for one in administrator.every("/identity/v1/clients")}
        if BANK.username not in clients:
            stack.keep_secret(BANK.username, bank.enter(administrator, security))


def main() -> int:
    asked = argparse.ArgumentParser(prog="make up")
    asked.add_argument("--end-with-parent", action="store_true", help="stop when the process that started this is gone")
    if asked.parse_args().end_with_parent:
        end_with_parent(signal.SIGTERM)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _asked_to_end)
    stack = Stack(
        home=ROOT / "var",
        logins=FIRST_PEOPLE,
        port=int(os.environ.get("QINGLIU_PORT", DEFAULT_PORT)),
        database_url=os.environ.get("QINGLIU_DATABASE_URL") or None,
        report=lambda step: console.print(f"… {step}"),
    )
    try:
        with stack:
            register(stack)
            show(console, stack)
            stack.watch()
    except KeyboardInterrupt:
        console.print("已停止")
    except (StackFailed, Unexpected, httpx.HTTPError) as failed:
        console.print(f"启动或运行失败：{failed}", style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
