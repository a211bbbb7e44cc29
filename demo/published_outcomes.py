"""The published discipline cases as leads with an outcome, told as `docs/published-outcomes.md`: classes, no names.

Which of the four forms a case made use of was judged by hand from its notice, by the gravest thing told there
(`data/published-outcomes.csv`); the data keeps neither place nor post, and no lead what was done to whom.
`python -m demo.published_outcomes` prints the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from demo.files import rows

FORMS: Final = {
    "first": "第一种形态（红脸出汗）",
    "second": "第二种形态（轻处分、组织调整）",
    "third": "第三种形态（重处分）",
    "fourth": "第四种形态（立案审查、移送司法）",
    "untold": "通报未载明",
}
_OPENING: Final = """# Published discipline cases as leads

The {total} cases of `data/published/discipline_cases.csv`, as an office would enter them: a lead about a unit, checked,
with an outcome and its form (四种形态) drawn up by one member and approved by another. The form was judged by hand from
the notice, by the gravest thing it tells (`data/published-outcomes.csv`); the source is by who published (with an audit
office: `audit_transfer`, else `inspection`). `python -m demo.published_outcomes` prints this page, and
`tests/audit_api/test_published_outcomes.py` enters all through the API. What was done to a person is in no lead, nor
anybody's name, place or post; how many persons and how much money a notice tells stands beside, as published: a lead
keeps neither.

"""


def judged() -> dict[str, dict[str, str]]:
    """The classes of each published case, by its id."""
    return {row["id"]: row for row in rows("published-outcomes.csv")}


def published() -> dict[str, dict[str, str]]:
    """The published cases, by id."""
    return {row["case_id"]: row for row in rows("published", "discipline_cases.csv")}


def lead_of(case: Mapping[str, str], source: str, county: str, received_on: str, members: list[str]) -> dict[str, Any]:
    """A case as it is entered."""
    unit = f"公开通报 {case['case_id']} 涉及单位"
    return {
        "source": source,
        "subject_unit_id": str(uuid5(NAMESPACE_URL, unit)),
        "subject_unit_name": unit,
        "subject_region_code": county,
        "matter": f"{case['issuer_level']}通报：{case['violation_type']}",
        "received_on": received_on,
        "members": members,
    }


def page() -> str:
    """The whole page."""
    classes, cases = judged(), published()
    counted = Counter(one["form"] for one in classes.values())
    lines = ["| form | cases |", "| --- | --- |"]
    lines += [f"| `{form}` {name} | {counted[form]} |" for form, name in FORMS.items()]
    lines += [f"| all | {counted.total()} |", ""]
    lines += ["| case | published by | about | source | form | persons | 万元 |", "| --- " * 7 + "|"]
    for case_id, case in cases.items():
        told = [case["issuer_level"], case["violation_type"], classes[case_id]["source"], classes[case_id]["form"]]
        told += [case[name] or "—" for name in ("persons_n", "amount_wan")]
        lines.append(f"| {case_id} | " + " | ".join(told) + " |")
    return _OPENING.format(total=len(cases)) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
