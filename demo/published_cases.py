"""What each published finding, case and loan figure would have raised, told as `docs/published-cases.md`.

The judgement is by hand and stands in `data/published-cases.csv`, one row for each published row; amounts are as they
were published. `python -m demo.published_cases` prints the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from demo.files import rows

VERDICTS: Final = ("raised", "nearby", "none")
SOURCES: Final = (
    ("Audit findings", "audit_findings.csv", "finding_id"),
    ("Discipline cases", "discipline_cases.csv", "case_id"),
    ("Microloan figures", "microloans.csv", "loan_id"),
)
_OPENING: Final = """# Published findings and cases: which rule would have asked

For each of the {total} published rows in `data/published/` (audit findings, anonymised discipline cases, microloan
figures): which rule would have raised it, with the data it needs, or why no data in the system could. Judged by hand,
row by row, in `data/published-cases.csv`; `python -m demo.published_cases` prints this page. What the codes ask is
told in [rules.md](rules.md); B-codes are the terms of a fund (`services/funds_api/funds/judge.py`).

- **raised**: given the data named, the rule asks about this very money or person (or the ledger refuses it).
- **nearby**: a rule points at the neighbourhood, or at a part of it, or only where papers say what was true.
- **none**: no data in the system could, or there is nothing to ask.

Nobody can try this on the published money itself: the rows under these findings were never published. What is claimed
is the kind of the finding, not its figure; *raised* says that the question is asked, not that the answer is known.

"""


def judged() -> dict[str, dict[str, str]]:
    """The judgement of each published row, by its id."""
    return {row["id"]: row for row in rows("published-cases.csv")}


def published() -> dict[str, dict[str, dict[str, str]]]:
    """The published rows of each source, by file and id."""
    return {file: {row[key]: row for row in rows("published", file)} for _, file, key in SOURCES}


def codes(row: Mapping[str, str]) -> list[str]:
    return row["rules"].split(";") if row["rules"] else []


def yuan_of(row: Mapping[str, str]) -> int | None:
    """What was found, in yuan; None where no amount was published, and for loans, which are volumes and no findings."""
    told = row.get("amount_wan", "")
    return int(Decimal(told) * 10_000) if told else None


def page() -> str:
    """The whole page."""
    found = published()
    judgements = judged()
    total = sum(len(one) for one in found.values())
    parts = [_OPENING.format(total=total), _summary(found, judgements)]
    for heading, file, _ in SOURCES:
        parts.append(_table(heading, found[file], judgements))
    return "".join(parts)


def _summary(found: Mapping[str, Mapping[str, Mapping[str, str]]], judgements: Mapping[str, Mapping[str, str]]) -> str:
    lines = ["## Summary", "", "| source | rows | raised | nearby | none |", "|---|---|---|---|---|"]
    sums: Counter[str] = Counter()
    by_rule: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for heading, file, _ in SOURCES:
        counted = Counter(judgements[one]["verdict"] for one in found[file])
        totals.update(counted)
        lines.append(_cells(heading, len(found[file]), *(counted[verdict] for verdict in VERDICTS)))
        for name, row in found[file].items():
            judgement = judgements[name]
            by_rule.update((code, judgement["verdict"]) for code in codes(judgement))
            if (yuan := yuan_of(row)) is not None and not judgement["not_added"]:
                sums[judgement["verdict"]] += yuan
    lines.append(_cells("all", sum(totals.values()), *(totals[verdict] for verdict in VERDICTS)))
    lines.append(
        _cells(
            "yuan that may be added",
            *(f"{n:,}" for n in (sum(sums.values()), *(sums[verdict] for verdict in VERDICTS))),
        )
    )
    lines += [
        "",
        "Yuan are added where a row has an amount that lies in no other row: parts (属…之内) and totals of rows that",
        "are here, what was rectified, the same amount told twice, and money of no fund are left out (last column),",
        "and loans, which are volumes and no findings. Two audits may have met the same money; nothing published says",
        "so.",
        "",
        "| rule | rows raised | rows nearby |",
        "|---|---|---|",
    ]
    named = sorted({code for code, _ in by_rule})
    lines += [_cells(code, by_rule[code, "raised"], by_rule[code, "nearby"]) for code in named]
    return "\n".join(lines) + "\n"


def _table(heading: str, found: Mapping[str, Mapping[str, str]], judgements: Mapping[str, Mapping[str, str]]) -> str:
    lines = [
        "",
        f"## {heading}",
        "",
        "| id | found | 万元 | verdict | rules | needs | why, or what it cannot see | not added because |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in found.items():
        one = judgements[name]
        why = (
            f"no data in the system could: {one['why']}" if one["verdict"] == "none" and not _idle(one) else one["why"]
        )
        amount = row.get("amount_wan", "")
        lines.append(
            _cells(
                *(name, one["found"], amount, one["verdict"], ", ".join(codes(one)), one["needs"], why),
                one["not_added"],
            )
        )
    return "\n".join(lines) + "\n"


def _idle(one: Mapping[str, str]) -> bool:
    """Nothing was wrong, so nothing could be asked."""
    return one["why"].startswith(("nothing to ask", "what was put right"))


def _cells(*cells: object) -> str:
    return "| " + " | ".join(str(one) for one in cells) + " |"


if __name__ == "__main__":
    print(page(), end="")
