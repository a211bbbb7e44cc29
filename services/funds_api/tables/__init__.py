"""The rows of schema `funds` with the constraints that keep the laws of the ledger even when code is wrong.

Every table that grows with payments carries `county_code` first in its primary key, so that sharding by county later
changes no query. `region_code` is the holder's place, for row-level security (policies stand in the migrations).
Lots, draws, movements, entries and events are written only by the functions of migration 0001; the service's role
may not insert or update them.
"""

from __future__ import annotations

from services.funds_api.tables.assets import (
    AssetIncomeRow,
    AssetRow,
    IncomeShareRow,
    ShareHouseholdRow,
    ShareLineRow,
    SharePaymentRow,
)
from services.funds_api.tables.books import (
    AccountMonthRow,
    AccountPeriodRow,
    ClosingRow,
    FlowMonthRow,
    FlowPeriodRow,
    HoldLotRow,
    HoldRow,
)
from services.funds_api.tables.comparisons import ComparisonEntryRow, ComparisonVersionRow
from services.funds_api.tables.flags import (
    FlagBasisRow,
    FlagFindingRow,
    FlagMoneyRow,
    FlagOutcomeRow,
    FlagRow,
    FlagRunRow,
    FlagRunRuleRow,
    FlagTallyRow,
)
from services.funds_api.tables.journal import ErasedOutcomeRow, EventRow, FollowerCursorRow, StreamHeadRow
from services.funds_api.tables.ledger import DrawRow, EntryRow, LotRow, MovementRow, TrancheRow
from services.funds_api.tables.orders import OrderFlowRow, OrderInvoiceRow, OrderResultRow, TreasuryOrderRow
from services.funds_api.tables.people import (
    BatchPlaceRow,
    BatchYearRow,
    DataKeyRow,
    HouseholdFlowRow,
    HouseholdYearRow,
    LoanRow,
    PaymentBatchRow,
    PaymentRow,
    RejectedRowRow,
)
from services.funds_api.tables.places import RegionChangeRow, RegionFormerRow, RegionLinkRow, RegionRow
from services.funds_api.tables.policies import PolicyGateRow, PolicyValueRow
from services.funds_api.tables.projects import (
    ProjectContractRow,
    ProjectObjectionRow,
    ProjectProgressRow,
    ProjectRow,
    ProjectSourceRow,
    ProjectStepRow,
    ProjectTargetRow,
    ProjectVersionRow,
    TargetResultRow,
)
from services.funds_api.tables.publications import BatchObjectionRow, PublicationRow
from services.funds_api.tables.quarantines import (
    QuarantineChangeRow,
    QuarantineHoldRow,
    QuarantineLotRow,
    QuarantineRow,
)
from services.funds_api.tables.recoveries import FindingLotRow, RecoveryRow
from services.funds_api.tables.reference import (
    AccountNatureRow,
    AccountRow,
    FundRow,
    NoticeDiscrepancyRow,
    NoticeLineRow,
    NoticeReceiptRow,
    NoticeRow,
    UnitRow,
)
from services.funds_api.tables.registry import (
    HouseholdRow,
    LivedInRow,
    MembershipRow,
    PersonRow,
    RegistryActRow,
    ResidenceRow,
    StandingRow,
)
from services.funds_api.tables.retentions import RetentionRow
from services.funds_api.tables.returns import PaymentReturnRow
from services.funds_api.tables.rows import Row
from services.funds_api.tables.stops import ClockStopLotRow, ClockStopRow
from services.funds_api.tables.successions import SuccessionLotRow, SuccessionRow
from services.funds_api.tables.terms import (
    FunctionCodeRow,
    FundGateRow,
    FundRuleRow,
    FundTermsRow,
    FundUseRow,
    NationalRuleRow,
)
from services.funds_api.tables.uploads import UploadAttemptRow
from services.funds_api.tables.visits import HelperPairingRow, HelperVisitRow
from services.funds_api.tables.warnings import UnitLeaderRow, WarningEscalationRow, WarningRow

__all__ = [
    "AccountMonthRow",
    "AccountNatureRow",
    "AccountPeriodRow",
    "AccountRow",
    "AssetIncomeRow",
    "AssetRow",
    "BatchObjectionRow",
    "BatchPlaceRow",
    "BatchYearRow",
    "ClockStopLotRow",
    "ClockStopRow",
    "ClosingRow",
    "ComparisonEntryRow",
    "ComparisonVersionRow",
    "DataKeyRow",
    "DrawRow",
    "EntryRow",
    "ErasedOutcomeRow",
    "EventRow",
    "FindingLotRow",
    "FlagBasisRow",
    "FlagFindingRow",
    "FlagMoneyRow",
    "FlagOutcomeRow",
    "FlagRow",
    "FlagRunRow",
    "FlagRunRuleRow",
    "FlagTallyRow",
    "FlowMonthRow",
    "FlowPeriodRow",
    "FollowerCursorRow",
    "FunctionCodeRow",
    "FundGateRow",
    "FundRow",
    "FundRuleRow",
    "FundTermsRow",
    "FundUseRow",
    "HelperPairingRow",
    "HelperVisitRow",
    "HoldLotRow",
    "HoldRow",
    "HouseholdFlowRow",
    "HouseholdRow",
    "HouseholdYearRow",
    "IncomeShareRow",
    "LivedInRow",
    "LoanRow",
    "LotRow",
    "MembershipRow",
    "MovementRow",
    "NationalRuleRow",
    "NoticeDiscrepancyRow",
    "NoticeLineRow",
    "NoticeReceiptRow",
    "NoticeRow",
    "OrderFlowRow",
    "OrderInvoiceRow",
    "OrderResultRow",
    "PaymentBatchRow",
    "PaymentReturnRow",
    "PaymentRow",
    "PersonRow",
    "PolicyGateRow",
    "PolicyValueRow",
    "ProjectContractRow",
    "ProjectObjectionRow",
    "ProjectProgressRow",
    "ProjectRow",
    "ProjectSourceRow",
    "ProjectStepRow",
    "ProjectTargetRow",
    "ProjectVersionRow",
    "PublicationRow",
    "QuarantineChangeRow",
    "QuarantineHoldRow",
    "QuarantineLotRow",
    "QuarantineRow",
    "RecoveryRow",
    "RegionChangeRow",
    "RegionFormerRow",
    "RegionLinkRow",
    "RegionRow",
    "RegistryActRow",
    "RejectedRowRow",
    "ResidenceRow",
    "RetentionRow",
    "Row",
    "ShareHouseholdRow",
    "ShareLineRow",
    "SharePaymentRow",
    "StandingRow",
    "StreamHeadRow",
    "SuccessionLotRow",
    "SuccessionRow",
    "TargetResultRow",
    "TrancheRow",
    "TreasuryOrderRow",
    "UnitLeaderRow",
    "UnitRow",
    "UploadAttemptRow",
    "WarningEscalationRow",
    "WarningRow",
]
