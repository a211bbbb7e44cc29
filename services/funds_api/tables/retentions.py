"""For whom a retention (质保金) was kept back. Written with its movement, never changed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class RetentionRow(Row):
    """What a movement `retain` brought is kept for a contractor: of a project for one of its contracts.

    A constraint trigger asks for this row by the commit, and that nobody else is paid out of the lots.
    """

    __tablename__ = "retention"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        ForeignKeyConstraint(["county_code", "contractor_id"], ["funds.unit.county_code", "funds.unit.id"]),
        ForeignKeyConstraint(
            ["county_code", "contract_id"], ["funds.project_contract.county_code", "funds.project_contract.id"]
        ),
        Index("ix_retention_contract", "county_code", "contract_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    contractor_id: Mapped[UUID]
    contract_id: Mapped[UUID | None]
