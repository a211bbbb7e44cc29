"""Orders to put findings right, and what happened to them.

The row of an order tells its first deadline and how it stands by all that is known; how it stood at a moment is told
by its steps and by the deadlines granted.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import DECIDED, DECIDED_WHOLE, HAS_ITS_VERSION, RegionText, Row, TwoPeople


class RectificationOrderRow(Row):
    """A demand to one unit to put a finding right by a day. Whoever asks to close it is never the one who reviews.

    Nobody draws up what they issue; of an order of before there were two, nobody is told to have drawn it up.
    """

    __tablename__ = "rectification_order"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("status IN ('issued', 'closure_requested', 'sent_back', 'closed')", name="status"),
        CheckConstraint("kind IN ('at_once', 'in_stages', 'continuing')", name="kind"),
        CheckConstraint("deadline >= issued_on", name="deadline_not_before_issue"),
        CheckConstraint("closed_on IS NULL OR closed_on >= issued_on", name="closed_not_before_issue"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_has_its_day"),
        CheckConstraint("status <> 'closed' OR reviewed_by IS NOT NULL", name="closed_is_reviewed"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> requested_by", name="maker_is_not_checker"),
        CheckConstraint("reviewed_by IS NULL OR requested_by IS NOT NULL", name="reviewed_was_requested"),
        CheckConstraint("drawn_by <> issued_by", name="drawn_by_another"),
        CheckConstraint("region_code LIKE county_code || '%'", name="within_its_county"),
        Index("ix_rectification_order_finding", "county_code", "finding_id"),
        Index("ix_rectification_order_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    finding_title: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)
    unit_id: Mapped[UUID]
    unit_name: Mapped[str]
    kind: Mapped[str]
    demand: Mapped[str]
    issued_on: Mapped[date]
    deadline: Mapped[date]
    status: Mapped[str] = mapped_column(server_default=text("'issued'"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    issued_by: Mapped[str]
    drawn_by: Mapped[str | None]
    requested_by: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
    position: Mapped[int]


class RectificationDraftRow(TwoPeople, Row):
    """An order that one person drew up and another issues or sends back. Issued, it becomes the order of the same id.

    Until then it is no order: nothing that reads orders finds it. Orders of before there were two have none.
    """

    __tablename__ = "rectification_draft"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("kind IN ('at_once', 'in_stages', 'continuing')", name="kind"),
        CheckConstraint("deadline >= drawn_on", name="deadline_not_before_drawn"),
        CheckConstraint("decision IN ('issue', 'send_back')", name="decision"),
        CheckConstraint(DECIDED, name="decided_whole"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= drawn_on", name="decided_not_before_drawn"),
        CheckConstraint("decision <> 'issue' OR deadline >= decided_on", name="not_past_when_issued"),
        CheckConstraint("region_code LIKE county_code || '%'", name="within_its_county"),
        Index("ix_rectification_draft_finding", "county_code", "finding_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    unit_id: Mapped[UUID]
    unit_name: Mapped[str]
    kind: Mapped[str]
    demand: Mapped[str]
    deadline: Mapped[date]
    drawn_on: Mapped[date]
    version_hash: Mapped[str] = mapped_column()


class RectificationDraftStageRow(Row):
    """A stage of an order in stages, as it was drawn up."""

    __tablename__ = "rectification_draft_stage"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "draft_id"], ["audit.rectification_draft.county_code", "audit.rectification_draft.id"]
        ),
        CheckConstraint("stage_no > 0", name="stage_no_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    draft_id: Mapped[UUID] = mapped_column(primary_key=True)
    stage_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    task: Mapped[str]
    deadline: Mapped[date]


class RectificationStepRow(Row):
    """One thing that happened to an order: who did what on which day, in whose words. Never changed."""

    __tablename__ = "rectification_step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "order_id"], ["audit.rectification_order.county_code", "audit.rectification_order.id"]
        ),
        CheckConstraint(
            "action IN ('issued', 'progress', 'stage_done', 'extension_asked', 'extension_granted',"
            " 'extension_refused', 'supervised', 'closure_requested', 'sent_back', 'closed', 'held', 'relapsed')",
            name="action",
        ),
        CheckConstraint("step_no > 0", name="step_no_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    action: Mapped[str]
    done_on: Mapped[date]
    done_by: Mapped[str]
    note: Mapped[str]
    salt: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


_ORDER = ["audit.rectification_order.county_code", "audit.rectification_order.id"]


class RectificationProofRow(Row):
    """A kept file that proves a step."""

    __tablename__ = "rectification_proof"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "order_id", "step_no"],
            [
                "audit.rectification_step.county_code",
                "audit.rectification_step.order_id",
                "audit.rectification_step.step_no",
            ],
        ),
        ForeignKeyConstraint(["county_code", "evidence_id"], ["audit.evidence.county_code", "audit.evidence.id"]),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)


class RectificationStageRow(Row):
    """A stage of an order in stages, with a deadline of its own; that it was done is a step, and told here once."""

    __tablename__ = "rectification_stage"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "order_id"], _ORDER),
        CheckConstraint("stage_no > 0", name="stage_no_positive"),
        CheckConstraint("(done_on IS NULL) = (done_by IS NULL)", name="done_says_by_whom"),
        CheckConstraint("(done_on IS NULL) = (done_position IS NULL)", name="done_is_positioned"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    stage_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    task: Mapped[str]
    deadline: Mapped[date]
    done_on: Mapped[date | None]
    done_by: Mapped[str | None]
    position: Mapped[int]
    done_position: Mapped[int | None]


class RectificationExtensionStageRow(Row):
    """The new day that a request for more time names for one stage that was open."""

    __tablename__ = "rectification_extension_stage"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "extension_id"],
            ["audit.rectification_extension.county_code", "audit.rectification_extension.id"],
        ),
        ForeignKeyConstraint(
            ["county_code", "order_id", "stage_no"],
            [f"audit.rectification_stage.{name}" for name in ("county_code", "order_id", "stage_no")],
        ),
        CheckConstraint("new_deadline >= old_deadline", name="not_earlier"),
        Index("ix_rectification_extension_stage_order", "county_code", "order_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    extension_id: Mapped[UUID] = mapped_column(primary_key=True)
    stage_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    order_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    old_deadline: Mapped[date]
    new_deadline: Mapped[date]


class RectificationSupervisionRow(TwoPeople, Row):
    """A notice of supervision over one missed deadline, to the unit and to the leader in charge, and who sent it.

    One person draws it up and another sends it. One of before there were two has no version, and was sent at once.
    """

    __tablename__ = "rectification_supervision"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "order_id"], _ORDER),
        CheckConstraint("due_on > deadline", name="due_after_the_deadline"),
        CheckConstraint("drawn_on >= due_on", name="drawn_when_due"),
        CheckConstraint("sent_on >= due_on", name="sent_when_due"),
        CheckConstraint("decision IN ('send', 'send_back')", name="decision"),
        CheckConstraint(DECIDED_WHOLE, name="decided_whole"),
        CheckConstraint(HAS_ITS_VERSION, name="has_its_version"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= drawn_on", name="decided_not_before_drawn"),
        CheckConstraint(
            "version_hash IS NULL OR (sent_on IS NOT NULL) = (decision IS NOT DISTINCT FROM 'send')",
            name="sent_by_decision",
        ),
        Index(
            "uq_rectification_supervision_standing",
            "county_code",
            "order_id",
            "deadline",
            unique=True,
            postgresql_where=text("decision IS DISTINCT FROM 'send_back'"),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    deadline: Mapped[date]
    due_on: Mapped[date]
    policy: Mapped[str]
    document: Mapped[str]
    leader_post: Mapped[str]
    leader_account: Mapped[str | None]
    demand: Mapped[str]
    drawn_on: Mapped[date]
    sent_on: Mapped[date | None]


class RectificationLookBackRow(TwoPeople, Row):
    """What was seen at a closed order on a day, and who confirmed it: neither of them agreed to close it.

    One of before there were two has no version, and counted at once.
    """

    __tablename__ = "rectification_look_back"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "order_id"], _ORDER),
        CheckConstraint("result IN ('held', 'relapsed')", name="result"),
        CheckConstraint("made_by <> closed_by", name="not_by_who_closed"),
        CheckConstraint("decision IN ('confirm', 'send_back')", name="decision"),
        CheckConstraint(DECIDED_WHOLE, name="decided_whole"),
        CheckConstraint(HAS_ITS_VERSION, name="has_its_version"),
        CheckConstraint("version_hash IS NULL OR note IS NOT NULL", name="has_its_note"),
        CheckConstraint("checked_by <> made_by AND checked_by <> closed_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= looked_on", name="decided_not_before_drawn"),
        Index(
            "uq_rectification_look_back_open",
            "county_code",
            "order_id",
            unique=True,
            postgresql_where=text("version_hash IS NOT NULL AND decision IS NULL"),
        ),
        Index("ix_rectification_look_back_order", "county_code", "order_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    result: Mapped[str]
    looked_on: Mapped[date]
    closed_by: Mapped[str]
    note: Mapped[str | None]
    evidence_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))


class RectificationExtensionRow(TwoPeople, Row):
    """More time asked for by one person, and granted or refused by another over the very version that was asked."""

    __tablename__ = "rectification_extension"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "order_id"], _ORDER),
        CheckConstraint("new_deadline > old_deadline", name="later"),
        CheckConstraint("decision IN ('grant', 'refuse')", name="decision"),
        CheckConstraint(DECIDED, name="decided_whole"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= asked_on", name="decided_not_before_asked"),
        CheckConstraint("new_deadline >= asked_on", name="not_past_when_asked"),
        CheckConstraint("decision <> 'grant' OR new_deadline >= decided_on", name="not_past_when_granted"),
        Index(
            "uq_rectification_extension_open",
            "county_code",
            "order_id",
            unique=True,
            postgresql_where=text("decision IS NULL"),
        ),
        Index("ix_rectification_extension_order", "county_code", "order_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    old_deadline: Mapped[date]
    new_deadline: Mapped[date]
    reason: Mapped[str]
    asked_on: Mapped[date]
    version_hash: Mapped[str] = mapped_column()
