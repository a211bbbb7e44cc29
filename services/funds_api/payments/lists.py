"""The list a roster is judged by: who belonged to which household on the day of payment, and the seal of that list.

One join answers for everybody whose newest state is already that of the day; only the others are looked up in their
history. The list is frozen by its day, the place of the county's journal it was read at, and a hash: from these it can
be read again, whatever was recorded since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from struct import iter_unpack
from typing import Any, Final
from uuid import UUID

import polars as pl
from anyio import to_thread
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from services.funds_api.payments.check import CLAIMED, PLAIN, REGISTRY
from services.funds_api.payments.refusals import PaymentsStopped
from services.funds_api.tables import PaymentBatchRow

# The register as columns, each of them one value: a row of the driver's own for each took longer than finding them.
# All of it is one snapshot: what is recorded after `journal` and `register` is not among these people.
_SETTLED: Final = """
    SELECT funds.has_rivals($1, $5) AS rivals, funds.journal_position($1) AS journal,
           (SELECT max(a.position) FROM funds.registry_act a WHERE a.county_code = $1) AS register,
           string_agg(p.token, ''::bytea) AS tokens, string_agg(uuid_send(p.household_id), ''::bytea) AS households,
           string_agg(p.region_code, ',') AS regions, string_agg(left(p.role, 1), '') AS roles
      FROM funds.person p
     WHERE p.county_code = $1
       AND p.token = ANY(ARRAY(SELECT substring($2::bytea FROM at FOR 16)
                                 FROM generate_series(1, octet_length($2::bytea), 16) at))
       AND p.region_code >= $3 AND p.region_code < $3 || '~' AND p.settled_on <= $4 AND p.household_id IS NOT NULL"""


class DayList:
    """The register on a batch's day, asked piece by piece; every piece is told what the first one could know."""

    def __init__(self, reads: AsyncSession, batch: PaymentBatchRow) -> None:
        """Of a batch, by a session that reads: the transaction that writes the roster, or one beside it."""
        self.reads, self._region = reads, batch.region_code
        self._county, self._batch, self._on = batch.county_code, batch.id, batch.effective_on
        self._position: int | None = None
        # Whether any other live batch had the entitlement when people were asked for last.
        self.rivals = False
        self._hash = hashlib.sha256()

    @property
    def position(self) -> int:
        """The place of the county's journal up to which the list was known; 0 if nobody was asked for."""
        return self._position or 0

    @property
    def sha256(self) -> bytes:
        """SHA-256 over each good row's token and household, 16 bytes each, in the order of the lines."""
        return self._hash.digest()

    def include(self, good: pl.DataFrame) -> None:
        """Seal the good rows of the next piece."""
        pairs = zip(good["token"].to_list(), good["household"].to_list(), strict=True)
        self._hash.update(b"".join(chain.from_iterable(pairs)))

    async def people(self, tokens: pl.Series) -> pl.DataFrame:
        """Whom of these tokens the register knew on that day (`check.REGISTRY`), as far as the caller may know.

        The tokens are sorted and distinct, as PostgreSQL looks them up fastest.
        """
        [found] = await (await driver(self.reads)).fetch(
            _SETTLED,
            self._county,
            b"".join(tokens.to_list()),
            self._region,  # of a household elsewhere the history is asked: it may have moved away
            self._on,
            self._batch,
        )
        self.rivals = found["rivals"]
        told: Mapping[str, Any] | None = dict(found)
        if self._position is None:
            self._position = found["journal"]
        elif (found["register"] or 0) > self._position:  # it changed between two pieces: ask what was before
            told = None
        settled = await to_thread.run_sync(_frame, told)
        if settled.height == tokens.len():
            return settled
        rest = tokens.filter(~tokens.is_in(settled["token"].implode())).to_list()
        looked_up = await registry_on(self.reads, self._county, rest, self._on, self._position)
        others = pl.DataFrame([tuple(row) for row in looked_up], schema=REGISTRY, orient="row")
        return pl.concat([settled, others], how="diagonal")

    async def claimed(self, people: pl.DataFrame) -> pl.DataFrame:
        """Which of these people another live batch of the entitlement has; `posted` before `checked`.

        An entitlement of a household is claimed for all of its people (`claimed_by_another` decides what counts).
        """
        if not self.rivals:
            return pl.DataFrame(schema=CLAIMED)
        homes = people["household"].drop_nulls().unique()
        found = await (await driver(self.reads)).fetch(
            "SELECT payee_token, uuid_send(household_id), status FROM funds.claimed_by_another($1, $2, $3, $4)",
            self._county,
            self._batch,
            people["token"].to_list(),
            [UUID(bytes=home) for home in homes],
        )
        return _claims(people, found)


def _claims(people: pl.DataFrame, found: Sequence[Any]) -> pl.DataFrame:
    by_key: dict[bytes, str] = {}
    for token, home, status in found:
        for key in (token, home):  # either may be null: who else of the household is claimed, the database decides
            by_key[key] = max(status, by_key.get(key, ""))
    claims = {
        token: max(by_key.get(token, ""), by_key.get(home, "") if home is not None else "")
        for token, home in people.select("token", "household").iter_rows()
    }
    rows = [(token, status) for token, status in claims.items() if status]
    return pl.DataFrame(rows, schema=CLAIMED, orient="row")


def _frame(told: Mapping[str, Any] | None) -> pl.DataFrame:
    """The columns of `_SETTLED` as rows of `check.REGISTRY`."""
    if told is None or told["tokens"] is None:
        return pl.DataFrame(schema=REGISTRY)
    of_plain = {
        "token": _each(told["tokens"]),
        "household": _each(told["households"]),
        "household_region": told["regions"].split(","),
        "head": [role == "h" for role in told["roles"]],
    }
    return pl.DataFrame(of_plain, schema=PLAIN).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in REGISTRY.items() if name not in PLAIN
    )


def _each(together: bytes) -> list[bytes]:
    """What was laid one behind the other: 16 bytes each, as tokens and ids are."""
    return [one for (one,) in iter_unpack("16s", together)]


async def registry_on(tx: AsyncSession, county: str, tokens: Sequence[bytes], on: date, known: int) -> list[Any]:
    """What held on that day for each of these people, as known at that place of the journal, from their history."""
    return list(
        await (await driver(tx)).fetch(
            "SELECT token, uuid_send(household_id) AS household, region_code, role = 'head' AS head, removed_on,"
            " document, moved_on, moved_from, outside, joins_on, left_on FROM funds.registry_on($1, $2, $3, $4)",
            county,
            tokens,
            on,
            known,
        )
    )


async def paid_elsewhere(tx: AsyncSession, county: str, batch_id: UUID) -> tuple[int, int] | None:
    """How many rows of this batch another batch has paid since, and the first of their lines; None when none."""
    found = (
        await tx.execute(
            text("SELECT count(DISTINCT line), min(line) FROM funds.claimed_by_another(:county, :batch, NULL, NULL)"),
            {"county": county, "batch": batch_id},
        )
    ).one()
    return (found[0], found[1]) if found[0] else None


async def paid_by_kin(tx: AsyncSession, county: str, batch_id: UUID, line: int) -> bool:
    """Whether a county that the code came from or went over into has paid the entitlement of this row."""
    found = await tx.execute(
        text("SELECT funds.row_paid_by_kin(:county, :batch, :line)"),
        {"county": county, "batch": batch_id, "line": line},
    )
    return bool(found.scalar_one())


async def again(tx: AsyncSession, county: str, batch_id: UUID) -> tuple[int, bytes]:
    """The frozen list read once more, as it was known then: how many of the rows it has, and its hash."""
    found = (
        await tx.execute(
            text("SELECT rows_n, sha256 FROM funds.list_again(:county, :batch)"), {"county": county, "batch": batch_id}
        )
    ).one()
    return found.rows_n, found.sha256


async def stopped(tx: AsyncSession, county: str, batch_id: UUID) -> dict[str, list[int]]:
    """The lines the list would not let through any more, by reason: removed, left, moved; each line once."""
    rows = await tx.execute(
        text("SELECT line, min(why) AS why FROM funds.stopped_since(:county, :batch) GROUP BY line ORDER BY line"),
        {"county": county, "batch": batch_id},
    )
    found: dict[str, list[int]] = {"removed": [], "left": [], "moved": []}
    for line, why in rows:
        found[why].append(line)
    return found


async def must_still_stand(tx: AsyncSession, county: str, batch_id: UUID) -> None:
    """Refuse to pay rows whose payee was removed, left or moved since the list was frozen, in effect by the payment.

    Called while the journal of the county is held (after posting): nothing more can be recorded before the commit.
    """
    found = await stopped(tx, county, batch_id)
    lines = sorted(line for some in found.values() for line in some)
    if lines:
        raise PaymentsStopped(
            str(batch_id), len(lines), lines[0], len(found["removed"]), len(found["left"]), len(found["moved"])
        )
