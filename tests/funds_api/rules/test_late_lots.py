"""What was recorded late costs what it is, however many lots rest in the county."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import httpx

from services.funds_api.flags.rules import i01_idle
from tests.funds_api.desk import Desk

# 60,000 lots that 60 movements made, as batches do, of clocks that no line asks about; 300 movements recorded late.
LOTS, LATE = 60_000, 300
LIKE_ANOTHER = """
INSERT INTO funds.{table} ({columns})
SELECT {columns} FROM (SELECT to_jsonb(o) AS told FROM funds.{table} o WHERE county_code = $1 AND {one} LIMIT 1) o
 CROSS JOIN generate_series(1, $2::int) n
 CROSS JOIN LATERAL jsonb_populate_record(NULL::funds.{table}, o.told || jsonb_build_object('id', uuidv7(), {but})) c"""
RESTING = (
    "'movement_id', md5((n % 60)::text)::uuid, 'clock_from', '2017-11-20', 'arrived_on', '2017-11-20', 'position', 1"
)
RECORDED_LATE = "'position', 1000000 + n, 'effective_on', '2017-05-02', 'recorded_at', '2017-11-30'"
COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
 WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""
LOOK = """
SELECT sum(found) FROM funds.raise_crossings($1, $1, $2, 'I01', 3::smallint, $2, '提示', 180, $3, NULL, '{}', '{}',
                                             '2017-11-30', '2017-06-02', NULL, 999999, '{}')"""
BLOCKS = "SELECT pg_stat_get_xact_blocks_fetched('funds.lot'::regclass)"


async def test_the_lots_of_late_movements_are_looked_up_by_their_key(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    desk = await Desk(funds_http, county).open()
    assert (await desk.out(300_000, desk.first, "2017-05-02")).status_code == 201
    async with admin.acquire() as owner:
        async with owner.transaction():
            await owner.execute("SET LOCAL session_replication_role = replica")
            for table, one, n, but in (
                ("lot", "is_open", LOTS, RESTING),
                ("movement", "kind = 'hand_down'", LATE, RECORDED_LATE),
            ):
                columns = await owner.fetchval(COLUMNS, f"funds.{table}")
                await owner.execute(LIKE_ANOTHER.format(table=table, columns=columns, one=one, but=but), county, n)
        await owner.execute("VACUUM ANALYZE funds.lot, funds.movement")
        whole = await owner.fetchval("SELECT pg_relation_size('funds.lot') / 8192")
        async with owner.transaction():
            await owner.execute("SELECT set_config('app.region', $1, true)", county)
            before = await owner.fetchval(BLOCKS)
            found = await owner.fetchval(LOOK, county, uuid4(), sorted(i01_idle.KINDS))
            blocks = await owner.fetchval(BLOCKS) - before
    assert found is None, "none of them has made a lot"
    assert whole > 3 * LATE
    assert blocks < LATE
