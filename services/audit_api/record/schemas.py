"""Shapes of the record: its state, checkpoints, proofs, cosignatures and bundles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.fields import Answer, Body

Service = Literal["funds", "audit", "identity"]
Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class StreamSealed(Answer):
    """How far a stream is sealed. `lag_events` counts what it had beyond that when it was last seen to be longer."""

    service: Service
    stream: str
    sealed_position: int
    head_position: int
    lag_events: int
    stopped_because: str | None = None


class Witnessed(Answer):
    """The largest log that a witness has signed."""

    witness: str
    size: int
    signed_at: datetime


class RecordStatus(Answer):
    """The log, its last checkpoint, and the lag gauge.

    Everything recorded until `complete_at` is sealed; `lag_seconds` is how long ago that was: no event has waited
    longer. It grows when the sealer is still, and when a stream is stopped.
    """

    size: int
    root: Hex | None
    checkpoint: str | None = Field(description="最近一个检查点（C2SP tlog-checkpoint），含已收到的见证签名")
    checkpoint_at: datetime | None
    looked_at: datetime | None
    complete_at: datetime | None
    lag_events: int
    lag_seconds: int | None = Field(description="空值表示尚未封存过")
    streams: list[StreamSealed]
    witnesses: list[Witnessed]
    empty_because: str | None = None


class CheckpointTold(Answer):
    """A checkpoint as a signed note, below it the lines of the witnesses that signed it."""

    size: int
    root: Hex
    note: str
    made_at: datetime


class ConsistencyProof(Answer):
    """That the log of `size` begins with the log of `old_size` (RFC 6962 section 2.1.2); hashes from the bottom."""

    old_size: int
    size: int
    proof: list[Hex]


class InclusionProof(Answer):
    """That the line is leaf `position` of the log of `size` (RFC 6962 section 2.1.1), and the checkpoint of it."""

    line: str
    position: int
    size: int
    root: Hex
    proof: list[Hex]
    note: str


class CosignatureRequest(Body):
    """A witness's signature line below the checkpoint of `size`."""

    size: Annotated[int, Field(gt=0, strict=True)]
    line: Annotated[str, StringConstraints(strict=True, min_length=20, max_length=400)]


class CosignatureReceipt(Answer):
    size: int
    witness: str
    signed_at: datetime


class BundledRow(Answer):
    """A row of the journal with all that its hash covers, where it stands in the log, and the proof of that."""

    log_position: int
    service: Service
    stream: str
    position: int
    id: UUID
    kind: str
    actor: str
    request_id: str
    idempotency_key: str
    request_hash: Hex
    recorded_micros: int
    outcome_sha256: Hex
    body: str
    previous_hash: Hex
    hash: Hex
    proof: list[Hex]


class BundledText(Answer):
    """What somebody wrote, as the row at `log_position` sealed it: its `text_sha256` is SHA-256 over salt and words.

    Of the words, each led by its length, a SHA-256 is taken first. What was erased is not here, nor its salt.
    """

    log_position: int
    salt: str
    words: list[str]


class BundledVersion(Answer):
    """Everything a version of the finding says, in the spelling whose hash stands in its event."""

    version_no: int
    version_hash: Hex
    content: dict[str, Any]


class BundledEvidence(Answer):
    """A file that is kept as evidence, frozen extracts of the ledger among them, by its digest."""

    evidence_id: UUID
    file_name: str
    file_kind: str
    size_bytes: int
    sha256: Hex


class Follows(Answer):
    """That the log of the bundle's checkpoint begins with the log of `old_size`, which was seen before."""

    old_size: int
    proof: list[Hex]


class KeyChangeTold(Answer):
    """That one key of the log follows another, joined with a checkpoint.

    `note` says it (C2SP tlog-checkpoint with the lines `key-change` and `key-event`) and is signed by both keys;
    `proof` is the consistency of its log with that of the checkpoint, the smaller first; `event_proof` that the event
    which announced it is leaf `event_position` of its log.
    """

    note: str
    proof: list[Hex]
    event_position: int
    event_proof: list[Hex]


class KeysTold(Answer):
    """Every change of the log's key, joined with the checkpoint of `size`. None: one key has signed it all."""

    format: str
    size: int
    changes: list[KeyChangeTold]


class Bundle(Answer):
    """What the journals hold about a finding, for `verify.py`: rows, inclusion proofs and the checkpoint.

    Rows of audit_api's journal, and of funds_api's those that made and drew the finding's lots, flagged and quarantined
    them. `known_position` (with `known_at`) is the last event of the county's journal that is looked at; null: all.
    As known at an instant a bundle is the same, byte for byte, whenever it is asked for once everything of then is
    sealed: it is proved below the first checkpoint that has it all, without the lines of witnesses that came later.
    """

    format: str
    about: str
    known_at: datetime | None
    known_position: int | None
    checkpoint: str
    follows: Follows | None
    rows: list[BundledRow]
    texts: list[BundledText]
    versions: list[BundledVersion]
    evidence: list[BundledEvidence]
    not_sealed_yet: int = Field(description="已登记而尚未封存、因而不在案卷中的日志条数")
    words_gone_n: int = Field(description="日志中有摘要而文字未附的处数：已依法删除，或早于加盐的版本")
    lacking_n: int = Field(description="资金账本未能提供的日志条数")
    keys: list[KeyChangeTold] = Field(
        default_factory=list,
        exclude_if=lambda told: not told,  # a bundle from before any change stays what it was, byte for byte
        description="检查点由更换后的密钥签名时：此前的各次更换，供以原公钥核验",
    )
