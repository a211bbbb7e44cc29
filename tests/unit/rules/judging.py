"""Values and a way back for tests of rules: a policy of given numbers, and a flag's facts kept and judged again."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from services.funds_api.flags.rules.kept import kept, restored
from services.funds_api.flags.rules.rule import Facts, Policy, Rule, Verdict
from treasury.policy import Basis, PolicyValue

COUNTY = "990001"
NOBODY = UUID(int=0)

# Rules whose sentence ends in asking to look; others ask for something of their own (请核实由谁领取).
ASKING = frozenset({"R08", "R14", "R15", "R17", "R18", "R19", "R21", "R22", "R23", "R24", "R25"})


def value(key: str, number: Any, since: date = date(2015, 1, 1), region: str = "00") -> PolicyValue:
    return PolicyValue(key, region, since, number, f"{key} 的依据", Basis.LAW)


def policy(**numbers: Any) -> Policy:
    """A policy of these keys; `__` stands for the dot of a key."""
    return Policy([value(key.replace("__", "."), number) for key, number in numbers.items()], COUNTY)


def judged(rule: Rule, facts: Facts, by: Policy) -> Verdict | None:
    """The verdict, after the facts and the values went through what a flag keeps: it must be the same.

    A sentence of a red flag asks; only a person answers it.
    """
    verdict: Verdict | None = rule.judge(facts, by)
    assert verdict is None or rule.code not in ASKING or verdict.explanation.endswith("，请核实")
    again = restored(rule.facts, json.loads(json.dumps(kept(facts))))
    assert again == facts
    used = Policy(verdict.policy, by.county) if verdict else by
    assert rule.judge(again, used) == verdict, "judged again by what a flag keeps, the verdict differs"
    return verdict
