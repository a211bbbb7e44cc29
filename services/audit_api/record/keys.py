"""Which of the log's keys signs, and when the next one follows it: what the sealer holds against what the log says.

A key follows another when an operator announced it (an event of the journal, `deploy/onebox/log_key.py`), that event is
sealed, and the sealer holds the new key: then both sign a note that says so, at the size the log has, and from there on
the new one signs alone. A key that signed the log and is in nobody's hands any more is followed by the new one's word.
Knows no journal; whether a note is believed is decided in `verify.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.record import notes, store
from services.audit_api.record.notes import Signer
from services.audit_api.record.store import Stream
from services.audit_api.record.verify import Checkpoint, Key
from services.audit_api.tables import LogKeyAnnouncementRow

ANNOUNCED_IN: Stream = ("audit", "00")


class KeyNotAnnounced(Exception):
    """The log is signed by a key that is not held here, and none of those held was announced to follow it.

    Signing on would part the log in two that no verifier joins. Whoever knows why announces the key, or puts it back.
    """

    def __init__(self, in_use: Key | None, held: Sequence[Signer]) -> None:
        mine = ", ".join(one.key.mark.hex() for one in held)
        theirs = "another key" if in_use is None else in_use.mark.hex()
        super().__init__(f"the log is signed by {theirs}, held are {mine}, and none was announced to follow it")


@dataclass(frozen=True)
class Signing:
    """The key in use, who signs with it (None: it was lost), and the announcement that is to be carried out."""

    in_use: Key
    held: Sequence[Signer]
    due: LogKeyAnnouncementRow | None
    is_settled: bool

    @property
    def is_lost(self) -> bool:
        """Whether nobody here can sign with the key in use: the next one may, from its announcement on."""
        return self._with(self.in_use.text()) is None

    def carried_out(self, sealed_position: int) -> LogKeyAnnouncementRow | None:
        """The announcement, once its event is sealed."""
        return self.due if self.due is not None and sealed_position >= self.due.position else None

    def signs(self, change: LogKeyAnnouncementRow | None) -> Signer:
        """Who signs a checkpoint: the key in use; where it was lost the next one, which is announced below it."""
        found = self._with(self.in_use.text()) or (self._with(change.key) if change else None)
        if found is None:
            raise KeyNotAnnounced(self.in_use, self.held)
        return found

    async def change_over(
        self, tx: AsyncSession, change: LogKeyAnnouncementRow, size: int, root: bytes, now: datetime
    ) -> None:
        """Let the announced key follow, by a note at this size that all of both sign that are held."""
        at, leaf = await store.leaf_of(tx, ANNOUNCED_IN, change.position)
        both = (self._with(change.key_before), self._with(change.key))
        note = notes.key_change(self.in_use, [one for one in both if one is not None], size, root, leaf)
        await store.add_key_change(tx, size, change, at, note, now)

    def _with(self, key: str) -> Signer | None:
        return next((one for one in self.held if one.key.text() == key), None)


async def recall(tx: AsyncSession, held: Sequence[Signer]) -> Signing:
    """What the log says of its keys, for these; `KeyNotAnnounced` where none of them may sign it."""
    changes = await store.key_changes(tx)
    announced = await store.key_announcements(tx)
    in_use = Key.read(changes[-1].key) if changes else await _signed_last(tx, held, announced)
    mine = {one.key.text() for one in held}
    if in_use is None:
        raise KeyNotAnnounced(None, held)
    due = next((one for one in announced if one.key_before == in_use.text() and one.key in mine), None)
    former = {one.key_before for one in changes}
    found = Signing(in_use, held, due, is_settled=due is None and mine <= {in_use.text(), *former})
    if found.is_lost and (due is None or due.because != "lost"):
        raise KeyNotAnnounced(in_use, held)
    return found


async def _signed_last(
    tx: AsyncSession, held: Sequence[Signer], announced: Sequence[LogKeyAnnouncementRow]
) -> Key | None:
    """Whose signature the last checkpoint has; in an empty log the first key that is held will sign."""
    last = await store.checkpoint(tx, None)
    if last is None:
        return held[0].key
    note = Checkpoint.read(last.note)
    known = [*(one.key for one in held), *(Key.read(one.key_before) for one in announced)]
    return next((key for key in known if note.origin == key.name and note.signed_by(key) is not None), None)
