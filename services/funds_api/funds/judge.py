"""What the terms of a fund say about one movement of its money: terms and facts in, breaches out.

A breach names its rule, its figures, the source of the rule, and whether the rule refuses the movement or only flags
it. Every level of government whose terms cover the county is heard, so no level can loosen what a higher one set. What
the nation laid down for all such funds is heard as well, so that no fund is bound by nothing. Pure: the caller brings
every figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from services.funds_api import words
from treasury.money import yuan
from treasury.policy import Basis

PPM: Final = 1_000_000
NATION: Final = "00"
# In the place of a fund's code (and 0 in the place of the year): a rule of the nation for every fund.
EVERY_FUND: Final = "*"
# 项目管理费: the one use with a ceiling of its own (财农〔2021〕19号).
MANAGEMENT_FEE: Final = "management_fee"


class FundRule(StrEnum):
    """What terms can say about a fund."""

    PERMITTED_USES = "permitted_uses"
    BARRED_USES = "barred_uses"
    PERMITTED_PAYEES = "permitted_payees"
    FEE_CAP = "fee_cap"
    HOUSEHOLD_CAP = "household_cap"
    PERSON_CAP = "person_cap"
    EXCLUSIVE_WITH = "exclusive_with"
    HOUSEHOLD_EXCLUSIVE_WITH = "household_exclusive_with"
    PUBLICITY = "publicity"
    PUBLICITY_BEFORE_UPLOAD = "publicity_before_upload"
    USE_NAMED = "use_named"


class Origin(StrEnum):
    """Whence a rule binds a county's money: the county's own terms, a level's above it, the nation's for every fund."""

    OWN = "own"
    SUPERIOR = "superior"
    NATIONAL = "national"


class OnBreach(StrEnum):
    """What a breach does: the movement is refused, or it goes through and a flag says so."""

    REFUSE = "refuse"
    FLAG = "flag"


# rule → code of its flags, and title.
TITLES: Final[dict[FundRule, tuple[str, str]]] = {
    FundRule.PERMITTED_USES: ("B01", "用途不在资金许可范围"),
    FundRule.BARRED_USES: ("B02", "用于资金禁止的用途"),
    FundRule.PERMITTED_PAYEES: ("B03", "收款对象不符合资金规定"),
    FundRule.FEE_CAP: ("B04", "项目管理费超过上限"),
    FundRule.HOUSEHOLD_CAP: ("B05", "超过每户年度上限"),
    FundRule.PERSON_CAP: ("B06", "超过每人年度上限"),
    FundRule.EXCLUSIVE_WITH: ("B07", "与互斥资金重复享受"),
    FundRule.HOUSEHOLD_EXCLUSIVE_WITH: ("B09", "同户已享受互斥资金"),
    FundRule.PUBLICITY: ("B08", "公示未满或有异议"),
    FundRule.USE_NAMED: ("B10", "支出没有写明用途"),
    FundRule.PUBLICITY_BEFORE_UPLOAD: ("B11", "公示早于名册上传"),
}
TITLE_OF_CODE: Final = dict(TITLES.values())

# Spending names its payee and its use; handing down passes money on and is asked only what use it is for, if it says.
SPENDING: Final = frozenset({"pay", "order", "disburse"})
# Households are paid no management fee (payments/schemas.py).
_FEES: Final = frozenset({"pay", "order"})
JUDGED: Final = SPENDING | {"hand_down"}


@dataclass(frozen=True, slots=True)
class Term:
    """One rule of a fund for one fiscal year, as one level of government set it; in force from `valid_from` on.

    `general`: the nation laid it down for every fund.
    """

    fund_code: str
    fiscal_year: int
    region: str
    valid_from: date
    document: str
    rule: FundRule
    value: int | tuple[str, ...]
    on_breach: OnBreach
    source: str
    basis: Basis
    general: bool = False

    @property
    def number(self) -> int:
        if not isinstance(self.value, int):
            msg = f"term {self.rule} is a list"
            raise TypeError(msg)
        return self.value

    @property
    def codes(self) -> tuple[str, ...]:
        if isinstance(self.value, int):
            msg = f"term {self.rule} is a number"
            raise TypeError(msg)
        return self.value

    def origin(self, region: str) -> Origin:
        """Whence it binds the money of a region."""
        if self.general:
            return Origin.NATIONAL
        return Origin.OWN if self.region == region else Origin.SUPERIOR


@dataclass(frozen=True, slots=True)
class TermSet:
    """All that one level of government laid down for a fund-year (or `EVERY_FUND`) by one document."""

    fund_code: str
    fiscal_year: int
    region: str
    valid_from: date
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The part of a movement that draws one fund of one fiscal year.

    `received_fen` is what the county has received of that fund-year and `fees_fen` what of it went into management
    fees before; both are asked only for a management fee, and may be those of several `counties` that money went over
    between. `published_days` is how long a payment to households had been public, None when nobody recorded that it
    was, `before_upload_days` how many of them lie before its list was uploaded; `objections_open_n` are those not
    answered yet.
    """

    kind: str
    fund_code: str
    fiscal_year: int
    amount_fen: int
    use: str | None = None
    payee_kind: str | None = None
    received_fen: int = 0
    fees_fen: int = 0
    counties: tuple[str, ...] = ()
    published_days: int | None = None
    objections_open_n: int = 0
    before_upload_days: int = 0


@dataclass(frozen=True, slots=True)
class Breach:
    """A term that a movement does not keep, with the figures it was judged by, in one Chinese sentence.

    A general term is told as one of the fund-year that it was broken by.
    """

    term: Term
    figures: dict[str, Any]
    sentence: str

    @property
    def code(self) -> str:
        return TITLES[self._what][0]

    @property
    def title(self) -> str:
        return TITLES[self._what][1]

    @property
    def _what(self) -> FundRule:
        """Who names no use is told so, and not that the use is a barred one."""
        silent = self.term.rule is FundRule.BARRED_USES and self.figures["use"] is None
        return FundRule.USE_NAMED if silent else self.term.rule


def levels(county: str) -> list[str]:
    """The regions whose terms cover a county: the nation, its province, its prefecture, itself."""
    return [NATION, county[:2], county[:4], county]


def in_force(sets: Iterable[TermSet], fund_code: str, fiscal_year: int, on: date) -> list[Term]:
    """The terms that hold for a fund-year on a day: of each level the latest set, whole, and the rules for every fund.

    Only the nation itself says otherwise for one fund: where its own terms have a rule, the general one gives way.
    """
    latest: dict[str, TermSet] = {}
    general: dict[FundRule, Term] = {}
    for one in sorted(sets, key=lambda one: one.valid_from):
        if one.valid_from > on:
            continue
        if one.fund_code == EVERY_FUND:
            general |= {term.rule: term for term in one.terms}
        elif (one.fund_code, one.fiscal_year) == (fund_code, fiscal_year):
            latest[one.region] = one
    held = [term for one in latest.values() for term in one.terms]
    said = {term.rule for term in held if term.region == NATION}
    held += [term for rule, term in general.items() if rule not in said]
    return sorted(held, key=lambda one: (one.region, TITLES[one.rule][0]))


def asks_for_fees(terms: Iterable[Term], kind: str, use: str | None) -> bool:
    """Whether judging this movement needs the sums of its fund-year (`received_fen`, `fees_fen`)."""
    return kind in _FEES and use == MANAGEMENT_FEE and any(one.rule is FundRule.FEE_CAP for one in terms)


def with_fees(facts: Facts, received_fen: int, fees_fen: int, counties: tuple[str, ...]) -> Facts:
    """The same facts with the sums of their fund-year in these counties."""
    return replace(facts, received_fen=received_fen, fees_fen=fees_fen, counties=counties)


def judge_all(known: Iterable[Facts], terms: Sequence[Term]) -> list[Breach]:
    """Every term that one movement does not keep by any of these sums, told once, by the first that breaks it."""
    found: dict[Term, Breach] = {}
    for facts in known:
        for breach in judge(facts, terms):
            found.setdefault(breach.term, breach)
    return list(found.values())


def judge(facts: Facts, terms: Sequence[Term]) -> list[Breach]:
    """Every term in force that the movement does not keep, by level and rule; [] means that it may go through."""
    if facts.kind not in JUDGED:
        return []
    found = []
    for term in terms:
        told = _told(facts, term)
        if told is not None:
            figures, sentence = told
            figures = {"fund_code": facts.fund_code, "fiscal_year": facts.fiscal_year, **figures}
            own = replace(term, fund_code=facts.fund_code, fiscal_year=facts.fiscal_year) if term.general else term
            found.append(Breach(own, figures, f"{sentence}（依据：{term.source}）"))
    return found


def _told(facts: Facts, term: Term) -> tuple[dict[str, Any], str] | None:
    """The figures and the sentence of a breach of this term, None when the term is kept or does not apply."""
    figures: dict[str, Any]
    match term.rule:
        case FundRule.PERMITTED_USES | FundRule.BARRED_USES:
            return _uses(facts, term)
        case FundRule.USE_NAMED if facts.use is None and facts.kind in term.codes:
            return {"use": None}, f"{words.said(words.MOVEMENTS, facts.kind)}须写明用途，本笔没有写明"
        case FundRule.PERMITTED_PAYEES if facts.kind in SPENDING and facts.payee_kind not in term.codes:
            figures = {"payee_kind": facts.payee_kind, "permitted": list(term.codes)}
            return figures, f"资金 {facts.fund_code} 不得付给{words.said(words.UNITS, facts.payee_kind)}"
        case FundRule.FEE_CAP if facts.kind in _FEES and facts.use == MANAGEMENT_FEE:
            return _fees(facts, term)
        case FundRule.PUBLICITY | FundRule.PUBLICITY_BEFORE_UPLOAD if facts.kind == "disburse":
            return _public(facts, term) if term.rule is FundRule.PUBLICITY else _public_before(facts, term)
        case _:
            return None


def _uses(facts: Facts, term: Term) -> tuple[dict[str, Any], str] | None:
    """许可用途、禁止用途: a list of one fund asks what its money is spent for.

    Whether the nation's list for every fund asks, too, its own rule says (`USE_NAMED`).
    """
    barred = term.rule is FundRule.BARRED_USES
    figures = {"use": facts.use} if barred else {"use": facts.use, "permitted": list(term.codes)}
    if facts.use is None:
        if facts.kind not in SPENDING or (barred and term.general):
            return None
        listed = "列有禁止的用途" if barred else "限定了用途"
        return figures, f"资金 {facts.fund_code} {listed}，本笔没有写明用途"
    if (facts.use in term.codes) != barred:
        return None
    said = words.said(words.USES, facts.use)
    if barred:
        return figures, f"资金 {facts.fund_code} 不得用于“{said}”"
    return figures, f"“{said}”不在资金 {facts.fund_code} 的许可用途之内"


def _public(facts: Facts, term: Term) -> tuple[dict[str, Any], str] | None:
    """公示: so many days by the day of payment, and nothing objected that nobody has answered."""
    if (facts.published_days or 0) >= term.number and facts.objections_open_n == 0:
        return None
    figures = {
        "published_days": facts.published_days,
        "publicity_days": term.number,
        "objections_open_n": facts.objections_open_n,
    }
    shown = "没有公示记录" if facts.published_days is None else f"已公示 {facts.published_days} 天"
    objected = f"，有 {facts.objections_open_n} 件异议未处理" if facts.objections_open_n else ""
    return figures, f"发放前应公示 {term.number} 天，{shown}{objected}"


def _public_before(facts: Facts, term: Term) -> tuple[dict[str, Any], str] | None:
    """公示补登: what was on show before the upload may have been another list; so many days of it count at most."""
    if facts.before_upload_days <= term.number:
        return None
    figures = {"before_upload_days": facts.before_upload_days, "allowed_days": term.number}
    told = f"登记的公示比名册上传早 {facts.before_upload_days} 天，最多可早 {term.number} 天"
    return figures, f"{told}，此前公示的是否同一份名单无从核对"


def _fees(facts: Facts, term: Term) -> tuple[dict[str, Any], str] | None:
    """管理费: what was taken before and this together, against the share of what was received."""
    cap_fen = facts.received_fen * term.number // PPM
    taken_fen = facts.fees_fen + facts.amount_fen
    if taken_fen <= cap_fen:
        return None
    figures: dict[str, Any] = {
        "received_fen": facts.received_fen,
        "cap_ppm": term.number,
        "cap_fen": cap_fen,
        "fees_before_fen": facts.fees_fen,
        "amount_fen": facts.amount_fen,
        "over_fen": taken_fen - cap_fen,
    }
    together = ""
    if len(facts.counties) > 1:
        figures["counties"] = list(facts.counties)
        together = f"（改码前后 {'、'.join(facts.counties)} 合计，移交的不重复计算）"
    # None of its own where less was received, and no fee taken.
    own = f"本笔 {yuan(facts.amount_fen)} 元，" if facts.amount_fen else ""
    sentence = (
        f"{facts.fiscal_year} 年度该资金{together}到账 {yuan(facts.received_fen)} 元，管理费上限 {yuan(cap_fen)} 元，"
        f"已列 {yuan(facts.fees_fen)} 元，{own}超出 {yuan(taken_fen - cap_fen)} 元"
    )
    return figures, sentence


def refused(breaches: Iterable[Breach]) -> list[Breach]:
    """Those that stop the movement."""
    return [one for one in breaches if one.term.on_breach is OnBreach.REFUSE]


# Rules about the people who are paid, over the whole year of a fund; held against rosters row by row. Of a household
# they count what all of its people were paid, each payment for the household that it named on its own day.
OF_HOUSEHOLDS: Final = frozenset({FundRule.HOUSEHOLD_CAP, FundRule.HOUSEHOLD_EXCLUSIVE_WITH})
EXCLUDING: Final = frozenset({FundRule.EXCLUSIVE_WITH, FundRule.HOUSEHOLD_EXCLUSIVE_WITH})
OF_PEOPLE: Final = OF_HOUSEHOLDS | EXCLUDING | {FundRule.PERSON_CAP}


def of_people(terms: Iterable[Term]) -> list[Term]:
    """The terms that a roster's rows are held against."""
    return [one for one in terms if one.rule in OF_PEOPLE]


def naming(sets: Sequence[TermSet], own: Sequence[Term], fund_code: str, fiscal_year: int, on: date) -> list[Term]:
    """What other funds exclude by naming this one, each as if this fund named them: an exclusion has two ends.

    `own` are this fund's terms in force; what they exclude already is not told twice.
    """
    told = {(one.rule, code) for one in own if one.rule in EXCLUDING for code in one.codes}
    others = {one.fund_code for one in sets} - {fund_code, EVERY_FUND}
    return [
        replace(term, value=(term.fund_code,))
        for other in sorted(others)
        for term in in_force(sets, other, fiscal_year, on)
        if term.rule in EXCLUDING and fund_code in term.codes and (term.rule, term.fund_code) not in told
    ]


def beyond(term: Term, paid_n: int, first_line: int | None, over_fen: int) -> Breach | None:
    """What a term says about a roster in which `paid_n` people (or households) do not keep it.

    `rows_n` of the figures is that number: a person has one row of a roster, and of a household its people count once.
    """
    if paid_n == 0:
        return None
    figures: dict[str, Any] = {
        "fund_code": term.fund_code,
        "fiscal_year": term.fiscal_year,
        "rows_n": paid_n,
        "first_line": first_line,
    }
    counted = f"{paid_n} 户" if term.rule in OF_HOUSEHOLDS else f"{paid_n} 人"
    if term.rule in EXCLUDING:
        figures["exclusive_with"] = list(term.codes)
        said = f"名册有 {counted}（首行为第 {first_line} 行）本年度已享受互斥资金"
    else:
        figures |= {"cap_fen": term.number, "over_fen": over_fen}
        said = (
            f"名册有 {counted}（首行为第 {first_line} 行）本年度合计超过上限 {yuan(term.number)} 元，"
            f"共超 {yuan(over_fen)} 元"
        )
    return Breach(term, figures, f"{said}（依据：{term.source}）")
