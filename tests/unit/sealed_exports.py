"""An export of a sealed journal made by hand, as `deploy.onebox.export` writes it from a database."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from services.audit_api.record import notes
from services.audit_api.record.verify import EXPORT_FORMAT, Peaks, event_hash, first_hash, leaf_hash, leaf_line
from tests.callers import LOG

SIZE = 600


def escaped(field_: bytes) -> bytes:
    """A field as COPY writes it."""
    return field_.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\t", b"\\t")


@dataclass
class Export:
    """Rows of the journal (15 fields each), heads, tiles and checkpoints, to be changed and then written."""

    rows: list[list[bytes]]
    heads: dict[tuple[bytes, bytes], tuple[int, str]]
    tiles: list[list[bytes]]
    notes: list[str]
    unsealed: list[list[bytes]] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "export.json").write_text(json.dumps({"format": EXPORT_FORMAT, "county": None}))
        lines = [b"\t".join(escaped(one) for one in row) for row in self.rows]
        lines += [b"\t".join([b"\\N", *(escaped(one) for one in row[1:14]), b"\\N"]) for row in self.unsealed]
        (folder / "journal.tsv").write_bytes(b"".join(line + b"\n" for line in lines))
        heads = [f"{s.decode()}\t{n.decode()}\t{at}\t{digest}\n" for (s, n), (at, digest) in self.heads.items()]
        (folder / "heads.tsv").write_text("".join(heads))
        tiles = [f"{at}\t{b''.join(one).hex()}\n" for at, one in enumerate(self.tiles)]
        (folder / "tiles.tsv").write_text("".join(tiles))
        (folder / "checkpoints.jsonl").write_text("".join(json.dumps(one) + "\n" for one in self.notes))
        return folder

    def rehash(self, start: int, *, leaves: bool) -> None:
        """Make the chains and heads right again from row `start` on, as a careful forger would; the leaves too."""
        before: dict[tuple[bytes, bytes], bytes] = {}
        for at, row in enumerate(self.rows):
            stream = (row[1], row[2])
            if at >= start:
                row[13] = event_hash(before.get(stream) or first_hash(row[2]), row[2:13]).hex().encode()
                if leaves:
                    row[14] = row[13]
            before[stream] = bytes.fromhex(row[13].decode())
        for stream, digest in before.items():
            self.heads[stream] = (self.heads[stream][0], digest.hex())

    def leaves(self) -> list[bytes]:
        return [leaf_hash(leaf_line(r[1].decode(), r[2].decode(), int(r[3]), r[13].decode())) for r in self.rows]

    def sign(self, *sizes: int) -> None:
        """Checkpoints and tiles over the rows as they are, as who holds the key would."""
        leaves, peaks = self.leaves(), Peaks()
        self.notes = []
        for leaf in leaves:
            peaks.push(leaf)
            if peaks.size in sizes:
                self.notes.append(notes.checkpoint(LOG, peaks.size, peaks.root()))
        self.tiles = [leaves[at : at + 256] for at in range(0, len(leaves) - 255, 256)]


def sealed_export(size: int = SIZE) -> Export:
    """`size` events of three streams, sealed with checkpoints every 100; some bodies have to be escaped."""
    streams = [(b"funds", b"420322"), (b"audit", b"420322"), (b"identity", b"00")]
    rows: list[list[bytes]] = []
    before: dict[tuple[bytes, bytes], tuple[int, bytes]] = {}
    for at in range(size):
        service, stream = streams[at % 3]
        position, previous = before.get((service, stream)) or (0, first_hash(stream))
        body = json.dumps({"n": at, "note": 'a "quoted"\tword' if at % 7 == 0 else "plain"}).encode()
        fields = [
            stream,
            str(position + 1).encode(),
            str(UUID(int=at)).encode(),
            b"MoneyMoved",
            b"web/finance",
            b"r",
            f"key-{at:08}".encode(),
            hashlib.sha256(b"request").hexdigest().encode(),
            str(1_500_000_000_000_000 + at).encode(),
            hashlib.sha256(b"outcome").hexdigest().encode(),
            body,
        ]
        digest = event_hash(previous, fields)
        before[service, stream] = (position + 1, digest)
        rows.append([str(at).encode(), service, *fields, digest.hex().encode(), digest.hex().encode()])
    heads = {stream: (position, digest.hex()) for stream, (position, digest) in before.items()}
    found = Export(rows, heads, [], [])
    found.sign(*range(100, size + 1, 100))
    return found
