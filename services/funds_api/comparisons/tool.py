"""清流·比对名单生成工具：把名单里的身份证号换成令牌，号码本身不离开本机。

One file, standard library only, Python 3.8 or later, works without a network. A department runs it over its own CSV
with the county's exchange key; what comes out holds tokens under that key and no number. Errors name lines, never
values. 用法（Usage）：

    python qingliu_comparison_list.py 死亡人员.csv --key 交换密钥.json --kind dead --on 2024-03-31 \
        --id 身份证号 --from 死亡日期 --out 死亡人员.名单.csv

列可写列名，也可写第几列（从 1 起）。有一行不对就不生成文件，并列出行号；加 --skip-invalid 则跳过这些行并计数。
类别列只能写该类名单的用词，不在其中的逐行列出，并列出全部用词：把姓名列误指为类别的，在本机就会被发现。
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import hmac
import io
import json
import re
import sys
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

FORMAT, FORMAT_VERSION = "qingliu-comparison-list", "1"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
CHECKS = "10X98765432"
TOKEN_BYTES, MARK_BYTES, KEY_BYTES = 16, 8, 32
TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
HEADER_WITHIN, MOST_TOLD, MOST_CATEGORIES = 15, 50, 100
OLD_LENGTH = 15
EARLIEST = date(1900, 1, 1)
LATEST = date(2200, 1, 1)
FEN = {"元": 100, "万元": 1_000_000, "分": 1}
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
# 每类名单可有的列，及必须有的列。
KINDS = {
    "dead": (("from_on", "category"), ("from_on",)),
    "payroll": (("from_on", "to_on", "category"), ()),
    "village_cadre": (("from_on", "to_on", "category", "region_code"), ("region_code",)),
    "cadre_relative": (("from_on", "to_on", "category", "ref_token", "region_code"), ("ref_token",)),
    "car": (("from_on", "to_on", "category", "amount_fen", "count_n"), ()),
    "flat": (("from_on", "to_on", "category", "amount_fen", "count_n", "region_code"), ()),
    "business": (("from_on", "to_on", "category", "amount_fen", "count_n"), ()),
    "resident": (("from_on", "to_on", "category", "region_code"), ()),
    "disability": (("from_on", "to_on", "category"), ()),
    "eligible": (("from_on", "to_on", "category", "amount_fen", "region_code"), ("category",)),
    "student": (("from_on", "to_on", "category"), ()),
    "insured": (("from_on", "to_on", "category"), ()),
}
# 各类名单类别列的用词；与上传时核对的相同，不在其中的在本机就不生成。
WORDS = {
    "dead": "死亡证明 火化 土葬 销户 户籍注销 宣告死亡 殡葬",
    "payroll": ("行政 事业 退休 离休 退职 公务员 参公 机关 事业单位 教师 医生 工勤 编外 在职 在编 国企 公职 财政供养"),
    "village_cadre": (
        "村支书 支书 村党支部书记 支部书记 第一书记 村主任 村委会主任 主任 副支书 副书记 副主任 "
        "支部委员 支委 村委会委员 村委委员 村委 委员 文书 会计 村会计 报账员 妇联主席 妇女主任 "
        "民兵连长 治保主任 监委会主任 监督委员会主任 组长 村民小组长 网格员 村干部"
    ),
    "cadre_relative": (
        "配偶 夫 妻 丈夫 妻子 子女 子 女 儿子 女儿 父母 父 母 父亲 母亲 兄弟 姐妹 兄弟姐妹 "
        "兄 弟 姐 妹 哥哥 弟弟 姐姐 妹妹 祖父母 祖父 祖母 外祖父母 外祖父 外祖母 孙子女 孙子 "
        "孙女 外孙子女 外孙 外孙女 儿媳 女婿 岳父母 岳父 岳母 公婆 公公 婆婆 叔伯 叔父 伯父 姑 "
        "姨 舅 侄子 侄女 外甥 外甥女 堂兄弟 表兄弟 堂亲 表亲 近亲属 亲属"
    ),
    "car": (
        "轿车 小轿车 小型轿车 小型汽车 小型客车 小型普通客车 普通客车 微型客车 中型客车 大型客车 "
        "客车 面包车 越野车 商务车 货车 微型货车 轻型货车 中型货车 重型货车 小型货车 皮卡 挂车 "
        "牵引车 工程车 专项作业车 摩托车 三轮车 三轮汽车 三轮摩托车 低速货车 农用车 拖拉机 新能源车 "
        "电动汽车 电动车"
    ),
    "flat": (
        "住宅 商品房 自建房 宅基地 安置房 保障房 公寓 别墅 非住宅 商铺 商业 办公 写字楼 厂房 工业 仓库 仓储 车库 车位"
    ),
    "business": (
        "法人 股东 个体户 监事 董事 董事长 经理 高管 合伙人 投资人 负责人 经营者 合作社 "
        "合作社成员 家庭农场 个体工商户 个体 个体经营 法定代表人 企业法人"
    ),
    "resident": ("农业 非农业 农村 城镇 居民 家庭户 集体户 农业户口 农业家庭户 非农业户口 非农业家庭户 非农 居民户口"),
    "eligible": (
        "补助 补贴 奖补 奖励 补偿 直补 津贴 低保 保障 保险 医保 养老金 特困 五保 供养 救助 "
        "抚恤 慰问 资助 助学 奖学金 救济 雨露计划 贴息 贷款 危房改造 搬迁 岗位 护林员 退耕还林 "
        "扶持 帮扶"
    ),
    "student": (
        "学前 幼儿园 小学 初中 九年一贯 义务教育 特殊教育 普通高中 高中 中专 中职 职高 技校 技工 "
        "高职 大专 专科 本科 研究生 硕士 博士 大学"
    ),
    "insured": (
        "城乡居民医保 城乡居民基本医疗保险 居民医保 新农合 职工医保 城镇职工基本医疗保险 城乡居民养老 "
        "城乡居民养老保险 城乡居民基本养老保险 居民养老 职工养老 城镇职工基本养老保险 失业保险 工伤保险 "
        "生育保险 大病保险 医疗保险 养老保险 医保 养老"
    ),
}
DISABILITIES = "视力 听力 言语 肢体 智力 精神 多重"
GRADES = "一级 二级 三级 四级 1级 2级 3级 4级"
FREELY_NAMED = "eligible"  # 待遇名称自拟，但须含 WORDS 中的一词
OTHER, WORDS_TOLD, NO_WORD = "其他", 6, "类别不是该类名单的用词"
OPTIONS = {
    "from_on": ("--from", "起始日期（死亡日期、登记日期）列"),
    "to_on": ("--to", "终止日期列"),
    "category": ("--category", "类别（短词）列"),
    "amount_fen": ("--amount", "金额列，单位见 --unit"),
    "count_n": ("--count", "数量（辆、套）列"),
    "ref_token": ("--ref", "关系人（如该村干部）身份证号列"),
    "region_code": ("--region", "区划代码列"),
}


class Wrong(Exception):
    """What has to be put right first; the message says what, without any value of the file."""


def letters(raw: bytes) -> str:
    return raw.hex().translate(TO_LETTERS)


def under(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, said, hashlib.sha256).digest()


def normalised(printed: str) -> str:
    seen = "".join(one for one in unicodedata.normalize("NFKC", printed) if unicodedata.category(one) != "Cf")
    return re.sub(r"[\s'\"=`‘’“”]+", "", seen).upper()


def check_character(first17: str) -> str:
    return CHECKS[sum(int(digit) * WEIGHTS[at] for at, digit in enumerate(first17)) % 11]


def full_number(printed: str) -> str:
    """The normalised 18-character number, an old one of 15 digits brought up to it; `Wrong` says what is the matter."""
    number = normalised(printed)
    if not number:
        raise Wrong("没有填写身份证号")
    if re.match(r"[0-9]{15}\Z", number):
        first = number[:6] + "19" + number[6:]
        number = first + check_character(first)
    if not re.match(r"[0-9]{17}[0-9X]\Z", number):
        raise Wrong("身份证号不是 18 位（或 15 位旧号）")
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Wrong("身份证号中的出生日期不存在") from None
    if check_character(number[:17]) != number[17]:
        raise Wrong("身份证号校验位不对")
    return number


def read_key(file: Path) -> tuple[bytes, str, str]:
    """The exchange key, the county it is for and its mark."""
    try:
        said = json.loads(file.read_text("utf-8"))
        key, county, mark = bytes.fromhex(said["key"]), str(said["county"]), str(said["mark"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Wrong("密钥文件读不出来：请使用管理员发给的原文件") from None
    if len(key) != KEY_BYTES or letters(under(key, b"qingliu exchange key")[:MARK_BYTES]) != mark:
        raise Wrong("密钥文件已损坏：请向管理员重新领取")
    return key, county, mark


def read_text(file: Path) -> str:
    """The text of a CSV in UTF-8 (with or without BOM) or GB18030."""
    raw = file.read_bytes()
    if raw[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise Wrong("这是 Excel 工作簿：请用 Excel 打开，另存为“CSV UTF-8”后再用")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Wrong("文件既不是 UTF-8 也不是 GB18030 编码的文本")


def label(cell: str) -> str:
    return re.sub(r"[\s*]+", "", unicodedata.normalize("NFKC", cell))


def records(text: str, wanted: dict[str, str]) -> tuple[list[tuple[int, list[str]]], dict[str, int]]:
    """The data records with their line numbers, and which column each wanted field stands in."""
    named = [label(name) for name in wanted.values() if not name.isdigit()]
    for separator in ",;\t":
        rows: list[tuple[int, list[str]]] = []
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            rows.extend((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
        except csv.Error:
            continue
        for at, (_, row) in enumerate(rows[:HEADER_WITHIN]):
            labels = [label(cell) for cell in row]
            if named and all(name in labels for name in named):
                for name in named:
                    if labels.count(name) > 1:
                        raise Wrong(f"表头中“{name}”出现不止一次，请改用第几列来指明")
                places = {
                    field: int(name) - 1 if name.isdigit() else labels.index(label(name))
                    for field, name in wanted.items()
                }
                return rows[at + 1 :], places
        if not named and rows and len(rows[0][1]) >= max(int(name) for name in wanted.values()):
            places = {field: int(name) - 1 for field, name in wanted.items()}
            try:
                full_number(rows[0][1][places["id"]])
            except Wrong:
                rows = rows[1:]  # the first row is a header
            return rows, places
    raise Wrong(f"前 {HEADER_WITHIN} 行内没有找到这些列：{'、'.join(wanted.values())}")


def day(printed: str) -> date:
    text = unicodedata.normalize("NFKC", printed).strip()
    for form in DAYS:
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if EARLIEST <= found <= LATEST:
            return found
        break
    raise Wrong("日期无法识别或不合常理")


def fen(printed: str, unit: str) -> str:
    text = re.sub(r"[\s,¥]+", "", unicodedata.normalize("NFKC", printed))
    try:
        value = Decimal(text) * FEN[unit]
    except InvalidOperation:
        raise Wrong("金额无法识别") from None
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value < 10**13:
        raise Wrong("金额不是 0 以上、精确到分的数")
    return str(int(value))


def words_of(kind: str) -> list[str]:
    """What the column of categories may say, or, of benefits, what their names must have in them."""
    if kind == "disability":
        grades = ["", *GRADES.split()]
        sorts = [*DISABILITIES.split(), ""]
        said = [f"{one}{more}{grade}" for one in sorts for more in ("", "残疾") for grade in grades]
        return [*dict.fromkeys(one for one in said if one), OTHER]
    said = WORDS[kind].split()
    return said if kind == FREELY_NAMED else [*said, OTHER]


def must_be_word(said: str, kind: str) -> None:
    """Refuse what is no word of the kind, without repeating it: it may be somebody's name."""
    words = words_of(kind)
    some = "、".join(words[:WORDS_TOLD])
    if kind == FREELY_NAMED:
        if not any(one in said for one in words):
            raise Wrong(f"{NO_WORD}，须含待遇名称（{some}等）")
    elif said not in words:
        raise Wrong(f"{NO_WORD}（{some}等；不能归入的写“{OTHER}”）")


def cell_of(field: str, printed: str, key: bytes, asked: argparse.Namespace) -> str:
    """A cell as the list holds it; an empty one stays empty."""
    text = unicodedata.normalize("NFKC", printed).strip()
    if not text:
        return ""
    if field in ("from_on", "to_on"):
        return day(text).isoformat()
    if field == "ref_token":
        return letters(under(key, full_number(text).encode())[:TOKEN_BYTES])
    if field == "amount_fen":
        return fen(text, asked.unit)
    shapes = {
        "category": (r"[\w()、·+/-]{1,20}\Z", "类别不是 1 至 20 个字的短词"),
        "count_n": (r"[1-9][0-9]{0,5}\Z", "数量不是正整数"),
        "region_code": (r"([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})\Z", "区划代码不是 2、4、6、9 或 12 位数字"),
    }
    shape, why = shapes[field]
    if not re.match(shape, text) or "_" in text:
        raise Wrong(why)
    if field == "category":
        if re.search(r"\d{8}", text):
            raise Wrong("类别中有 8 位以上的数字")
        must_be_word(text, asked.kind)
    return text


def entry(
    row: list[str], places: dict[str, int], fields: list[str], key: bytes, asked: argparse.Namespace
) -> list[str]:
    """One line of the list: the token, then each column."""
    cells = {field: row[place] if place < len(row) else "" for field, place in places.items()}
    token = letters(under(key, full_number(cells["id"]).encode())[:TOKEN_BYTES])
    made = {field: cell_of(field, cells[field], key, asked) for field in fields}
    for need in KINDS[asked.kind][1]:
        if not made[need]:
            raise Wrong(f"没有填写“{getattr(asked, need)}”")
    if made.get("ref_token") == token:
        raise Wrong("关系人与本人是同一个身份证号")
    if made.get("from_on", "") > asked.on.isoformat():
        raise Wrong(f"起始日期晚于名单日期 {asked.on}")
    if made.get("from_on") and made.get("to_on") and made["to_on"] < made["from_on"]:
        raise Wrong("终止日期早于起始日期")
    return [token, *(made[field] for field in fields)]


def make(asked: argparse.Namespace) -> tuple[str, dict[str, object], list[str]]:
    """The text of the list, what to tell of it, and the lines that could not stand."""
    key, county, mark = read_key(asked.key)
    may, needed = KINDS[asked.kind]
    fields = [field for field in OPTIONS if getattr(asked, field) is not None]
    if beyond := [OPTIONS[field][0] for field in fields if field not in may]:
        raise Wrong(f"{asked.kind} 类名单没有这些列：{'、'.join(beyond)}")
    if lacking := [OPTIONS[field][0] for field in needed if field not in fields]:
        raise Wrong(f"{asked.kind} 类名单须指明：{'、'.join(lacking)}")
    wanted = {"id": asked.id, **{field: getattr(asked, field) for field in fields}}
    if any(name == "0" for name in wanted.values()):
        raise Wrong("第几列从 1 起")
    rows, places = records(read_text(asked.file), wanted)
    lines, faults, old_n = set(), [], 0
    for number, row in rows:
        try:
            lines.add(",".join(entry(row, places, fields, key, asked)))
        except Wrong as wrong:
            faults.append(f"第 {number} 行：{wrong}")
        else:
            old_n += len(normalised(row[places["id"]])) == OLD_LENGTH
    if "category" in fields:
        at = 1 + fields.index("category")
        if (words := len({line.split(",")[at] for line in lines})) > MOST_CATEGORIES:
            raise Wrong(f"类别列有 {words} 种内容（至多 {MOST_CATEGORIES} 种），可能指错了列")
    # In the order of tokens: the order of a department's own file would tell whom its lines are about.
    body = [",".join(["token", *fields]), *sorted(lines)]
    heading = ",".join([FORMAT, FORMAT_VERSION, asked.kind, county, asked.on.isoformat(), str(len(lines)), mark])
    seal = letters(under(key, b"qingliu comparison list\n" + "\n".join([heading, *body]).encode()))
    text = "\n".join([f"{heading},{seal}", *body, ""])
    told: dict[str, object] = {
        "种类": asked.kind,
        "县": county,
        "名单日期": asked.on.isoformat(),
        "读入行数": len(rows),
        "写出条数": len(lines),
        "不合格行数": len(faults),
        "15 位旧号升位": old_n,
        "完全重复、并为一条": len(rows) - len(faults) - len(lines),
        "密钥标记": mark,
        "SHA-256": hashlib.sha256(text.encode()).hexdigest(),
    }
    return text, told, faults


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description="把名单里的身份证号换成令牌；不联网，不打印任何号码")
    found.add_argument("file", type=Path, help="名单（CSV，UTF-8 或 GBK）")
    found.add_argument("--key", type=Path, required=True, help="管理员发给的交换密钥文件")
    found.add_argument("--kind", choices=sorted(KINDS), required=True, help="名单种类")
    found.add_argument("--on", type=date.fromisoformat, required=True, help="名单日期，如 2024-03-31")
    found.add_argument("--id", required=True, help="身份证号列：列名，或第几列")
    for field, (option, told) in OPTIONS.items():
        found.add_argument(option, dest=field, help=told)
    found.add_argument("--unit", choices=sorted(FEN), default="元", help="金额列的单位，省略为元")
    found.add_argument("--skip-invalid", action="store_true", help="跳过不合格的行（计数），而不是整份不生成")
    found.add_argument("--out", type=Path, required=True, help="写到哪个文件；已存在的不覆盖")
    return found


def run(asked: argparse.Namespace) -> str:
    """Write the list and its summary; what to tell of it."""
    if asked.out.exists():
        raise Wrong("输出文件已存在，为免覆盖未生成")
    text, told, faults = make(asked)
    for fault in faults[:MOST_TOLD]:
        print(fault, file=sys.stderr)
    if len(faults) > MOST_TOLD:
        print(f"……共 {len(faults)} 行不合格", file=sys.stderr)
    if any(NO_WORD in fault for fault in faults):
        print(f"该类名单类别列的全部用词：{'、'.join(words_of(asked.kind))}", file=sys.stderr)
    if faults and not asked.skip_invalid:
        raise Wrong(f"有 {len(faults)} 行不合格，没有生成名单；改正后重做，或加 --skip-invalid 跳过这些行")
    if not told["写出条数"]:
        raise Wrong("没有一行可写")
    with asked.out.open("x", encoding="utf-8", newline="") as sink:
        sink.write(text)
    summary = "\n".join(f"{name}：{value}" for name, value in told.items()) + "\n"
    with Path(f"{asked.out}.summary.txt").open("w", encoding="utf-8") as sink:
        sink.write(summary)
    return summary


def main() -> int:
    try:
        print(run(parser().parse_args()), end="")
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except OSError as failed:
        print(f"文件读写失败：{failed.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
