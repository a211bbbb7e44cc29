"""What may be done with an alert, and which alerts are about the same money: pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.audit_api.tables import AlertRow


@dataclass(eq=False)
class AlertMerged(Exception):
    """The alert is worked on as part of another."""

    alert_id: str
    main_id: str

    def __str__(self) -> str:
        return f"预警 {self.alert_id} 已并入预警 {self.main_id}，请在后者中办理，或先拆分"


@dataclass(eq=False)
class AlertLeadsOthers(Exception):
    """Other alerts were merged into this one; it cannot itself become part of another."""

    alert_id: str
    merged_n: int

    def __str__(self) -> str:
        return f"预警 {self.alert_id} 下已并入 {self.merged_n} 条预警，不能再并入其他预警"


@dataclass(eq=False)
class AlertNotMerged(Exception):
    """The alert is not part of the one named."""

    alert_id: str
    main_id: str

    def __str__(self) -> str:
        return f"预警 {self.alert_id} 没有并入预警 {self.main_id}"


@dataclass(eq=False)
class NotSameMoney(Exception):
    """Two alerts are about different money."""

    alert_id: str
    main_id: str

    def __str__(self) -> str:
        return f"预警 {self.alert_id} 与预警 {self.main_id} 所问的不是同一资金批次、同一对象或同一账户，不能合并"


@dataclass(eq=False)
class RefutationWaits(Exception):
    """Somebody has refuted the alert, and nobody has decided on it yet."""

    refutation_id: str

    def __str__(self) -> str:
        return f"该预警已有待审核的排除意见 {self.refutation_id}"


@dataclass(eq=False)
class RefutationDecided(Exception):
    """Somebody has decided on this refutation."""

    refutation_id: str
    decision: str

    def __str__(self) -> str:
        done = "同意" if self.decision == "confirm" else "退回"
        return f"排除意见 {self.refutation_id} 已审核（{done}）"


def same_money(one: AlertRow, other: AlertRow) -> bool:
    """Whether two alerts ask about the same lot, the same subject or the same account."""
    return (
        (one.subject, one.subject_id) == (other.subject, other.subject_id)
        or (one.lot_id is not None and one.lot_id == other.lot_id)
        or (one.account_id is not None and one.account_id == other.account_id)
    )


def must_be_same_money(one: AlertRow, main: AlertRow) -> None:
    if not same_money(one, main):
        raise NotSameMoney(str(one.id), str(main.id))


def must_stand_alone(alert_id: UUID, main_id: UUID | None) -> None:
    """Refuse an alert that is part of another."""
    if main_id is not None:
        raise AlertMerged(str(alert_id), str(main_id))
