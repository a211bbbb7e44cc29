"""Shapes of a document that is looked up by its number."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.lots.schemas import TrancheAnswer
from services.funds_api.moments import Known
from services.funds_api.movements.schemas import Moved


class NoticeOfNumber(Answer):
    """A notice of this number that brought money to the county, and where that money is."""

    id: UUID
    issuer: str
    title: str
    document_number: str | None
    fund_code: str
    fiscal_year: int
    issued_on_printed: str | None
    received_on: date
    tranches: list[TrancheAnswer]


class DoneByKind(Answer):
    """What was done by the document of one kind: movements, what of them was undone, what stands."""

    kind: str
    movements_n: int
    amount_fen: int
    undone_fen: int = Field(description="其中截至该时点已冲正的")
    stands_fen: int = Field(description="amount_fen 减去 undone_fen")


class DocumentAnswer(Answer, Known):
    """What a number stands for in a county's books.

    Amounts of different kinds are not added up: what is handed down and then paid is the same money.
    """

    county_code: str
    document: str
    as_of: date
    received_fen: int = Field(description="该文号的资金文件给本县带来的资金")
    resting_fen: int
    spent_fen: int
    outside_fen: int
    unexplained_fen: int = Field(
        description="received_fen 减去 resting、spent、outside，加上各笔业务金额与其资金批次之和的差额，恒为 0"
    )
    notices: list[NoticeOfNumber]
    by_kind: list[DoneByKind]
    movements: list[Moved] = Field(description="以该文号为依据、在您管辖范围内的业务，按日期先后，至多 1000 笔")
    left_out_n: int = Field(description="未列出的业务笔数；by_kind 已计入")
