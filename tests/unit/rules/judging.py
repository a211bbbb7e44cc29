"""Values and a way back for tests of rules: a policy of given numbers, and a flag's facts kept and judged again."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any
from uuid import UUID

from services.funds_api.flags.rules.kept import kept, restored
from services.funds_api.flags.rules.rule import Facts, Policy, Rule, Verdict
from treasury.policy import Basis, PolicyValue

COUNTY = "990001"
NOBODY = UUID(int=0)

# Every sentence ends in asking to look, or in what to look for (请核实由谁领取): a flag is a question.
ASKING = re.compile(r"，请核实[^，。；]*$")


def value(key: str, number: Any, since: date = date(2015, 1, 1), region: str = "00") -> PolicyValue:
    return PolicyValue(key, region, since, number, f"{key} 的依据", Basis.LAW)


def policy(**numbers: Any) -> Policy:
    """A policy of these keys; `__` stands for the dot of a key."""
    return Policy([value(key.replace("__", "."), number) for key, number in numbers.items()], COUNTY)


def judged(rule: Rule, facts: Facts, by: Policy) -> Verdict | None:
    """The verdict, after the facts and the values went through what a flag keeps: it must be the same.

    Its sentence asks; only a person answers it.
    """
    verdict: Verdict | None = rule.judge(facts, by)
    assert verdict is None or ASKING.search(verdict.explanation), verdict.explanation
    again = restored(rule.facts, json.loads(json.dumps(kept(facts))))
    assert again == facts
    used = Policy(verdict.policy, by.county) if verdict else by
    assert rule.judge(again, used) == verdict, "judged again by what a flag keeps, the verdict differs"
    return verdict
