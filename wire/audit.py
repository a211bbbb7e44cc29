"""Events of audit_api. The class name is the kind; amounts are integer fen.

No body holds prose: what people wrote may name somebody, so the event carries the SHA-256 of the text and commits to
it, while the text itself rests in its row.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from wire.fact import Fact
from wire.quarantines import QuarantineChanged


class AlertsTakenIn(Fact):
    """Flags of one event of the funds feed became alerts."""

    county_code: str
    feed_position: int
    alert_ids: list[UUID]


class AlertDismissed(Fact):
    """Another person confirmed that an alert asks about nothing; each alert merged into it is told by itself.

    In events of before two people decided, `refutation_id`, `version_hash` and `decided_on` are null.
    """

    alert_id: UUID
    county_code: str
    text_sha256: str
    refutation_id: UUID | None = None
    version_hash: str | None = None
    decided_on: date | None = None
    main_id: UUID | None = None


class LotBound(Fact):
    lot_id: UUID
    bound_fen: int


class AuditReportFiled(Fact):
    """A published report of an audit office was filed; what it says is committed to and rests in its row."""

    report_id: UUID
    county_code: str
    reference: str
    text_sha256: str


class FindingDrawnUp(Fact):
    """Somebody wrote a version of a draft; `version_hash` names everything it says."""

    finding_id: UUID
    county_code: str
    version_no: int
    version_hash: str
    class_code: str
    amount_fen: int | None
    text_sha256: str


class FindingSentBack(Fact):
    """Another person sent exactly this version of a draft back."""

    finding_id: UUID
    county_code: str
    version_no: int
    version_hash: str
    decided_on: date
    text_sha256: str


class FindingOpened(Fact):
    """Another person confirmed exactly this version of a draft (认定): it holds from now on, and binds its lots.

    `amount_fen` is null where it was not published or is not known. Events of before there were drafts name no version.
    """

    finding_id: UUID
    county_code: str
    class_code: str
    found_on: date
    amount_fen: int | None
    alert_ids: list[UUID]
    lots: list[LotBound]
    text_sha256: str
    version_no: int = 1
    version_hash: str | None = None
    confirmed_on: date | None = None


class RectifiedChange(Fact):
    """A movement changed what a finding counts as put right; negative when a reversal took it back."""

    finding_id: UUID
    lot_id: UUID
    movement_id: UUID
    effective_on: date
    change_fen: int


class BindingMoved(Fact):
    """Bound fen went on into another lot, and their binding with them: nothing was put right."""

    finding_id: UUID
    from_lot_id: UUID
    to_lot_id: UUID
    movement_id: UUID
    amount_fen: int


class RectificationMeasured(Fact):
    """One event of the funds feed moved money of bound lots, or out of quarantines for the finding they are of."""

    county_code: str
    feed_position: int
    changes: list[RectifiedChange]
    quarantines: list[QuarantineChanged] = Field(default=[])
    moves: list[BindingMoved] = Field(default=[])


class RectificationOrdered(Fact):
    """An order was issued: by another person than drew it up, over `version_hash` (null where one person did both)."""

    order_id: UUID
    finding_id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    kind: str
    issued_on: date
    deadline: date
    text_sha256: str
    stages: tuple[date, ...] = ()
    version_hash: str | None = None


class ClosureRequested(Fact):
    """Closure was asked for; `version_hash` names what exactly was asked (null in events of before it was named)."""

    order_id: UUID
    finding_id: UUID
    county_code: str
    requested_on: date
    text_sha256: str
    version_hash: str | None = None
    evidence_ids: tuple[UUID, ...] = ()


class ClosureReviewed(Fact):
    """A request to close was decided; the figures are those the reviewer had before them."""

    order_id: UUID
    finding_id: UUID
    county_code: str
    decision: str
    reviewed_on: date
    amount_fen: int
    rectified_fen: int
    finding_closed: bool
    text_sha256: str
    version_hash: str | None = None


class EvidenceKept(Fact):
    """A file was kept; with `order_id`, by the unit that the order is addressed to, as proof of it."""

    evidence_id: UUID
    finding_id: UUID
    county_code: str
    sha256: str
    size_bytes: int
    file_kind: str
    order_id: UUID | None = None


class EvidenceRead(Fact):
    """Somebody took a copy of a kept file; recorded before the first byte left."""

    evidence_id: UUID
    finding_id: UUID
    county_code: str
    reader: str
