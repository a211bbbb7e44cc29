"""What a restart undid, told to whoever looks at the console, out of what funds_api writes into its own log.

Reads its log on from where it was first opened, and only the lines of its logger `uploads`. Asks the service nothing
and decides nothing: a line that is not understood is left to the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

_CHINA: Final = ZoneInfo("Asia/Shanghai")
_LOGGER: Final = "uploads"
_OUTCOMES: Final = {
    "undone": "已撤销中断的上传（{which}）：名册一行也没有入库，批次仍待上传名册；"
    "请用同一个 Idempotency-Key 重新上传原文件",
    "finished": "中断的上传已经办完（{which}）：名册已校验入库，只是答复没有送达；"
    "用同一个 Idempotency-Key 重试可取得答复",
}
_NOTHING: Final = "没有被中断的上传；中断前已办成的全部有效，没有收到答复的请用同一个 Idempotency-Key 重试"


def told(line: dict[str, Any], *, first: bool) -> str | None:
    """The Chinese sentence for a log line of the uploads, None for one that says nothing to a person.

    A start that found nothing cut off is worth a sentence only after a crash, not when it is the `first`.
    """
    if "batch" in line:
        begun = datetime.fromisoformat(line["begun_at"]).astimezone(_CHINA)
        which = f"县 {line['county']}，批次 {line['batch']}，{begun:%Y-%m-%d %H:%M:%S} 开始"
        return _OUTCOMES[line["outcome"]].format(which=which) if line["outcome"] in _OUTCOMES else None
    if "undone" not in line or first:
        return None
    return f"共撤销 {line['undone']} 次中断的上传；其余已办成的全部有效" if line["undone"] else _NOTHING


class Aftermath:
    """Sentences about uploads as they come into a log, from now on."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read_to = log.stat().st_size if log.exists() else 0
        self._starts = 0

    def news(self) -> list[str]:
        """What has been told since the last look, oldest first."""
        return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        for text in self._new_lines():
            if _LOGGER not in text:
                continue
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict) and line.get("logger") == _LOGGER:
                sentence = told(line, first=self._starts == 0)
                self._starts += "undone" in line
                if sentence is not None:
                    yield sentence

    def _new_lines(self) -> list[str]:
        """The lines that have been ended since the last look."""
        if not self._log.exists():
            return []
        with self._log.open("rb") as log:
            log.seek(self._read_to)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._read_to += len(whole) + len(newline)
        return whole.decode(errors="replace").splitlines()
