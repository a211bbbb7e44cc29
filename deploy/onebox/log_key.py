"""`python -m deploy.onebox.log_key`: the key that signs the log is followed by another, as the journal announces.

`draw` puts the next key beside the one in use, into keys.json or into the secret file of containers. `announce` says so
in the journal: who, why, and which key follows which; the sealer, started again, seals that and changes over. `finish`
drops the old key once it has. Whoever may do this holds the key already: it decides about nobody, and the journal tells
who did it (ADR 79).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import connections
from chassis.database import Database
from chassis.ids import new_id
from chassis.journal import record_alone
from deploy.onebox.installation import FAILURES, Installation, Refused
from deploy.onebox.processes import ROOT
from deploy.onebox.secrecy import Secrets
from services.audit_api.record import notes
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import Bad, Checkpoint, Key, speak_anywhere
from wire.record import LogKeyAnnounced

Reason = Literal["routine", "compromised", "lost"]
REASONS: Final[dict[str, str]] = {"routine": "例行更换", "compromised": "可能泄露", "lost": "遗失"}
NATION: Final = "00"


@dataclass(frozen=True)
class Keyring:
    """The written private keys of the log, one a line: in keys.json of an installation, or in a file of its own."""

    home: Path
    file: Path | None = None

    @property
    def _secrets(self) -> Path:
        return self.home / "keys.json"

    def held(self) -> list[Signer]:
        if self.file is not None:
            written = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        elif self._secrets.exists():
            written = Secrets.kept(self._secrets).log_key
        else:
            msg = f"{self._secrets} 不存在；用容器部署的，请以 --log-key 指明密钥文件"
            raise Refused(msg)
        try:
            return notes.signers_of(written) if written.strip() else []
        except (ValueError, Bad) as error:
            msg = "密钥文件中有读不出的内容"
            raise Refused(msg) from error

    def keep(self, written: str) -> None:
        """Hold these and no others, in one step."""
        if self.file is None:
            kept = Secrets.kept(self._secrets)
            kept.log_key = written
            kept.keep(self._secrets)
            return
        new = self.file.with_name(self.file.name + ".new")
        mode = self.file.stat().st_mode & 0o777 if self.file.exists() else 0o600
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as sink:
            sink.write(written + "\n")
            sink.flush()
            os.fsync(sink.fileno())
        new.chmod(mode)
        new.replace(self.file)


def draw(keyring: Keyring, name: str | None = None) -> Key:
    """A fresh key behind those that are held; `name` is the log's where none is held."""
    held = keyring.held()
    if len(held) > 1:
        msg = "密钥文件中已有下一把密钥；请先完成这一次更换"
        raise Refused(msg)
    if not held and name is None:
        msg = "密钥文件中没有密钥；原密钥遗失的，请以 --old-key 指明原公钥"
        raise Refused(msg)
    fresh = notes.written(held[0].key.name if held else str(name), os.urandom(32))
    keyring.keep("\n".join([*(_written(one) for one in held), fresh]))
    return Signer.read(fresh).key


async def announce(url: str, held: list[Signer], because: Reason, by: str, old: Key | None = None) -> tuple[Key, Key]:
    """Say in the journal which key follows the one in use: the last of `held`; both. Said once, however often asked."""
    database = Database(url, application="log_key")
    try:
        async with database.writing(NATION) as tx:
            in_use = await _in_use(tx, [*(one.key for one in held), *([old] if old else [])])
            fresh = held[-1].key
            _must_be_announceable(in_use, fresh, held, because)
            said = {"key": fresh.text()}
            known = "SELECT key_before FROM audit.log_key_announcement WHERE key = :key"
            before = await tx.scalar(text(known), said)
            if before is not None and before != in_use.text():
                msg = "这把密钥已用过；请另行生成"
                raise Refused(msg)
            if before is None:
                told = LogKeyAnnounced(
                    key_before=in_use.text(),
                    key=fresh.text(),
                    because=because,
                    announced_by=by,
                )
                at = await record_alone(tx, "audit", NATION, told, "onebox/log_key", new_id())
                await tx.execute(
                    text("INSERT INTO audit.log_key_announcement VALUES (:at, :before, :key, :because, now())"),
                    {"at": at, "before": in_use.text(), "because": because, **said},
                )
            return in_use, fresh
    finally:
        await database.close()


async def finish(url: str, keyring: Keyring) -> Key:
    """Hold the key that signs now and no other; refused while the sealer has not changed over."""
    database = Database(url, application="log_key")
    try:
        async with database.reading(NATION) as tx:
            now = await tx.scalar(text("SELECT key FROM audit.log_key_change ORDER BY size DESC LIMIT 1"))
    finally:
        await database.close()
    kept = [one for one in keyring.held() if one.key.text() == now]
    if not kept:
        msg = "封存进程尚未换用新密钥；请重启 sealer，待日志中出现 key changed 后再试"
        raise Refused(msg)
    keyring.keep(_written(kept[0]))
    return kept[0].key


async def _in_use(tx: AsyncSession, known: list[Key]) -> Key:
    """Which of these keys signs the log now."""
    last = await tx.scalar(text("SELECT key FROM audit.log_key_change ORDER BY size DESC LIMIT 1"))
    note = await tx.scalar(text("SELECT note FROM audit.log_checkpoint ORDER BY size DESC LIMIT 1"))
    if note is None:
        msg = "日志尚未封存，密钥可以直接换用，无须公告"
        raise Refused(msg)
    checkpoint = Checkpoint.read(note)
    for one in known:
        if one.text() == last or (last is None and one.name == checkpoint.origin and checkpoint.signed_by(one) == 0):
            return one
    msg = "所给的密钥都不是日志现用的；原密钥遗失的，请以 --old-key 指明原公钥"
    raise Refused(msg)


def _must_be_announceable(in_use: Key, fresh: Key, held: list[Signer], because: str) -> None:
    keys = [one.key for one in held]
    if fresh == in_use:
        msg = "密钥文件中没有下一把密钥；请先用 draw 生成"
        raise Refused(msg)
    if because == "lost" and in_use in keys:
        msg = "原密钥还在密钥文件中，不是遗失；泄露的请用 compromised：由它签名公告，已有的公钥都能沿此核验"
        raise Refused(msg)
    if because != "lost" and in_use not in keys:
        msg = "密钥文件中没有原密钥；确已遗失的请用 lost"
        raise Refused(msg)


def _written(signer: Signer) -> str:
    return notes.written(signer.key.name, signer.private.private_bytes_raw())


def _carry_out(chosen: argparse.Namespace) -> list[str]:
    installation = Installation(chosen.home, os.environ.get("QINGLIU_DATABASE_URL") or None)
    keyring = Keyring(chosen.home, chosen.log_key)
    if chosen.log_key is None:  # a launcher that runs keeps its own copy of keys.json, and would write it back
        with installation.alone():
            pass
    old = Key.read(chosen.old_key) if getattr(chosen, "old_key", None) else None
    if chosen.verb == "draw":
        return [f"下一把公钥：{draw(keyring, old.name if old else None).text()}"]
    with installation.database() as url:
        if chosen.verb == "finish":
            return [f"只保留现用密钥，公钥：{asyncio.run(finish(url, keyring)).text()}"]
        if not chosen.by.strip() or not chosen.by.isprintable():
            msg = "经办人须填写"
            raise Refused(msg)
        if len(keyring.held()) < (1 if chosen.because == "lost" else 2):
            draw(keyring, old.name if old else None)
        before, after = asyncio.run(announce(url, keyring.held(), chosen.because, chosen.by, old))
        return [
            f"已记入日志：{REASONS[chosen.because]}，{chosen.by} 经办",
            f"原公钥：{before.text()}",
            f"新公钥：{after.text()}（请以纸质另行送达各核验和见证机关）",
            "重启 sealer 后换用；换用后执行 finish 删去原密钥",
        ]


def main() -> int:
    speak_anywhere()
    asked = argparse.ArgumentParser(prog="python -m deploy.onebox.log_key", description="更换存证日志的签名密钥")
    verbs = asked.add_subparsers(required=True, dest="verb")
    for verb, told in (("draw", "生成下一把密钥"), ("announce", "在日志中公告下一把密钥"), ("finish", "删去原密钥")):
        one = verbs.add_parser(verb, help=told)
        one.add_argument("--home", type=Path, default=ROOT / "var")
        one.add_argument("--log-key", type=Path, default=None, help="容器部署时的密钥文件")
        if verb != "finish":
            one.add_argument("--old-key", default="", help="原密钥遗失时：原公钥")
        if verb == "announce":
            one.add_argument("--because", choices=sorted(REASONS), required=True, help="例行、泄露、遗失")
            one.add_argument("--by", required=True, help="经办人")
    chosen = asked.parse_args()
    try:
        said = _carry_out(chosen)
    except (*FAILURES, *connections.FAILURES, connections.OutcomeUnknown, Bad) as failed:
        print(f"未能更换：{getattr(failed, 'orig', failed)}", file=sys.stderr)
        return 1
    print("\n".join(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
