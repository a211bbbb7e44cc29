"""What the sealer remembers of the log outside of the database: the last checkpoint that it signed, in one file.

A sealer that is started anew knows nothing of before: over a database that was put back to an older state it would sign
another log of sizes that were signed. With this file it ends instead, however often it is started.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from services.audit_api.record.verify import Bad, Checkpoint


class MemoryUnreadable(Exception):
    """The file with the last checkpoint that was signed holds none; whoever knows why takes it away."""

    def __init__(self, file: Path, because: str) -> None:
        super().__init__(f"{file}: {because}")


@dataclass(frozen=True, slots=True)
class Memory:
    """The last checkpoint signed, in `file`. Killed at any moment, the file is as it was or as it is."""

    file: Path

    def recall(self) -> tuple[int, bytes] | None:
        """Size and root of the last checkpoint signed; None before the first. `MemoryUnreadable` for what is none."""
        try:
            seen = Checkpoint.read(self.file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (UnicodeDecodeError, Bad) as error:
            raise MemoryUnreadable(self.file, str(error)) from error
        return seen.size, seen.root

    def keep(self, note: str) -> None:
        """Remember this checkpoint in place of the one before; it is on the disk when this returns."""
        new = self.file.with_name(f"{self.file.name}.new")
        with new.open("w", encoding="utf-8") as opened:
            opened.write(note)
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(self.file)
