"""`make restore FROM=file [KEYS=file] [FORCE=1]`: puts a backup back and shows that its figures are the same.

The database is replaced in one transaction: it is the backup afterwards, or what it was before. Data that is there
already is refused unless FORCE=1; the secrets that were there are set aside, never overwritten. Exits with 1 when a
figure differs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from chassis import clock
from deploy.onebox import archive
from deploy.onebox.archive import ArchiveBroken, Manifest, keys_beside, replaced
from deploy.onebox.bootstrap import prepare
from deploy.onebox.figures import SCHEMAS, Figures, differences, figures_of, holds_data
from deploy.onebox.installation import FAILURES, Installation, Refused, opens, run_tool, unpack_script
from deploy.onebox.processes import ROOT
from deploy.onebox.secrecy import Secrets
from deploy.onebox.stack import Report

WIDTH = 150
SHOWN_BACKUPS = 5
_SHOWN = ("版本", "县", "流水")


async def _must_be_empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if await holds_data(connection):
            msg = "目标数据库中已有数据，未作任何更改；先用 make backup 保存现有数据，确要用备份替换它，请加 FORCE=1"
            raise Refused(msg)
    finally:
        await connection.close()


async def _looked_at(url: str, keys: Path | None) -> Figures:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ANALYZE")
        if keys is not None and not await opens(connection, keys):
            msg = f"数据已恢复，但 {keys} 中的 KEK 打不开其中的密钥"
            raise Refused(msg)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await figures_of(connection)
    finally:
        await connection.close()


def put_back(
    installation: Installation,
    file: Path,
    *,
    keys: Path | None = None,
    force: bool = False,
    report: Report = lambda _: None,
) -> tuple[Manifest, Figures]:
    """Replace what `installation` holds by the backup; the manifest, and the figures as they are now."""
    keys = keys or keys_beside(file)
    with tempfile.TemporaryDirectory(prefix="qingliu-restore-") as scratch:
        folder = Path(scratch)
        report(f"读取并校验 {file.name}")
        manifest = archive.read(file, folder)
        if manifest.kek_mark and not keys.exists():
            msg = f"没有找到密钥文件 {keys}；请用 KEYS=… 指明（没有 KEK，个人信息无法恢复）"
            raise Refused(msg)
        if manifest.kek_mark and _mark_of(keys) != manifest.kek_mark:
            msg = f"{keys} 中的 KEK 与备份不配套，未作任何更改"
            raise Refused(msg)
        script = folder / "database.sql"
        unpack_script(folder / archive.DUMP, script)
        with installation.database(fresh=True) as url:
            asyncio.run(prepare(url))
            asyncio.run(installation.must_be_idle(url))
            if not force:
                asyncio.run(_must_be_empty(url))
            report("替换数据库（一个事务：要么是备份，要么还是原来的数据）")
            drop = f"DROP SCHEMA IF EXISTS {', '.join(SCHEMAS)} CASCADE"
            options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]
            run_tool("psql", url, *options, f"--command={drop}", f"--file={script}")
            if manifest.kek_mark:
                _place_keys(installation.keys, keys)
            _place_evidence(folder / archive.EVIDENCE, installation.evidence)
            if aside := _set_aside(installation.sealed):
                report(f"封存日志回到备份时的状态；此前签署的最后检查点另存为 {aside.name}，请告知见证单位")
            report("重新计算数字并试用密钥")
            return manifest, asyncio.run(_looked_at(url, installation.keys if manifest.kek_mark else None))


def _mark_of(keys: Path) -> str:
    """The mark of the KEK in a file of secrets."""
    try:
        return Secrets.kept(keys).kek_mark
    except (ValueError, TypeError) as error:
        msg = f"{keys} 不是密钥文件，未作任何更改"
        raise Refused(msg) from error


def _set_aside(file: Path) -> Path | None:
    """Keep a file under the name of what was there before this instant; None where there is none."""
    if not file.exists():
        return None
    return file.replace(file.with_name(f"{file.name}.before-{clock.now():%Y%m%d-%H%M%S-%f}"))


def _place_keys(place: Path, keys: Path) -> None:
    if place.exists() and place.read_bytes() != keys.read_bytes():
        place.replace(place.with_name(f"keys.before-{clock.now():%Y%m%d-%H%M%S-%f}.json"))
    with replaced(place) as new:
        shutil.copyfile(keys, new)


def _place_evidence(source: Path, place: Path) -> None:
    """Put every file where it was. A file that lies there already has the same name, which is its content."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in archive.evidence_files(source):
        target = place / one.relative_to(source)
        if not target.exists():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replaced(target) as new:
                shutil.copyfile(one, new)
            target.chmod(0o400)


def show(console: Console, manifest: Manifest, after: Figures) -> int:
    """Print the figures side by side; 1 if one differs."""
    wrong = differences(manifest.figures, after)
    table = Table(title=f"备份（{manifest.made_at}）与恢复后的数字", title_justify="left")
    for name in ("数字", "备份时", "恢复后", ""):
        table.add_column(name, justify="left" if name in {"数字", ""} else "right")
    for name in {**manifest.figures, **after}:
        if name.startswith(_SHOWN) or name in wrong:
            mark = "✗" if name in wrong else "✓"
            table.add_row(name, _short(manifest.figures.get(name)), _short(after.get(name)), mark)
    console.print(table)
    rows = sum(name.startswith("行数") for name in after)
    same = "全部一致" if not wrong else f"{len(wrong)} 项不同"
    console.print(f"{len(after)} 项数字（其中 {rows} 张表的行数），证据文件 {manifest.evidence} 份：{same}")
    return 1 if wrong else 0


def _short(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    text = str(value)
    return text if len(text) <= 32 else f"{text[:31]}…"  # noqa: PLR2004 - what a column holds


def _no_file(file: Path | None) -> str:
    """That there is no such backup, and which there are."""
    there = [f"backups/{one.name}" for one in sorted((ROOT / "backups").glob("*.tar"))[-SHOWN_BACKUPS:]]
    what = "没有指明备份文件" if file is None else f"没有文件 {file}"
    return f"{what}；用法：make restore FROM=文件。backups/ 中最近的备份：{'，'.join(there) or '无'}"


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m deploy.onebox.restore")
    asked.add_argument("file", type=Path, nargs="?")
    asked.add_argument("--keys", type=Path, default=None)
    asked.add_argument("--home", type=Path, default=ROOT / "var")
    asked.add_argument("--force", action="store_true")
    chosen = asked.parse_args()
    if chosen.file is None or not chosen.file.is_file():
        print(f"恢复失败：{_no_file(chosen.file)}", file=sys.stderr)
        return 1
    installation = Installation(chosen.home, os.environ.get("QINGLIU_DATABASE_URL") or None)

    def report(step: str) -> None:
        print(f"… {step}", flush=True)

    try:
        manifest, after = put_back(installation, chosen.file, keys=chosen.keys, force=chosen.force, report=report)
    except (*FAILURES, ArchiveBroken) as failed:
        print(f"恢复失败：{failed}", file=sys.stderr)
        return 1
    return show(Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False), manifest, after)


if __name__ == "__main__":
    sys.exit(main())
