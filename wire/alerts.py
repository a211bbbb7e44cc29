"""Events of audit_api about what inspectors do with alerts, beside taking them in, up, or dismissing them.

The class name is the kind. No body holds prose: it carries the SHA-256 of what people wrote.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class AlertTriaged(Fact):
    """How an alert is to be dealt with: what was proposed by which policy values, and what a person set."""

    alert_id: UUID
    county_code: str
    proposed: str
    triage: str
    repeats_n: int
    policies: list[str]
    triaged_on: date
    text_sha256: str


class AlertAssigned(Fact):
    """An alert was given to a person, by login, to work on."""

    alert_id: UUID
    county_code: str
    assignee: str
    assigned_on: date


class AlertsMerged(Fact):
    """Alerts about the same money became one to work on; none of them is lost."""

    main_id: UUID
    alert_ids: list[UUID]
    county_code: str
    merged_on: date
    text_sha256: str


class AlertsParted(Fact):
    """Alerts that were merged are worked on by themselves again."""

    main_id: UUID
    alert_ids: list[UUID]
    county_code: str
    parted_on: date
    text_sha256: str


class AlertRefuted(Fact):
    """One person holds that an alert asks about nothing; it stands until another has confirmed that."""

    refutation_id: UUID
    alert_id: UUID
    county_code: str
    refuted_on: date
    version_hash: str
    text_sha256: str


class AlertRefutationSentBack(Fact):
    """Another person did not agree that an alert asks about nothing."""

    refutation_id: UUID
    alert_id: UUID
    county_code: str
    decided_on: date
    version_hash: str
    text_sha256: str


class AlertOutcomeHeard(Fact):
    """A person decided of an alert's flag in funds_api: confirmed, refuted, or asked again."""

    alert_id: UUID
    county_code: str
    seq: int
    outcome: str
    feed_position: int
