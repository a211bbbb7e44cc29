"""What goes over, lot by lot: the movements that leave the old county, the receipts of the new one, and which is which.

A lot becomes one lot, and a tranche one tranche, so that a trace crosses the border to the fen. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from services.funds_api.lots.ledger import Movement, Part
from treasury.lots import Lot
from wire.money import LotSucceeded


@dataclass(frozen=True, slots=True)
class Line:
    """The printed line that brought a tranche of the old county."""

    notice_id: UUID
    part: str
    line_no: int
    fiscal_year: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Going:
    """By which document money goes over, when, and by whose hand."""

    succession: UUID
    to_county: str
    document: str
    on: date
    actor: str


@dataclass(slots=True)
class Crossing:
    """What is posted in either county, the new tranches as rows, and the pairs of lots."""

    out_movements: list[Movement] = field(default_factory=list)
    out_parts: list[Part] = field(default_factory=list)
    in_movements: list[Movement] = field(default_factory=list)
    in_parts: list[Part] = field(default_factory=list)
    tranches: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    lots: list[LotSucceeded] = field(default_factory=list)

    @property
    def amount_fen(self) -> int:
        return sum(one.amount_fen for one in self.out_movements)


def cross(
    going: Going, lots: Sequence[Lot], follows: Mapping[UUID, UUID], outside: UUID, lines: Mapping[UUID, Line]
) -> Crossing:
    """All of each lot leaves for `outside` and comes to the account that `follows` its own; its clock goes on.

    `lines` are of the tranches, by their ids.
    """
    made = Crossing()
    by_account: dict[UUID, list[Lot]] = {}
    for lot in lots:
        by_account.setdefault(lot.account, []).append(lot)
    for account, drawn in sorted(by_account.items()):
        whole = sum(lot.remaining_fen for lot in drawn)
        leaving = Movement(
            new_id(), "succeed", going.document, account, outside, going.on, whole, going.actor, drawn="named"
        )
        made.out_movements.append(leaving)
        for lot in drawn:
            _cross_one(made, going, leaving, lot, follows[account], lines[lot.tranche])
    return made


def _cross_one(made: Crossing, going: Going, leaving: Movement, lot: Lot, target: UUID, line: Line) -> None:
    gone = Part(
        leaving.id, new_id(), lot.remaining_fen, from_lot=lot.id, clock_from=lot.clock_from, fiscal_year=lot.fiscal_year
    )
    tranche = made.tranches.setdefault(
        lot.tranche,
        {
            "county_code": going.to_county,
            "id": new_id(),
            "notice_id": line.notice_id,
            "part": line.part,
            "line_no": line.line_no,
            "fund_code": lot.fund,
            "fiscal_year": line.fiscal_year,
            "purpose": line.purpose,
            "amount_fen": 0,
            "received_on": going.on,
            "succession_id": going.succession,
        },
    )
    tranche["amount_fen"] += lot.remaining_fen
    # A receipt of its own for each lot: by it a trace finds the lot it goes on from.
    coming = Movement(
        new_id(), "receive", going.document, None, target, going.on, lot.remaining_fen, going.actor, drawn="none"
    )
    came = replace(gone, movement=coming.id, to_lot=new_id(), from_lot=None, tranche=tranche["id"])
    made.out_parts.append(gone)
    made.in_movements.append(coming)
    made.in_parts.append(came)
    made.lots.append(
        LotSucceeded(
            drawn_lot_id=lot.id,
            from_account_id=lot.account,
            from_tranche_id=lot.tranche,
            from_lot_id=gone.to_lot,
            to_account_id=target,
            tranche_id=tranche["id"],
            lot_id=came.to_lot,
            fund_code=lot.fund,
            amount_fen=lot.remaining_fen,
        )
    )
