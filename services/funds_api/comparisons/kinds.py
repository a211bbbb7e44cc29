"""The kinds of comparison lists: what each says, which department has it, and which columns it may and must have.

A new kind is one entry here. Which rules ask for it is theirs to say; nothing of a person is here.

What the column `category` may say is a closed vocabulary of the kind (assumed; from what departments usually write): a
column of names that was taken for it by mistake is refused at the first line, and no rule prints another word. A word
is kept as its kind knows it (个体工商户 is 个体户), so that rules compare like with like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class ListKind(StrEnum):
    """What a list says of the people on it."""

    DEAD = "dead"
    PAYROLL = "payroll"
    VILLAGE_CADRE = "village_cadre"
    CADRE_RELATIVE = "cadre_relative"
    CAR = "car"
    FLAT = "flat"
    BUSINESS = "business"
    RESIDENT = "resident"
    DISABILITY = "disability"
    ELIGIBLE = "eligible"
    STUDENT = "student"
    INSURED = "insured"


class Column(StrEnum):
    """What an entry may say beside the token: days, a short word, fen, a count, another person, a place."""

    FROM_ON = "from_on"
    TO_ON = "to_on"
    CATEGORY = "category"
    AMOUNT_FEN = "amount_fen"
    COUNT_N = "count_n"
    REF_TOKEN = "ref_token"  # noqa: S105 - a column
    REGION_CODE = "region_code"


@dataclass(frozen=True, slots=True)
class Kind:
    """`title` as officials say it, `department` that usually has the list, `meaning` of its columns; what is needed.

    `words` are what a category may say, each with the word that is kept for it.
    """

    title: str
    department: str
    meaning: str
    columns: tuple[Column, ...]
    needed: tuple[Column, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


_DAYS: Final = (Column.FROM_ON, Column.TO_ON)
OTHER: Final = "其他"
# A benefit is named freely, and by rosters of its own that may never have been paid: so its name is no closed word, but
# must have one of these in it, which hardly a personal name has.
BENEFITS: Final = (
    "补助", "补贴", "奖补", "奖励", "补偿", "直补", "津贴", "低保", "保障", "保险", "医保", "养老金", "特困", "五保",
    "供养", "救助", "抚恤", "慰问", "资助", "助学", "奖学金", "救济", "雨露计划", "贴息", "贷款", "危房改造", "搬迁",
    "岗位", "护林员", "退耕还林", "扶持", "帮扶",
)  # fmt: skip


def _words(said: str, **kept: str) -> Mapping[str, str]:
    """Each word of a line of them kept as it is said, the others as another one."""
    return {**{one: one for one in (*said.split(), OTHER)}, **kept}


_DISABILITIES: Final = ("视力", "听力", "言语", "肢体", "智力", "精神", "多重")
_GRADES: Final = ("", *(f"{grade}级" for grade in "一二三四1234"))

# Departments are those of usual practice (assumed): who really gave a list is said with each version.
KINDS: Final[Mapping[ListKind, Kind]] = {
    ListKind.DEAD: Kind(
        "死亡人员",
        "公安、民政、卫健",
        "from_on 死亡日期，category 登记来源（死亡证明、火化、销户）",
        (Column.FROM_ON, Column.CATEGORY),
        (Column.FROM_ON,),
        words=_words("死亡证明 火化 土葬 销户 户籍注销 宣告死亡 殡葬"),
    ),
    ListKind.PAYROLL: Kind(
        "财政供养人员",
        "财政、人社",
        "from_on、to_on 供养起止，空为不详或至今，category 身份（行政、事业、退休）",
        (*_DAYS, Column.CATEGORY),
        words=_words(
            "行政 事业 退休 离休 退职 公务员 参公 机关 事业单位 教师 医生 工勤 编外 在职 在编 国企 公职 财政供养"
        ),
    ),
    ListKind.VILLAGE_CADRE: Kind(
        "村干部",
        "组织、民政",
        "region_code 任职村，from_on、to_on 任期，category 职务",
        (*_DAYS, Column.CATEGORY, Column.REGION_CODE),
        (Column.REGION_CODE,),
        words=_words(
            "村支书 支书 村党支部书记 支部书记 第一书记 村主任 村委会主任 主任 副支书 副书记 副主任 支部委员 "
            "支委 村委会委员 村委委员 村委 委员 文书 会计 村会计 报账员 妇联主席 妇女主任 民兵连长 治保主任 "
            "监委会主任 监督委员会主任 组长 村民小组长 网格员 村干部"
        ),
    ),
    ListKind.CADRE_RELATIVE: Kind(
        "村干部亲属",
        "组织、纪检",
        "ref_token 该村干部，category 关系（配偶、子女、父母），from_on、to_on 起止，region_code 村",
        (*_DAYS, Column.CATEGORY, Column.REF_TOKEN, Column.REGION_CODE),
        (Column.REF_TOKEN,),
        words=_words(
            "配偶 夫 妻 丈夫 妻子 子女 子 女 儿子 女儿 父母 父 母 父亲 母亲 兄弟 姐妹 兄弟姐妹 兄 弟 姐 妹 "
            "哥哥 弟弟 姐姐 妹妹 祖父母 祖父 祖母 外祖父母 外祖父 外祖母 孙子女 孙子 孙女 外孙子女 外孙 "
            "外孙女 儿媳 女婿 岳父母 岳父 岳母 公婆 公公 婆婆 叔伯 叔父 伯父 姑 姨 舅 侄子 侄女 外甥 外甥女 "
            "堂兄弟 表兄弟 堂亲 表亲 近亲属 亲属"
        ),
    ),
    ListKind.CAR: Kind(
        "车辆",
        "公安交管",
        "from_on 登记日期，to_on 过户或注销日期，category 车型，amount_fen 价值，count_n 辆数",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.COUNT_N),
        words=_words(
            "轿车 小轿车 小型轿车 小型汽车 小型客车 小型普通客车 普通客车 微型客车 中型客车 大型客车 客车 "
            "面包车 越野车 商务车 货车 微型货车 轻型货车 中型货车 重型货车 小型货车 皮卡 挂车 牵引车 工程车 "
            "专项作业车 摩托车 三轮车 三轮汽车 三轮摩托车 低速货车 农用车 拖拉机 新能源车 电动汽车 电动车"
        ),
    ),
    ListKind.FLAT: Kind(
        "房产",
        "自然资源、住建",
        "from_on 登记日期，to_on 转出日期，category 用途（住宅、非住宅、安置房），count_n 套数，amount_fen 价值",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.COUNT_N, Column.REGION_CODE),
        words=_words(
            "住宅 商品房 自建房 宅基地 安置房 保障房 公寓 别墅 非住宅 商铺 商业 办公 写字楼 厂房 工业 仓库 "
            "仓储 车库 车位"
        ),
    ),
    ListKind.BUSINESS: Kind(
        "工商登记",
        "市场监管",
        "from_on 登记、to_on 注销或退出日期，category 身份（法人、股东、个体户），amount_fen 注册资本，count_n 户数",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.COUNT_N),
        words=_words(
            "法人 股东 个体户 监事 董事 董事长 经理 高管 合伙人 投资人 负责人 经营者 合作社 合作社成员 家庭农场",
            个体工商户="个体户",
            个体="个体户",
            个体经营="个体户",
            法定代表人="法人",
            企业法人="法人",
        ),
    ),
    ListKind.RESIDENT: Kind(
        "户籍人口",
        "公安",
        "from_on、to_on 落户与迁出日期，region_code 户籍地，category 户口性质（农业、非农业）",
        (*_DAYS, Column.CATEGORY, Column.REGION_CODE),
        words=_words(
            "农业 非农业 农村 城镇 居民 家庭户 集体户",
            农业户口="农业",
            农业家庭户="农业",
            非农业户口="非农业",
            非农业家庭户="非农业",
            非农="非农业",
            居民户口="居民",
        ),
    ),
    ListKind.DISABILITY: Kind(
        "持残疾证人员",
        "残联",
        "from_on、to_on 证件有效期，category 类别与等级",
        (*_DAYS, Column.CATEGORY),
        words=_words(
            " ".join(
                f"{one}{more}{grade}" for one in (*_DISABILITIES, "") for more in ("", "残疾") for grade in _GRADES
            )
        ),
    ),
    ListKind.ELIGIBLE: Kind(
        "应享受人员",
        "乡村振兴、民政、医保",
        "category 应享受的待遇，from_on、to_on 应享受起止，amount_fen 应发金额",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.REGION_CODE),
        (Column.CATEGORY,),
        words={one: one for one in BENEFITS},
    ),
    ListKind.STUDENT: Kind(
        "在校学生",
        "教育",
        "from_on、to_on 在校起止，category 学段",
        (*_DAYS, Column.CATEGORY),
        words=_words(
            "学前 幼儿园 小学 初中 九年一贯 义务教育 特殊教育 普通高中 高中 中专 中职 职高 技校 技工 高职 "
            "大专 专科 本科 研究生 硕士 博士 大学"
        ),
    ),
    ListKind.INSURED: Kind(
        "参保人员",
        "医保、人社",
        "from_on、to_on 参保起止，category 险种",
        (*_DAYS, Column.CATEGORY),
        words=_words(
            "城乡居民医保 城乡居民基本医疗保险 居民医保 新农合 职工医保 城镇职工基本医疗保险 城乡居民养老 "
            "城乡居民养老保险 城乡居民基本养老保险 居民养老 职工养老 城镇职工基本养老保险 失业保险 工伤保险 "
            "生育保险 大病保险 医疗保险 养老保险 医保 养老"
        ),
    ),
}


def word_of(kind: ListKind, said: str) -> str | None:
    """The word that is kept for what a list says; None where the kind has no such word."""
    if kind is ListKind.ELIGIBLE:
        return said if any(one in said for one in BENEFITS) else None
    return KINDS[kind].words.get(said)


def told(kind: ListKind, said: str | None) -> str | None:
    """What may be printed of a category: a word of the kind, 其他 for any other one; nothing where nothing is said."""
    return (word_of(kind, said) or OTHER) if said else None
