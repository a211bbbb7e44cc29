"""The rows of schema `audit`, with the constraints that hold even when code is wrong.

Every key begins with `county_code`; `region_code` is what row-level security looks at (policies stand in the
migrations). A finding belongs to the county, so that no township session can see one; an order belongs to the place
it is addressed to. Money is known here only as fen of lots that funds_api told of: there is no copy of its rows.
"""

from __future__ import annotations

from services.audit_api.tables.alerts import (
    AlertAssignmentRow,
    AlertMergeRow,
    AlertOutcomeRow,
    AlertRefutationRow,
    AlertRow,
    AlertTriageRow,
    FlagToldRow,
)
from services.audit_api.tables.engagements import (
    EngagementDocumentRow,
    EngagementFindingRow,
    EngagementMemberRow,
    EngagementPeriodRow,
    EngagementRow,
    EngagementScopeRow,
)
from services.audit_api.tables.erasures import ErasableTextRow, ErasedOutcomeRow, ErasureRow
from services.audit_api.tables.evidence import EvidenceRow, EvidenceSignatureRow, EvidenceWithdrawalRow
from services.audit_api.tables.extracts import LedgerExtractRow
from services.audit_api.tables.feed import FollowerCursorRow
from services.audit_api.tables.findings import (
    BindingMoveRow,
    FiledReportRow,
    FindingClassRow,
    FindingFactEvidenceRow,
    FindingFactRow,
    FindingListedRow,
    FindingLotRow,
    FindingReviewRow,
    FindingRow,
    FindingSubjectLotRow,
    FindingSubjectRow,
    FindingVersionRow,
    FollowedLotRow,
    LotDrawRow,
    RectifiedChangeRow,
)
from services.audit_api.tables.journal import EventNamedRow, EventRow, StreamHeadRow
from services.audit_api.tables.leads import (
    InterestDeclarationRow,
    LeadDepartureRow,
    LeadLetterRow,
    LeadMemberRow,
    LeadOpinionRow,
    LeadRow,
    LeadTalkRow,
)
from services.audit_api.tables.policies import PolicyGateRow, PolicyValueRow
from services.audit_api.tables.quarantines import (
    QuarantineChangeRow,
    QuarantineLotRow,
    QuarantineRow,
    QuarantineStepRow,
    QuarantineToldRow,
)
from services.audit_api.tables.record import (
    LogCheckpointRow,
    LogCosignatureRow,
    LogCursorRow,
    LogHeadRow,
    LogKeyAnnouncementRow,
    LogKeyChangeRow,
    LogLeafRow,
    LogTileRow,
)
from services.audit_api.tables.rectifications import (
    RectificationDraftRow,
    RectificationDraftStageRow,
    RectificationExtensionRow,
    RectificationExtensionStageRow,
    RectificationLookBackRow,
    RectificationOrderRow,
    RectificationProofRow,
    RectificationStageRow,
    RectificationStepRow,
    RectificationSupervisionRow,
)
from services.audit_api.tables.repeats import FindingRepeatRow, FindingRepeatUndoingRow
from services.audit_api.tables.rows import RegionText, Row

__all__ = [
    "AlertAssignmentRow",
    "AlertMergeRow",
    "AlertOutcomeRow",
    "AlertRefutationRow",
    "AlertRow",
    "AlertTriageRow",
    "BindingMoveRow",
    "EngagementDocumentRow",
    "EngagementFindingRow",
    "EngagementMemberRow",
    "EngagementPeriodRow",
    "EngagementRow",
    "EngagementScopeRow",
    "ErasableTextRow",
    "ErasedOutcomeRow",
    "ErasureRow",
    "EventNamedRow",
    "EventRow",
    "EvidenceRow",
    "EvidenceSignatureRow",
    "EvidenceWithdrawalRow",
    "FiledReportRow",
    "FindingClassRow",
    "FindingFactEvidenceRow",
    "FindingFactRow",
    "FindingListedRow",
    "FindingLotRow",
    "FindingRepeatRow",
    "FindingRepeatUndoingRow",
    "FindingReviewRow",
    "FindingRow",
    "FindingSubjectLotRow",
    "FindingSubjectRow",
    "FindingVersionRow",
    "FlagToldRow",
    "FollowedLotRow",
    "FollowerCursorRow",
    "InterestDeclarationRow",
    "LeadDepartureRow",
    "LeadLetterRow",
    "LeadMemberRow",
    "LeadOpinionRow",
    "LeadRow",
    "LeadTalkRow",
    "LedgerExtractRow",
    "LogCheckpointRow",
    "LogCosignatureRow",
    "LogCursorRow",
    "LogHeadRow",
    "LogKeyAnnouncementRow",
    "LogKeyChangeRow",
    "LogLeafRow",
    "LogTileRow",
    "LotDrawRow",
    "PolicyGateRow",
    "PolicyValueRow",
    "QuarantineChangeRow",
    "QuarantineLotRow",
    "QuarantineRow",
    "QuarantineStepRow",
    "QuarantineToldRow",
    "RectificationDraftRow",
    "RectificationDraftStageRow",
    "RectificationExtensionRow",
    "RectificationExtensionStageRow",
    "RectificationLookBackRow",
    "RectificationOrderRow",
    "RectificationProofRow",
    "RectificationStageRow",
    "RectificationStepRow",
    "RectificationSupervisionRow",
    "RectifiedChangeRow",
    "RegionText",
    "Row",
    "StreamHeadRow",
]
