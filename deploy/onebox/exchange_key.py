"""`python -m deploy.onebox.exchange_key`: hand a county's exchange key to a department, in a file for its eyes only.

What the department makes with it are tokens for comparison lists; it opens nothing here (ADR 48). The journal of the
county says to whom and by whom before the key leaves, and nothing is written over.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from chassis.database import Database
from chassis.ids import new_id
from chassis.journal import record_alone
from chassis.vault import CellUnreadable
from deploy.onebox.installation import FAILURES, Installation, Refused
from deploy.onebox.processes import ROOT
from deploy.onebox.secrecy import Secrets
from services.funds_api.comparisons import listfile, matching
from services.funds_api.keys import open_vault
from wire.comparisons import ExchangeKeyHandedOut

TOOL = ROOT / "services" / "funds_api" / "comparisons" / "tool.py"
TOOL_NAME = "qingliu_comparison_list.py"


@dataclass(frozen=True)
class Handing:
    """Whose key goes to which department, by whom."""

    county: str
    department: str
    handed_by: str


async def hand_out(url: str, kek: bytes, handing: Handing) -> str:
    """The key file's text, once the journal has said who gets it."""
    database = Database(url, application="exchange_key")
    try:
        async with database.reading(handing.county) as session:
            asked = "SELECT EXISTS (SELECT FROM funds.region WHERE code = :county AND length(code) = 6)"
            if not await session.scalar(text(asked), {"county": handing.county}):
                msg = f"没有登记县级区划 {handing.county}"
                raise Refused(msg)
        try:
            key = matching.exchange_key(await open_vault(database, kek), handing.county)
        except CellUnreadable as error:
            msg = "KEK 打不开数据库中的密钥：这不是这套数据的密钥文件"
            raise Refused(msg) from error
        mark = matching.key_mark(key)
        told = ExchangeKeyHandedOut(
            county_code=handing.county, department=handing.department, handed_by=handing.handed_by, key_mark=mark
        )
        async with database.writing(handing.county) as session:
            await record_alone(session, "funds", handing.county, told, "onebox/exchange_key", new_id())
        said = {"format": "qingliu-exchange-key", "county": handing.county, "key": key.hex(), "mark": mark}
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"
    finally:
        await database.close()


def kek_of(home: Path, file: Path | None) -> bytes:
    """The key-encrypting key: of this folder, or of the secret file of containers."""
    if file is not None:
        return base64.b64decode(file.read_text().strip())
    keys = Installation(home, None).keys
    if not keys.exists():
        msg = f"{keys} 不存在；用容器部署的，请以 --kek 指明 KEK 文件"
        raise Refused(msg)
    return Secrets.kept(keys).kek_bytes


def give(installation: Installation, kek: bytes, handing: Handing, file: Path) -> None:
    """Write the key to `file`, which must not be there yet, and the tool beside it."""
    if file.exists():
        msg = f"{file} 已存在；为免覆盖，没有导出"
        raise Refused(msg)
    for said in (handing.department, handing.handed_by):
        if not said.strip() or not said.isprintable() or listfile.looks_raw(said):
            msg = "单位和经办人须填写名称，且不得含证件号码"
            raise Refused(msg)
    with installation.database() as url:
        content = asyncio.run(hand_out(url, kek, handing))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as sink:
        sink.write(content)
    shutil.copyfile(TOOL, file.with_name(TOOL_NAME))


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m deploy.onebox.exchange_key")
    asked.add_argument("--county", required=True, help="县级区划代码（6 位）")
    asked.add_argument("--for", dest="department", required=True, help="领取单位")
    asked.add_argument("--by", dest="handed_by", required=True, help="经办人")
    asked.add_argument("--to", type=Path, required=True, help="写到哪个文件；已存在的不覆盖")
    asked.add_argument("--home", type=Path, default=ROOT / "var")
    asked.add_argument("--kek", type=Path, default=None, help="容器部署时的 KEK 文件")
    chosen = asked.parse_args()
    file: Path = chosen.to.absolute()
    try:
        installation = Installation(chosen.home, os.environ.get("QINGLIU_DATABASE_URL") or None)
        handing = Handing(chosen.county, chosen.department, chosen.handed_by)
        give(installation, kek_of(chosen.home, chosen.kek), handing, file)
    except FAILURES as failed:
        print(f"导出失败：{failed}", file=sys.stderr)
        return 1
    print(f"密钥：{file}（0600；密钥与名单请分开传递）")
    print(f"工具：{file.with_name(TOOL_NAME)}（单个 Python 文件，离线运行）")
    print(f"已记入 {chosen.county} 的日志：{chosen.department} 领取，{chosen.handed_by} 经办")
    return 0


if __name__ == "__main__":
    sys.exit(main())
