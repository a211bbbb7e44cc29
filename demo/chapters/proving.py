"""Chapter 18: the case pack of a finding is carried off and verified by one file, alone; a changed row is found.

And another office witnesses the record: it keeps what it saw, has the log prove that it goes on from there, and signs.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import asyncpg

from demo.chapters.keeping import MOVED_ON, PARKED_FEN
from demo.chapters.supervising import until
from demo.client import Unexpected
from demo.files import ROOT
from demo.story import WITNESS, Story
from services.audit_api.record.verify import Checkpoint, Key

TITLE = "案卷：带回一台不联网的笔记本，逐条核验；改过一行，当场指出"
RECORD: Final = "/audit/v1/record"
CHANGED: Final = "FindingOpened"


def tell(story: Story) -> None:
    finding = str(story.kept["id"])
    _evidence(story, finding)
    sealed_n = _sealed(story, finding)
    with tempfile.TemporaryDirectory() as folder:
        _whole(story, finding, Path(folder) / "案卷", sealed_n)
        _changed(story, finding, Path(folder) / "改过的案卷")
        _witnessed(story, Path(folder))


def _evidence(story: Story, finding: str) -> None:
    """A file of the office's own, and what the ledger knew, frozen and asked again."""
    sheet = f"单位,余额（元）\n店子镇财政所,{PARKED_FEN // 100}.00\n".encode()
    path = f"/audit/v1/evidence?finding_id={finding}"
    kept = story.inspector.send_file("POST", path, "余额核对表.csv", sheet, "text/csv")
    lot = story.kept["alert"]["lot_id"]
    extracts = f"/audit/v1/findings/{finding}/extracts"
    frozen = until(
        lambda: story.inspector.ask("POST", extracts, json={"what": "lot", "about": lot, "as_of": MOVED_ON}),
        lambda seen: seen.is_success,
        "账本摘录",
    ).json()
    again = story.inspector.get(f"{extracts}/{frozen['id']}/recheck")
    story.must(
        again["same"] and kept["file_kind"] == "csv",
        f"证据入卷：核对表（SHA-256 {kept['sha256'][:12]}…）；账本摘录定格在 {frozen['known_at']}，再问一次一字不差",
    )


def _sealed(story: Story, finding: str) -> int:
    """How many rows of the journal the pack holds, once the sealer has come to all of them."""
    told = until(
        lambda: story.inspector.get(f"{RECORD}/findings/{finding}"), lambda seen: not seen["not_sealed_yet"], "封存"
    )
    return len(told["rows"])


def _pack(story: Story, finding: str, folder: Path) -> None:
    """As an inspector does it at the keyboard."""
    command = [sys.executable, "-m", "services.audit_api.record.pack", "--url", story.stack.url]
    command += ["--username", "jiwei", "--finding", finding, "--to", str(folder)]
    environment = {**os.environ, "QINGLIU_PASSWORD": story.stack.password("jiwei")}
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=60)  # noqa: S603


def _verified(story: Story, folder: Path) -> tuple[int, str]:
    """What the file in the pack says about the pack, run by itself: nothing of this project is within its reach."""
    command = [sys.executable, "-I", str(folder / "verify.py"), "--key", story.stack.secrets.log_vkey, str(folder)]
    found = subprocess.run(command, env={}, check=False, capture_output=True, text=True, encoding="utf-8", timeout=60)  # noqa: S603
    return found.returncode, found.stdout.strip()


def _whole(story: Story, finding: str, folder: Path, sealed_n: int) -> None:
    _pack(story, finding, folder)
    code, said = _verified(story, folder)
    story.same("核验", (code, said.startswith(f"通过：{sealed_n} 条")), (0, True))
    story.must((folder / "bundle.json").stat().st_size > 0, f"案卷由卷内的 verify.py 单独核验。{said}")


def _changed(story: Story, finding: str, folder: Path) -> None:
    """The database's own superuser writes another amount into one row, past every rule of the database."""
    was = asyncio.run(_rewrite(story, finding, str(PARKED_FEN), str(PARKED_FEN // 10)))
    try:
        _pack(story, finding, folder)
        code, said = _verified(story, folder)
    finally:
        asyncio.run(_put_back(story, was))
    story.same("核验的退出码", code, 1)
    story.must(said.startswith("不通过"), f"数据库超级用户把一行日志里的问题金额改为十分之一，再取案卷。{said}")


def _witnessed(story: Story, folder: Path) -> None:
    """Two looks of another office, with a key of its own; everybody is shown its line below the checkpoint."""
    key = folder / "见证密钥"
    _, public = _witness(story, "new-key", "--name", WITNESS.username, "--key", str(key))
    story.stack.register_witness(public)
    look = ["look", "--url", story.stack.url, "--username", WITNESS.username, "--key", str(key)]
    look += ["--log-key", story.stack.secrets.log_vkey, "--state", str(folder / "见证机关所见")]
    first = _witness(story, *look)
    story.must(first[0] == 0 and first[1].endswith("已见证（首次）"), f"另一机关查看存证日志：{first[1]}")
    again = until(lambda: _witness(story, *look), lambda seen: "上次" in seen[1], "存证日志的增长")
    told = Checkpoint.read(story.inspector.get(f"{RECORD}/checkpoint?size={again[1].split(' ')[0]}")["note"])
    story.must(
        again[0] == 0 and told.signed_by(Key.read(public)) is not None,
        f"日志又有增长，证明它以先前所见为开头，再签一次：{again[1]}；检查点上并列日志与见证机关的签名",
    )


def _witness(story: Story, *command: str) -> tuple[int, str]:
    """What the witness's own program says, with its password and nothing else of ours."""
    run = [sys.executable, "-m", "services.audit_api.record.witness", *command]
    surroundings = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    surroundings["QINGLIU_WITNESS_PASSWORD"] = story.stack.password(WITNESS.username)
    done = subprocess.run(  # noqa: S603 - our own program
        run, env=surroundings, cwd=ROOT, check=False, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    return done.returncode, (done.stdout + done.stderr).strip()


async def _rewrite(story: Story, finding: str, old: str, new: str) -> dict[str, Any]:
    """The row as it was."""
    connection = await _superuser(story)
    try:
        row = await connection.fetchrow(
            "SELECT stream, position, body FROM audit.event WHERE kind = $1 AND body->>'finding_id' = $2",
            CHANGED,
            finding,
        )
        changed = row["body"].replace(old, new) if row else ""
        if row is None or changed == row["body"]:
            msg = f"日志中没有写着 {old} 分的 {CHANGED}"
            raise Unexpected(msg)
        await _write(connection, row["stream"], row["position"], changed)
        return dict(row)
    finally:
        await connection.close()


async def _put_back(story: Story, row: dict[str, Any]) -> None:
    connection = await _superuser(story)
    try:
        await _write(connection, row["stream"], row["position"], row["body"])
    finally:
        await connection.close()


async def _superuser(story: Story) -> asyncpg.Connection:
    return await asyncpg.connect(story.stack.database_urls["admin"])


async def _write(connection: asyncpg.Connection, stream: str, position: int, body: str) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")  # no trigger refuses
        await connection.execute(
            "UPDATE audit.event SET body = $3::json WHERE stream = $1 AND position = $2", stream, position, body
        )
