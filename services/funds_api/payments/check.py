"""The judgement of a roster: rows, registry, earlier payments and policy in; good rows and rejected rows out.

A roster comes in pieces, in the order of its lines; what must be known of the lines before (whom they named, what they
add up to) is kept from piece to piece. Set-based: each reason is one expression over a piece. A row may have several
reasons. Good rows carry the running sum by line that payment by spans stands on. Pure: the caller brings every fact
and every token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import polars as pl

from services.funds_api import columns
from services.funds_api.funds.judge import FundRule, OnBreach, Term
from services.funds_api.payments.firsts import Firsts
from services.funds_api.payments.reasons import reason
from treasury.policy import PolicyValue

# The register on the day of payment. `household` is the 16 bytes of the household's id, null for a known person who was
# in none; `household_region` is null for one that had left the county. `PLAIN` says all of a household that simply
# stands there; the other columns tell of the rest why a row is not as it should be.
PLAIN: Final = {"token": pl.Binary, "household": pl.Binary, "household_region": pl.String, "head": pl.Boolean}
REGISTRY: Final = {
    **PLAIN,
    "removed_on": pl.Date,
    "removal": pl.String,
    "moved_on": pl.Date,
    "moved_from": pl.String,
    "outside": pl.Boolean,
    "joins_on": pl.Date,
    "left_on": pl.Date,
}
CLAIMED: Final = {"token": pl.Binary, "status": pl.String}
# What others paid of this fund in the year, and a fund of that year that excludes it; read only where terms ask for it.
YEAR: Final = {"token": pl.Binary, "year_fen": pl.Int64, "other_fund": pl.String}
HOME_YEAR: Final = {"household": pl.Binary, "home_fen": pl.Int64, "home_fund": pl.String}
# A long number as Excel shows it and saves it in a CSV: the digits that it leaves out are lost.
_EXPONENT: Final = r"^[0-9](\.[0-9]+)?[eE]\+?[0-9]+$"
# What other batches pay a household of the same entitlement; read only for one of persons that has a cap.
ENTITLED: Final = {"household": pl.Binary, "entitled_fen": pl.Int64}
# Who is owed: the 16 bytes of the household's id, or the payee's token for an entitlement of persons.
KEPT: Final = {"owed": pl.Binary, "kept_fen": pl.Int64}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows are held against: the batch's own terms, the cap in force, and what the account has free."""

    region: str
    entitlement: str
    effective_on: date
    cap: PolicyValue | None
    available_fen: int
    per: str = "household"
    any_member: PolicyValue | None = None
    terms: Sequence[Term] = ()
    # What came back and is kept to be paid again, by who is owed (`owed` of the rows): it pays their rows and no other.
    kept: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KEPT))

    @property
    def kept_fen(self) -> int:
        return int(self.kept["kept_fen"].sum())

    def year_cap(self, rule: FundRule) -> Term | None:
        """The smallest yearly cap (of persons or of households) that refuses."""
        return min(self._refusing(rule), key=lambda one: one.number, default=None)

    @property
    def caps_of_homes(self) -> dict[str, tuple[str, int]]:
        """Reason → the sum that all people of a household share (`Check._within`), and its cap.

        Where a household has one row, its own amount says whether it is over the cap of a payment.
        """
        caps = {}
        if (year := self.year_cap(FundRule.HOUSEHOLD_CAP)) is not None:
            caps["over_household_year_cap"] = ("home_fen", year.number)
        if self.cap is not None and self.per == "person":
            caps["over_household_cap_together"] = ("roster_fen", self.cap.number)
            caps["over_household_cap_with_others"] = ("entitled_fen", self.cap.number)
        return caps

    def exclusive(self, rule: FundRule) -> dict[str, Term]:
        """The funds that exclude this one (for a person or for a household), each with the term that says so."""
        return {fund: one for one in self._refusing(rule) for fund in one.codes}

    def _refusing(self, rule: FundRule) -> list[Term]:
        return [one for one in self.terms if one.rule is rule and one.on_breach is OnBreach.REFUSE]


@dataclass(frozen=True, slots=True)
class Year:
    """What other batches pay the people of a piece in the year (`YEAR`), and their households (`HOME_YEAR`)."""

    people: pl.DataFrame
    households: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that was not accepted: where it stands, what is wrong, and what was written there."""

    line: int
    reasons: list[dict[str, Any]]
    printed: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """One piece: `good` by line with its sealing (`payments.sealing.GOOD`), and the rejected rows by line."""

    good: pl.DataFrame
    rejected: list[Rejected]


def with_tokens(rows: pl.DataFrame, tokens: Callable[[Iterable[str]], list[bytes]]) -> pl.DataFrame:
    """The rows with what their ID numbers are worth (`shape`, `born`, `digit`) and a `token` for each valid one.

    `named` is the token of whatever stands there: what two lines of a file are compared by.
    """
    number = pl.col("id_number")
    named = pl.Series("named", tokens(rows["id_number"].fill_null("")), dtype=pl.Binary)
    return (
        rows.with_columns(
            shape=columns.has_id_shape(number).fill_null(value=False),
            born=columns.has_birth_date(number).fill_null(value=False),
            digit=columns.has_check_digit(number).fill_null(value=False),
            named=pl.when(number.is_not_null()).then(named),
        )
        .with_columns(valid=pl.col("shape") & pl.col("born") & pl.col("digit"))
        .with_columns(token=pl.when("valid").then("named"))
    )


def _conditions(facts: Facts) -> dict[str, pl.Expr]:
    """Reason by reason, which rows have it. Money is asked last, of rows that have no other fault."""
    fen, known = pl.col("amount_fen"), pl.col("household").is_not_null()
    inside = pl.col("household_region").str.starts_with(facts.region).fill_null(value=False)
    moved = (pl.col("outside") | (~inside & pl.col("moved_from").str.starts_with(facts.region))).fill_null(value=False)
    nobody = pl.lit(value=False)
    return {
        "id_missing": pl.col("id_number").is_null(),
        "id_malformed": pl.col("id_number").is_not_null() & ~pl.col("shape"),
        "id_not_a_date": pl.col("shape") & ~pl.col("born"),
        "id_check_digit": pl.col("shape") & ~pl.col("digit"),
        "card_rounded": pl.col("card").str.contains(_EXPONENT),
        "amount_unreadable": fen.is_null() & ~pl.col("too_fine"),
        "amount_precision": pl.col("too_fine"),
        "amount_not_positive": fen <= 0,
        "unknown_household": pl.col("valid") & pl.col("listed").is_null(),
        "not_member_then": pl.col("listed") & ~known,
        "household_removed": pl.col("removed_on").is_not_null(),
        "moved_away": known & moved,
        "outside_township": known & ~inside & ~moved,
        "payee_not_head": known & ~pl.col("head") if facts.any_member and not facts.any_member.number else nobody,
        "duplicate_in_file": pl.col("id_number").is_not_null() & (pl.col("line") > pl.col("first_line")),
        "duplicate_household": (pl.col("line") == pl.col("first_line")) & (pl.col("line") > pl.col("home_line")),
        "already_paid": pl.col("status").is_not_null(),
        "over_household_cap": fen > facts.cap.number if facts.cap else pl.lit(value=False),
        **_of_the_year(facts),
    }


def _of_the_year(facts: Facts) -> dict[str, pl.Expr]:
    """The reasons that ask what others paid in the year; none when no term does, so that nothing is joined for them."""
    if not facts.terms:
        return {}
    cap = facts.year_cap(FundRule.PERSON_CAP)
    together = pl.col("amount_fen").cast(pl.Int128) + pl.col("year_fen").fill_null(0)
    return {
        "over_fund_year_cap": together > cap.number if cap else pl.lit(value=False),
        "exclusive_fund": pl.col("other_fund").is_not_null(),
        "household_exclusive_fund": pl.col("home_fund").is_not_null(),
    }


class Check:
    """One roster under judgement: `judge` its pieces in order; the counts are those of the pieces judged so far."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.rows_good = 0
        self.rows_bad = 0
        self.total_fen = 0
        self.by_reason: Counter[str] = Counter()
        self._named = Firsts()
        self._homes = Firsts()
        self._home_fen: dict[bytes, int] = {}
        self._running_fen = 0

    def judge(
        self, rows: pl.DataFrame, registry: pl.DataFrame, claimed: pl.DataFrame, year: Year | None = None
    ) -> Judged:
        """Part rows of `with_tokens` into good and rejected; Σ good is at most what the account has free.

        Of a row that waits to be paid again only what goes beyond its kept fen counts against the free ones.
        """
        conditions = _conditions(self.facts)
        if year is not None:
            claimed = claimed.join(year.people, on="token", how="full", coalesce=True)
            registry = registry.join(year.households, on="household", how="left")
        laid = (
            rows.with_columns(first_line=self._named.note(rows["named"], rows["line"]))
            .join(registry.with_columns(listed=True), on="token", how="left", maintain_order="left")
            .pipe(_beside, claimed, "token")
            .with_columns(owed=pl.col("household" if self.facts.per == "household" else "token"))
            .pipe(_beside, self.facts.kept, "owed")
        )
        homes = laid["household"] if self.facts.per == "household" else laid["household"].clear(laid.height)
        found = laid.with_columns(home_line=self._homes.note(homes, laid["line"])).with_columns(
            condition.fill_null(value=False).alias(code) for code, condition in conditions.items()
        )
        codes = list(conditions)
        if self.facts.caps_of_homes:
            found = self._within(found, codes)
            codes.extend(self.facts.caps_of_homes)
        held = (
            found.with_columns(clean=~pl.any_horizontal(*codes))
            # 128 bits, so that no file of huge amounts can wrap the sum around
            .with_columns(free=(pl.col("amount_fen") - pl.col("kept_fen").fill_null(0)).clip(lower_bound=0))
            .with_columns(running=pl.when("clean").then(pl.col("free")).otherwise(0).cast(pl.Int128).cum_sum())
            .with_columns(running=pl.col("running") + pl.lit(self._running_fen, pl.Int128))
            .with_columns(
                money_not_there=pl.col("clean") & (pl.col("free") > 0) & (pl.col("running") > self.facts.available_fen)
            )
            .with_columns(good=pl.col("clean") & ~pl.col("money_not_there"))
        )
        codes.append("money_not_there")
        good = held.filter("good").select(
            *("line", "household", "household_region", "token", "name", "id_number", "card", "amount_fen"),
            cum_fen=pl.col("amount_fen").cum_sum() + self.total_fen,
        )
        bad = held.filter(~pl.col("good"))
        self._running_fen = int(held["running"][-1]) if held.height else self._running_fen
        self.rows_good += good.height
        self.rows_bad += bad.height
        self.total_fen += int(good["amount_fen"].sum())
        self.by_reason.update({code: n for code in codes if (n := int(bad[code].sum()))})
        return Judged(good, list(_explained(bad, codes, self.facts)))

    def _within(self, found: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
        """The rows with whether each goes beyond a cap of its household (`Facts.caps_of_homes`).

        Also what the household has got before it: in the year (`home_fen`), by this roster (`roster_fen`), and of the
        entitlement by all (`entitled_fen`). Row by row, since only a row that is accepted uses up the caps of the rows
        of its household after it. A cap that the amount alone is over is told of the amount.
        """
        caps, before = self.facts.caps_of_homes, {name: list[int]() for name in _GOT}
        over: dict[str, list[bool]] = {code: [] for code in caps}
        # a column is missing where nothing was asked of others
        found = found.with_columns(pl.lit(0).alias(name) for name in _BY_OTHERS if name not in found.columns)
        faulty = found.select(pl.any_horizontal(*codes)).to_series()
        for home, fen, year_fen, entitled_fen, bad in zip(
            found["household"], found["amount_fen"], found["home_fen"], found["entitled_fen"], faulty, strict=True
        ):
            listed = self._home_fen.get(home, 0)
            got = {
                "home_fen": (year_fen or 0) + listed,
                "roster_fen": listed,
                "entitled_fen": entitled_fen + listed if entitled_fen else 0,
            }
            beyond = {
                code: home is not None and got[name] + (fen or 0) > cap and (got[name] > 0 or name == "home_fen")
                for code, (name, cap) in caps.items()
            }
            for name, fen_before in got.items():
                before[name].append(fen_before)
            for code, is_beyond in beyond.items():
                over[code].append(is_beyond)
            if home is not None and not any(beyond.values()) and not bad:
                self._home_fen[home] = listed + fen
        return found.with_columns(
            *(pl.Series(name, values, dtype=pl.Int64) for name, values in before.items()),
            *(pl.Series(code, values, dtype=pl.Boolean) for code, values in over.items()),
        )


def _beside(rows: pl.DataFrame, others: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows with what `others` tell of their key; mostly nothing, and then no column is laid out anew."""
    if others.height:
        return rows.join(others, on=key, how="left", maintain_order="left")
    return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in others.schema.items() if name != key)


def _explained(bad: pl.DataFrame, codes: list[str], facts: Facts) -> Iterator[Rejected]:
    if not bad.height:
        return
    for row in bad.with_columns(columns.tidy(pl.col("village"))).iter_rows(named=True):
        yield Rejected(
            line=row["line"],
            reasons=[reason(code, _figures(code, row, facts)) for code in codes if row[code]],
            printed={name: row[name] for name in ("name", "id_number", "card", "village", "amount")},
        )


def _figures(code: str, row: Mapping[str, Any], facts: Facts) -> dict[str, int | str]:
    """The figures of one reason; no figure is taken from a person's cells but the amount and the length of a number."""
    cap = facts.cap
    return {
        "id_malformed": {"characters_n": len(row["id_number"] or "")},
        "amount_not_positive": {"amount_fen": row["amount_fen"]},
        "household_removed": {"removed_on": str(row["removed_on"]), "document": row["removal"] or ""},
        "moved_away": {"moved_on": str(row["moved_on"]), "region_code": row["household_region"] or "县外"},
        "not_member_then": {
            "effective_on": str(facts.effective_on),
            **({"joined_on": str(row["joins_on"])} if row["joins_on"] else {}),
            **({"left_on": str(row["left_on"])} if row["left_on"] else {}),
        },
        "duplicate_household": {"first_line": row["home_line"]},
        "outside_township": {"region_code": facts.region},
        "duplicate_in_file": {"first_line": row["first_line"]},
        "already_paid": {"entitlement": facts.entitlement, "status": row["status"]},
        "over_household_cap": {"amount_fen": row["amount_fen"], "cap_fen": cap.number, "source": cap.source}
        if cap
        else {},
        "over_household_cap_together": {
            "roster_fen": row.get("roster_fen", 0),
            "amount_fen": row["amount_fen"],
            "cap_fen": cap.number,
            "source": cap.source,
        }
        if cap
        else {},
        "over_household_cap_with_others": {
            "entitled_fen": row.get("entitled_fen", 0),
            "amount_fen": row["amount_fen"],
            "cap_fen": cap.number,
            "source": cap.source,
        }
        if cap
        else {},
        **_year_figures(code, row, facts),
        "money_not_there": {"running_fen": row["running"], "available_fen": facts.available_fen},
    }.get(code, {})


def _year_figures(code: str, row: Mapping[str, Any], facts: Facts) -> dict[str, dict[str, int | str]]:
    if code in _CAPS:
        rule, sum_name = _CAPS[code]
        cap = facts.year_cap(rule)
        figures = {"year_fen": row[sum_name] or 0, "amount_fen": row["amount_fen"]}
        return {code: {**figures, "cap_fen": cap.number, "source": cap.source}} if cap else {}
    if code in _EXCLUSIONS:
        rule, fund_name = _EXCLUSIONS[code]
        fund = row[fund_name]
        return {code: {"other_fund": fund, "source": facts.exclusive(rule)[fund].source}}
    return {}


# What a household has got before a row, by the column; the two that come from other batches.
_BY_OTHERS: Final = ("home_fen", "entitled_fen")
_GOT: Final = ("roster_fen", *_BY_OTHERS)
# Reason → the term behind it, and the column that has its figure.
_CAPS: Final = {
    "over_fund_year_cap": (FundRule.PERSON_CAP, "year_fen"),
    "over_household_year_cap": (FundRule.HOUSEHOLD_CAP, "home_fen"),
}
_EXCLUSIONS: Final = {
    "exclusive_fund": (FundRule.EXCLUSIVE_WITH, "other_fund"),
    "household_exclusive_fund": (FundRule.HOUSEHOLD_EXCLUSIVE_WITH, "home_fund"),
}
