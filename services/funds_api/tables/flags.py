"""Red flags: what was asked, by which version of a rule and which values, in which run.

Flags are only added. Those of a run have their position of the journal on `flag_run_rule`, which is written last and
once, so that 100,000 flags hold nobody's place in the stream.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class FlagRow(Row):
    """A question with its figures, named by what it asks: one rule, subject and mark have one `id` for ever.

    Of a lot that crossed a line `facts` and `explanation` are null: what a lot is never changes, so it is read there,
    and the rule's version tells the sentence. What no run raised has an id of its own. No foreign keys: flags are
    written by the hundred thousand out of the very rows they name, and nothing that they name is ever deleted.
    """

    __tablename__ = "flag"
    __table_args__ = (
        CheckConstraint("(run_id IS NULL) = (position IS NOT NULL)", name="known_by_run_or_position"),
        CheckConstraint("amount_fen >= 0 AND days >= 0 AND limit_days >= 0", name="figures_not_negative"),
        CheckConstraint("(facts IS NULL) <= (subject = 'lot' AND run_id IS NOT NULL)", name="facts_or_lot"),
        Index(
            "uq_flag_without_run",
            "county_code",
            "rule_code",
            "subject_id",
            "mark",
            unique=True,
            postgresql_where=text("run_id IS NULL"),
        ),
        Index("ix_flag_without_run_subject", "county_code", "subject_id", postgresql_where=text("run_id IS NULL")),
        # Runs rise with time, and so does the table: what a rule raised in a run lies together.
        Index(
            "ix_flag_run",
            "run_id",
            "rule_code",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    rule_code: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    limit_days: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[date]
    amount_fen: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    facts: Mapped[Any | None] = mapped_column(JSONB)
    explanation: Mapped[str | None]
    raised_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int | None]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    mark: Mapped[str]
    run_id: Mapped[UUID | None]
    basis_id: Mapped[UUID | None]


class FlagBasisRow(Row):
    """A version of a rule and the dated values it judged by; many flags stand on one basis."""

    __tablename__ = "flag_basis"
    __table_args__ = (UniqueConstraint("county_code", "rule_code", "rule_version", "values_sha256"),)
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_code: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    policy: Mapped[Any] = mapped_column(JSONB)
    values_sha256: Mapped[bytes]


class FlagMoneyRow(Row):
    """Fen that a flag is about, by what they are: named by two flags they count once. Without rows: its own subject."""

    __tablename__ = "flag_money"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "flag_id"], ["funds.flag.county_code", "funds.flag.id"]),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    flag_id: Mapped[UUID] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]


class FlagOutcomeRow(Row):
    """What became of a flag, said by somebody on a day by a document: only added, and the last one stands."""

    __tablename__ = "flag_outcome"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "flag_id"], ["funds.flag.county_code", "funds.flag.id"]),
        CheckConstraint("outcome IN ('confirmed', 'refuted', 'reopened')", name="outcome"),
        CheckConstraint("reason <> '' AND document <> ''", name="reason_and_document_given"),
        CheckConstraint(
            "recovered_fen >= 0 AND (recovered_fen = 0 OR outcome = 'confirmed')", name="recovered_of_confirmed"
        ),
        CheckConstraint("seq > 0", name="seq_counts"),
        CheckConstraint(
            "confirmed_fen IS NULL OR (outcome = 'confirmed' AND confirmed_fen >= 0)", name="confirmed_fen_of_confirmed"
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    flag_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    outcome: Mapped[str]
    reason: Mapped[str]
    document: Mapped[str]
    recovered_fen: Mapped[int]
    decided_on: Mapped[date]
    decided_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]
    confirmed_fen: Mapped[int | None]


class FlagFindingRow(Row):
    """A flag of which the inspectors made a finding, as their feed told it; the finding itself is not known here."""

    __tablename__ = "flag_finding"
    __table_args__ = (ForeignKeyConstraint(["county_code", "flag_id"], ["funds.flag.county_code", "funds.flag.id"]),)
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    flag_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]


class FlagRunRow(Row):
    """Rules are to be asked about a place as of a day: `asked` by somebody, or `daily`, going on from the last.

    How far it is, is told by `flag_run_rule`: a rule with a row there is done, and a run that was killed goes on with
    the next.
    """

    __tablename__ = "flag_run"
    __table_args__ = (
        CheckConstraint("kind IN ('asked', 'daily')", name="kind"),
        CheckConstraint("jsonb_array_length(rules) > 0", name="rules_named"),
        Index("uq_flag_run_daily", "county_code", "as_of", unique=True, postgresql_where=text("kind = 'daily'")),
        Index("ix_flag_run_as_of", "county_code", "as_of"),
        Index("ix_flag_run_open", "county_code", "asked_at", postgresql_where=text("ended_at IS NULL")),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    as_of: Mapped[date]
    rules: Mapped[Any] = mapped_column(JSONB)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    ended_at: Mapped[datetime | None]


class FlagRunRuleRow(Row):
    """What one rule of a run found, written once when it was done, with everything it raised.

    `covered` says how far each line of a clock rule has been probed (`clock_from` up to that day), so that the next run
    asks only what crossed since. `figures` are published as they are; `warning` is the rule's doubt about itself;
    `unwarned_because` tells why no unit was warned of what is new.
    """

    __tablename__ = "flag_run_rule"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "run_id"], ["funds.flag_run.county_code", "funds.flag_run.id"]),
        CheckConstraint("hits_n <= candidates_n AND new_n <= hits_n AND new_fen >= 0", name="counts"),
        Index("ix_flag_run_rule_position", "county_code", "rule_code", "position"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_code: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    looked_n: Mapped[int]
    candidates_n: Mapped[int]
    hits_n: Mapped[int]
    new_n: Mapped[int]
    new_fen: Mapped[int]
    covered: Mapped[Any] = mapped_column(JSONB)
    figures: Mapped[Any] = mapped_column(JSONB)
    silent_because: Mapped[str | None]
    warning: Mapped[str | None]
    unwarned_because: Mapped[str | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    position: Mapped[int]


class FlagTallyRow(Row):
    """How many flags a rule of a run raised of a place for a day, and of how many fen, written once with the rule.

    Each flag is counted for its county, its township and its village, so that a place is added up without the others.
    `named_fen` adds up what each flag names (`flag_money`), or else what it is about.
    """

    __tablename__ = "flag_tally"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "run_id", "rule_code"],
            ["funds.flag_run_rule.county_code", "funds.flag_run_rule.run_id", "funds.flag_run_rule.rule_code"],
        ),
        CheckConstraint("flags_n > 0 AND flags_fen >= 0 AND named_fen >= 0", name="counts"),
        CheckConstraint("starts_with(region_code, county_code)", name="place_of_county"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    rule_code: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(primary_key=True)
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    flags_n: Mapped[int]
    flags_fen: Mapped[int]
    named_fen: Mapped[int]
    position: Mapped[int]
