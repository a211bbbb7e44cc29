"""A county with 100,000 findings, in the shape in which audit_api writes them, laid down as the owner.

Every finding has its version, two or three recorded facts, its subjects, and a place in the county's journal for each
step it took. Texts are put together from phrases; some words are in nearly all of them, some in the later half alone,
some in one. Nobody is named: there are no people in it.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from benchmarks.server import COUNTY
from migrations.findings_listed_v1 import FILL

FINDINGS: Final = 100_000
PIECE: Final = 10_000
FILLERS: Final = 2  # as many as there are processors: the words of each finding are taken apart one by one
FIRST: Final = datetime(2015, 1, 5, tzinfo=UTC)
STATES: Final = ("draft", "open", "ordered", "closed")
ENGAGEMENTS: Final = range(4)
STEPS: Final = len(STATES)  # events of a finding: one for each
ORDERED: Final = 2
CLOSED: Final = 3
COMMON: Final = "扶贫资金"
LATER: Final = "巩固衔接"
RARE: Final = "皮影戏台"  # in the facts of the finding drawn up last
_PLACES: Final = [f"{one}镇" for one in "上津店子土门马安夹河涧池观音羊尾关防湖北香口景阳六郎"]
_UNITS: Final = [
    "财政所",
    "农业服务中心",
    "村委会",
    "扶贫办",
    "水利站",
    "教育总支",
    "民政办",
    "林业站",
    "住建所",
    "合作社",
]
_SUBJECTS: Final = [
    "产业扶持",
    "危房改造",
    "易地搬迁",
    "饮水安全",
    "小额信贷贴息",
    "雨露计划",
    "公益岗位补助",
    "光伏收益",
    "道路硬化",
    "教育资助",
]
_FAULTS: Final = [
    "滞留在账户未按规定拨付",
    "被用于弥补办公经费",
    "以虚假合同套取",
    "重复发放给同一对象",
    "未按程序公示公告",
    "超标准列支工程管理费",
    "项目建成后长期闲置",
    "未履行招投标程序",
    "发放给不符合条件的对象",
    "台账与实际情况不一致",
]
_SEEN: Final = [
    "经查阅会计凭证和银行流水",
    "经实地走访项目现场",
    "经与部门数据比对",
    "经询问经办人员并核对签收表",
    "经抽查发放花名册",
    "经审核项目竣工决算资料",
]
_RULES: Final = [
    "不符合专项资金管理办法关于拨付时限的规定",
    "违反财政违法行为处罚处分条例有关条款",
    "与县级实施方案确定的用途不一致",
    "不符合公告公示制度的要求",
    "现金管理不规范，未通过一卡通发放",
    "造成国有资产未能及时发挥效益",
]
_DEALT: Final = [
    "要求限期整改并追缴资金",
    "已移交主管部门核实",
    "建议收回统筹使用",
    "责成乡镇作出书面说明",
    "须补办手续并补充资料",
]
_TABLES: Final = {
    "finding": (
        "county_code id region_code class_code title facts amount_fen amount_known about_region found_on status version"
        " version_no version_hash opened_by opened_at position confirmed_by confirmed_on confirmed_position"
        " ordered_position closed_on closed_position"
    ),
    "finding_version": (
        "county_code finding_id version_no region_code version_hash class_edition class_code title facts amount_fen"
        " amount_known about_region found_on alert_ids made_by made_at position"
    ),
    "finding_fact": "county_code finding_id version_no fact_no region_code what from_on to_on amount_fen",
    "finding_subject": ("county_code finding_id version_no subject_no region_code kind subject_id alert_id amount_fen"),
    "finding_lot": "county_code finding_id lot_id region_code alert_id first_fen bound_fen rectified_fen held",
    "engagement": (
        "county_code id region_code kind title question office part_of planned_on planned_by recorded_at position"
    ),
    "engagement_finding": "county_code finding_id engagement_id region_code named_on named_by position",
    "rectified_change": ("county_code finding_id movement_id lot_id region_code effective_on change_fen position"),
}


@dataclass
class Piece:
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in _TABLES})


def ids() -> list[UUID]:
    """The findings' ids, in order of time as the service draws them."""
    draw = random.Random(20261124)  # noqa: S311 - seeds are no secret
    return [_id_of(at, draw) for at in range(FINDINGS)]


def _id_of(at: int, draw: random.Random) -> UUID:
    moment = int((FIRST + timedelta(minutes=50 * at)).timestamp() * 1000)
    return UUID(int=moment << 80 | 0x7 << 76 | draw.getrandbits(12) << 64 | 0b10 << 62 | draw.getrandbits(62))


def engagement(at: int) -> UUID:
    """The id of an engagement of `ENGAGEMENTS`: 0 is a campaign of which the others are parts."""
    return UUID(int=0x01900000000070008000 << 48 | at)


def _engagement_of(at: int) -> int:
    """Half of all were made in the first part, one in fifty in the second, three of the last in the third."""
    if at >= FINDINGS - 3:
        return 3
    return 2 if at % 50 == 0 else 1 if at % 2 else 0


def pieces() -> Iterator[Piece]:
    draw = random.Random(20261125)  # noqa: S311
    piece = Piece()
    for at, finding in enumerate(ids()):
        _lay(piece, draw, at, finding)
        if (at + 1) % PIECE == 0:
            yield piece
            piece = Piece()


def _lay(piece: Piece, draw: random.Random, at: int, finding: UUID) -> None:
    rows, drawn_at = piece.rows, FIRST + timedelta(minutes=50 * at)
    found_on = drawn_at.date() - timedelta(days=draw.randrange(60))
    place, unit, subject, fault = (
        draw.choice(_PLACES),
        draw.choice(_UNITS),
        draw.choice(_SUBJECTS),
        draw.choice(_FAULTS),
    )
    year = drawn_at.year - draw.randrange(3)
    fen = draw.randrange(1_000, 500_000) * 100 if at % 20 else None
    code = f"F{draw.randrange(1, 19):02}"
    about = f"{COUNTY}{100 + draw.randrange(1, 20):03}" + (f"{200 + draw.randrange(1, 30)}" if at % 3 else "")
    kind = LATER if at >= FINDINGS // 2 else "脱贫攻坚"
    title = f"{place}{unit}{year}年{subject}资金{fault}"
    told_fen = f"{fen // 1_000_000}万元" if fen else "金额不明"
    facts = (
        f"{kind}期间，{place}{unit}管理的{year}年{subject}{COMMON}{told_fen}{fault}。{draw.choice(_SEEN)}，"
        f"涉及{draw.randrange(1, 30)}个村{draw.randrange(1, 400)}户，{draw.choice(_RULES)}。{draw.choice(_DEALT)}。"
    )
    # Draft, confirmed, ordered, closed: most of what is old is closed.
    step = min(CLOSED, draw.randrange(STEPS) + (at < FINDINGS * 3 // 4))
    first = at * STEPS + 1
    lot, alert, movement = (UUID(int=draw.getrandbits(128), version=4) for _ in range(3))
    confirmed_on = found_on + timedelta(days=70) if step else None
    closed_on = found_on + timedelta(days=160) if step == CLOSED else None
    if at in ENGAGEMENTS:
        looks = ("专项整治", "资金在哪里停留", "县纪委监委", engagement(0) if at else None)
        rows["engagement"].append((COUNTY, engagement(at), COUNTY, "campaign", *looks, FIRST.date(), "li", FIRST, 1))
    of = engagement(_engagement_of(at))
    rows["engagement_finding"].append((COUNTY, finding, of, COUNTY, drawn_at.date(), "li", first))
    told_hash = hashlib.sha256(finding.bytes).hexdigest()
    known = "exact" if fen else None
    since = [first + 1 + at if step > at else None for at in range(CLOSED)]
    told = (code, title, facts, fen, known, about, found_on)
    rows["finding"].append(
        (
            *(COUNTY, finding, COUNTY, *told, STATES[step], step + 1, 1, told_hash, "li", drawn_at, first),
            *("wang" if step else None, confirmed_on, since[0], since[1], closed_on, since[2]),
        )
    )
    rows["finding_version"].append(
        (COUNTY, finding, 1, COUNTY, told_hash, 2, *told, [alert] if fen else [], "li", drawn_at, first)
    )
    for number in range(1, 3 + at % 2):
        what = (
            f"{draw.choice(_SEEN)}，{place}{draw.choice(_SUBJECTS)}项目{draw.randrange(1, 28)}日"
            f"{draw.choice(_FAULTS)}，凭证第{draw.randrange(1, 900)}号，{draw.choice(_RULES)}"
        )
        if at == FINDINGS - 1:
            what += f"，资金修建{RARE}"
        rows["finding_fact"].append((COUNTY, finding, 1, number, COUNTY, what, found_on, found_on, None))
    if fen:
        rows["finding_subject"].append((COUNTY, finding, 1, 1, COUNTY, "lot", lot, alert, fen))
        if step:
            put_right = {ORDERED: fen // 2, CLOSED: fen}.get(step, 0)
            rows["finding_lot"].append((COUNTY, finding, lot, COUNTY, alert, fen, fen, put_right, step < CLOSED))
            if put_right:
                rows["rectified_change"].append(
                    (COUNTY, finding, movement, lot, COUNTY, found_on + timedelta(days=90), put_right, first + 2)
                )
    else:
        rows["finding_subject"].append((COUNTY, finding, 1, 1, COUNTY, "project", movement, None, 0))


def known_until(share: float) -> str:
    """An instant by which that share of the findings had been drawn up."""
    return (FIRST + timedelta(minutes=50 * int(FINDINGS * share))).isoformat().replace("+00:00", "Z")


_EVENTS: Final = """
INSERT INTO audit.event (stream, position, id, kind, body, actor, request_id, idempotency_key, request_hash, outcome,
                         recorded_at, hash)
SELECT $1, n, gen_random_uuid(), 'FindingDrawnUp', '{}', 'web/li', 'r', n::text, sha256(int8send(n)), '{}',
       $2::timestamptz + (n / $3::int) * interval '50 minutes', sha256(int8send(n))
  FROM generate_series(1::bigint, $4::bigint) n"""
_HEAD: Final = "INSERT INTO audit.stream_head (stream, position, hash) VALUES ($1, $2, sha256('head'))"
_GRAMS: Final = "CREATE INDEX ix_finding_listed_grams ON audit.finding_listed USING gin (grams) WITH (fastupdate = off)"


async def fill(url: str) -> None:
    """Lay down everything, statistics excepted. Triggers are off: what they would write is written here."""
    owner = await asyncpg.connect(url, command_timeout=600)
    await owner.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
    for piece in pieces():
        for table, rows in piece.rows.items():
            await owner.copy_records_to_table(table, schema_name="audit", columns=_TABLES[table].split(), records=rows)
    await owner.execute(_EVENTS, COUNTY, FIRST, STEPS, FINDINGS * STEPS)
    await owner.execute(_HEAD, COUNTY, FINDINGS * STEPS)
    await owner.execute("ANALYZE audit.finding; ANALYZE audit.finding_version; ANALYZE audit.finding_fact")
    # The index is made when everything is there: one by one, 100,000 findings would take it ten times as long.
    await owner.execute("DROP INDEX audit.ix_finding_listed_grams")
    every = ids()
    bounds = [every[len(every) * at // FILLERS] for at in range(FILLERS)] + [UUID(int=2**128 - 1)]
    await asyncio.gather(*(_list(url, low, high) for low, high in itertools.pairwise(bounds)))
    await owner.execute(_GRAMS)
    await owner.close()


async def _list(url: str, low: UUID, high: UUID) -> None:
    one = await asyncpg.connect(url, command_timeout=600, server_settings={"jit": "off"})
    await one.execute(f"{FILL} WHERE v.finding_id >= $1 AND v.finding_id < $2", low, high)
    await one.close()
