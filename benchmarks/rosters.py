"""Rosters to measure with: generated people in the register, one file that names them all, and the bare COPY beside."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from benchmarks.county import Place
from benchmarks.server import COUNTY, Stand
from demo import people
from demo.regions import names
from demo.rosters import Line, RosterFile, as_csv
from services.funds_api.payments.sealing import PAYMENT_COLUMNS

ROWS: Final = 100_000
RUNS: Final = 3
REGISTER_ROWS: Final = 50_000
LOTS_PER_ROSTER: Final = 50
LEAST_FEN: Final = 50_000
SEED: Final = 20170601


@dataclass(frozen=True)
class Roster:
    """A file whose every row is good, and what it adds up to."""

    file: RosterFile
    total_fen: int


def registered(place: Place, rows: int, region: str = COUNTY) -> Roster:
    """Put `rows` generated households of `region` into the county's register, and name them all in one roster."""
    register = people.register(rows, SEED, region)
    for some in register.iter_slices(REGISTER_ROWS):
        place.clerk.send_file("POST", "/funds/v1/households/imports", "register.csv", people.as_csv(some), "text/csv")
    return roster_of(people.of_place(register, region))


def roster_of(everybody: Sequence[people.Household]) -> Roster:
    """One roster that names them all, each with an amount below the cap of a household."""
    lines = [Line(one, LEAST_FEN + 100 * (at % 1000)) for at, one in enumerate(everybody)]
    file = as_csv("名册.csv", lines, names(), encoding="utf-8")
    return Roster(file, sum(line.amount_fen for line in lines))


def upload(place: Place, batch: str, roster: Roster) -> float:
    """Seconds from sending a roster to the answer that says how each row was judged."""
    began = time.perf_counter()
    answer = place.clerk.send_file(
        "PUT", f"/funds/v1/payment-batches/{batch}/roster", roster.file.name, roster.file.content, roster.file.kind
    )
    seconds = time.perf_counter() - began
    expected = (len(roster.file.good), 0, roster.total_fen)
    if (answer["rows_good"], answer["rows_bad"], answer["total_fen"]) != expected:
        msg = f"a roster of good rows came back as {answer['rows_good']} good, {answer['rows_bad']} bad"
        raise AssertionError(msg)
    return seconds


async def copy_again(stand: Stand, batch: str) -> float:
    """Seconds of one COPY of a batch's rows into a fresh batch of the same table, with all its keys and indexes."""
    owner, service = await stand.as_owner(), await stand.as_service()
    try:
        fresh = uuid4()
        await owner.execute(
            "INSERT INTO funds.payment_batch (county_code, id, region_code, account_id, fund_code, entitlement,"
            " document, effective_on, status, created_by) SELECT county_code, $1, region_code, account_id, fund_code,"
            " 'copy', document, effective_on, 'withdrawn', 'bench' FROM funds.payment_batch"
            " WHERE county_code = $2 AND id = $3",
            fresh,
            COUNTY,
            UUID(batch),
        )
        rows = await owner.fetch(
            f"SELECT {', '.join(PAYMENT_COLUMNS)} FROM funds.payment"
            " WHERE county_code = $1 AND batch_id = $2 ORDER BY line",
            COUNTY,
            UUID(batch),
        )
        records = [(row[0], fresh, *tuple(row)[2:]) for row in rows]
        began = time.perf_counter()
        await service.copy_records_to_table(
            "payment_rows", schema_name="funds", columns=PAYMENT_COLUMNS, records=records
        )
        return time.perf_counter() - began
    finally:
        await owner.close()
        await service.close()
