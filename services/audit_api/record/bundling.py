"""What a finding's bundle carries: the rows that name it with their proofs, its versions, digests of evidence.

A version is carried as the content its hash names, and evidence by its SHA-256; both stand in an event, so that whoever
has the bundle holds them against the log. Evidence itself is fetched beside it (`pack.py`): a look at it is recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import JournalRow
from chassis.identity import Principal
from services.audit_api.checking import version_hash
from services.audit_api.evidence import store as evidence
from services.audit_api.findings import content, versions
from services.audit_api.moments import Moment
from services.audit_api.record import proving, store
from services.audit_api.record.schemas import BundledEvidence, BundledRow, BundledVersion, Service
from services.audit_api.record.tiles import Tiles
from services.audit_api.record.verify import leaf_hash, leaf_line
from services.audit_api.tables import LogCheckpointRow


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of one stream of one service's journal, and where those that are sealed stand in the log."""

    service: Service
    stream: str
    rows: list[JournalRow]
    leaves: dict[int, int]

    @property
    def sealed(self) -> list[JournalRow]:
        """The rows that have a place in the log."""
        return [row for row in self.rows if row.position in self.leaves]


async def placed(tx: AsyncSession, service: Service, stream: str, rows: list[JournalRow]) -> Chosen:
    """The rows with their places, as far as they are sealed."""
    return Chosen(service, stream, rows, await store.leaves(tx, service, stream, [row.position for row in rows]))


async def proved(
    tx: AsyncSession, tiles: Tiles, chosen: Sequence[Chosen], checkpoint: LogCheckpointRow
) -> list[BundledRow]:
    """Each sealed row with the proof that it stands below the checkpoint."""
    log_size = (await store.head(tx)).size
    look = store.within(tx)
    found = []
    for one in chosen:
        for row in one.sealed:
            at = one.leaves[row.position]
            if at >= checkpoint.size:  # sealed after it
                continue
            leaf = leaf_hash(leaf_line(one.service, one.stream, row.position, row.hash))
            proof = await proving.included(look, tiles, leaf, at, checkpoint.size, checkpoint.root, log_size)
            where = {"log_position": at, "service": one.service, "stream": one.stream}
            found.append(BundledRow(**where, **row.model_dump(), proof=[node.hex() for node in proof]))
    return found


async def versions_of(
    tx: AsyncSession, county: str, finding: UUID, moment: Moment, bodies: str
) -> list[BundledVersion]:
    """Each version that was made by the moment, whose event is in `bodies`, as the content that its hash names."""
    made = await versions.every(tx, county, finding, moment.position)
    exact = [(finding, row.version_no) for row in made]
    facts = await versions.facts(tx, county, exact)
    subjects = await versions.subjects(tx, county, exact)
    lots = await versions.subject_lots(tx, county, exact)
    found = []
    for row in made:
        said = {name: getattr(row, name) for name in content.SAID}
        told = [
            {**{name: getattr(fact, name, None) for name in content.FACT}, "evidence_ids": kept}
            for fact, kept in facts[finding, row.version_no]
        ]
        about = [{name: getattr(one, name) for name in content.SUBJECT} for one in subjects[finding, row.version_no]]
        bound = [{name: getattr(one, name) for name in content.LOT} for one in lots[finding, row.version_no]]
        spelled = content.spelled(said, told, about, bound)
        whole = version_hash(spelled) == row.version_hash and row.version_hash in bodies
        if whole:  # what an earlier release named in another spelling is proved by its event alone
            found.append(BundledVersion(version_no=row.version_no, version_hash=row.version_hash, content=spelled))
    return found


async def evidence_of(
    tx: AsyncSession, who: Principal, county: str, finding: UUID, moment: Moment, bodies: Collection[str]
) -> list[BundledEvidence]:
    """The evidence that was kept by the moment and whose event is among `bodies`."""
    kept = await evidence.of_finding(tx, who, county, finding, known=moment.position)
    return [
        BundledEvidence(
            evidence_id=one.id,
            file_name=one.file_name,
            file_kind=one.file_kind,
            size_bytes=one.size_bytes,
            sha256=one.sha256.hex(),
        )
        for one in kept
        if any(one.sha256.hex() in body for body in bodies)
    ]
