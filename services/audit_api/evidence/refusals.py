"""Why a file is not kept or not handed out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.audit_api.evidence.filekinds import SENT


@dataclass(eq=False)
class EvidenceEmpty(Exception):
    """No byte arrived."""

    def __str__(self) -> str:
        return "证据文件为空"


@dataclass(eq=False)
class EvidenceTooLarge(Exception):
    """More bytes arrived than may be kept, or the sender stopped in the middle."""

    limit_bytes: int

    def __str__(self) -> str:
        return f"证据文件超过 {self.limit_bytes // (1024 * 1024)} MiB，或上传中断"


@dataclass(eq=False)
class EvidenceKindUnknown(Exception):
    """The bytes are none of the kinds that are kept, whatever the name says."""

    def __str__(self) -> str:
        return "文件内容不是可接受的类型（" + "、".join(SENT) + "）"


@dataclass(eq=False)
class EvidenceForgotten(Exception):
    """What this file says is handed out to nobody any more; its digest stays."""

    sha256: str
    erased_on: date | None
    stopped_on: date | None

    def __str__(self) -> str:
        if self.erased_on is not None:
            return f"该证据文件的内容已于 {self.erased_on} 决定删除，只保留其 SHA-256"
        return f"该证据文件的内容自 {self.stopped_on} 起停止处理，不再提供，也不得再次登记"


@dataclass(eq=False)
class EvidenceAltered(Exception):
    """The kept file is gone or no longer what was registered."""

    sha256: str

    def __str__(self) -> str:
        return "证据文件与登记的 SHA-256 不一致或已丢失，已停止提供"


@dataclass(eq=False)
class EvidenceStoreDown(Exception):
    """Where evidence is kept does not answer, or refuses: nothing was registered and nothing handed out."""

    def __str__(self) -> str:
        return "证据存储暂时无法访问，本次没有登记、也没有提供任何文件"
