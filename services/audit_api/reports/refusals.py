"""Why a report is not handed out; what does not tie is `model.ReportDoesNotTie`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class ReportTooLarge(Exception):
    """The report would have more rows than one file of its format may have."""

    rows_n: int
    most: int

    def __str__(self) -> str:
        return f"该报表共 {self.rows_n} 行，此格式一次最多 {self.most} 行"


@dataclass(eq=False)
class ReportUnderWay(Exception):
    """The caller has asked for another report that is not ready yet."""

    name: str

    def __str__(self) -> str:
        return f"您的另一份报表（{self.name}）正在生成，请待其完成"


@dataclass(eq=False)
class ReportNotPrinted(Exception):
    """The printer did not finish in time, or failed; nothing was handed out."""

    seconds: float

    def __str__(self) -> str:
        return f"PDF 未能排版完成（限时 {self.seconds:.0f} 秒），未生成文件"


@dataclass(eq=False)
class ReportFormatNotOffered(Exception):
    """`Accept` names none of the formats that there are."""

    def __str__(self) -> str:
        return "报表只有 JSON、XLSX 和 PDF 三种格式"
