"""A rule's doubt about itself: what it hits is held against what it looked at. Pure."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.funds_api.flags.rules.rule import Policy, Rule
from treasury.policy import in_force

SHARE: Final = "rule_share_warn_ppm"
ONE: Final = 1_000_000


def implausible(policy: Policy, day: date, rule: Rule, hits: int, looked: int) -> str | None:
    """What a rule says about itself when it hits more than the share of what it looks at that is plausible.

    Just the share is plausible. Money at rest is not judged so: that much of it sits too long is the finding, and not a
    doubt.
    """
    most = in_force(policy.values, SHARE, policy.county, day)
    if most is None or rule.lines is not None or looked == 0 or hits * ONE <= looked * most.number:
        return None
    return (
        f"命中 {hits} 个，占所看 {looked} 个的 {hits * 100 / looked:.1f}%，超过 {most.number * 100 / ONE:.1f}%，"
        "规则或其数据可能不准，请先抽查再逐条处理"
    )
