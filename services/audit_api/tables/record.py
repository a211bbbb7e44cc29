"""The log: every event of every journal as a leaf, the tiles over them, checkpoints, and how far each stream is sealed.

The log is one for the installation, written by one process that no act waits for: its keys begin with its own positions
and not with a county. Leaves and cursors are shown by the region of their stream; what is a hash of everything is shown
to whoever may ask for the record, since it tells nothing of what is below it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class LogLeafRow(Row):
    """An event as it was sealed: `position` is dense and begins at 0, `hash` is the event's own."""

    __tablename__ = "log_leaf"
    __table_args__ = (
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("stream_position > 0", name="stream_position_positive"),
        CheckConstraint("service IN ('funds', 'audit', 'identity')", name="service"),
        CheckConstraint("length(hash) = 32", name="hash_length"),
        UniqueConstraint("stream", "service", "stream_position"),
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service: Mapped[str]
    stream: Mapped[str] = mapped_column(RegionText)
    stream_position: Mapped[int]
    hash: Mapped[bytes]


class LogTileRow(Row):
    """256 entries of a level of the tree, one behind the other, and the root over them; kept when they are complete."""

    __tablename__ = "log_tile"
    __table_args__ = (
        CheckConstraint("level >= 0 AND index >= 0", name="place_not_negative"),
        CheckConstraint("length(root) = 32 AND length(hashes) = 8192", name="is_full"),
    )
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    hashes: Mapped[bytes]


class LogCheckpointRow(Row):
    """What the log signed: a note with its size and root."""

    __tablename__ = "log_checkpoint"
    __table_args__ = (
        CheckConstraint("size > 0", name="size_positive"),
        CheckConstraint("length(root) = 32", name="root_length"),
    )
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str]
    made_at: Mapped[datetime]


class LogCosignatureRow(Row):
    """A witness's line below a checkpoint: that office saw it follow whatever it had seen before."""

    __tablename__ = "log_cosignature"
    __table_args__ = (ForeignKeyConstraint(["size"], ["audit.log_checkpoint.size"]),)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    signed_at: Mapped[datetime]
    received_by: Mapped[str]


class LogKeyAnnouncementRow(Row):
    """That a key of the log is to follow another, as the event at `position` of the nation's stream says it."""

    __tablename__ = "log_key_announcement"
    __table_args__ = (
        CheckConstraint("position > 0", name="position_positive"),
        CheckConstraint("key <> key_before", name="another_key"),
        CheckConstraint("split_part(key, '+', 1) = split_part(key_before, '+', 1)", name="of_one_log"),
        CheckConstraint("because IN ('routine', 'compromised', 'lost')", name="because"),
        UniqueConstraint("position", "key_before", "key"),
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key_before: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    because: Mapped[str]
    announced_at: Mapped[datetime]


class LogKeyChangeRow(Row):
    """From which size on a key of the log signs: the note that says so, signed by the key before it as well.

    A key is followed by one key, and none comes twice; where the old key was lost the new one signed alone.
    `leaf_position` is where the announcement stands in the log: the leaf itself is shown to the nation only.
    """

    __tablename__ = "log_key_change"
    __table_args__ = (
        CheckConstraint("leaf_position BETWEEN 0 AND size - 1", name="announced_within"),
        ForeignKeyConstraint(["size"], ["audit.log_checkpoint.size"]),
        ForeignKeyConstraint(
            ["announced_position", "key_before", "key"],
            [f"audit.log_key_announcement.{name}" for name in ("position", "key_before", "key")],
        ),
    )
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    announced_position: Mapped[int]
    leaf_position: Mapped[int]
    key_before: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str]
    changed_at: Mapped[datetime]


class LogCursorRow(Row):
    """How far a stream is sealed: its last sealed event and its hash, and its end when it was last seen longer.

    `sealed_at_size` is the size of the log when it was: who waits longest is sealed next. `stopped_because` says
    why it is sealed no further.
    """

    __tablename__ = "log_cursor"
    __table_args__ = (CheckConstraint("position BETWEEN 0 AND head_position", name="position_within_head"),)
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes]
    head_position: Mapped[int]
    sealed_at_size: Mapped[int]
    stopped_because: Mapped[str | None]


class LogHeadRow(Row):
    """The one row whose lock lets one sealer write: how many leaves there are, and until when everything is sealed."""

    __tablename__ = "log_head"
    __table_args__ = (
        CheckConstraint("one = 1", name="one"),
        CheckConstraint("size >= 0", name="size_not_negative"),
    )
    one: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    size: Mapped[int]
    complete_at: Mapped[datetime]
    looked_at: Mapped[datetime]
