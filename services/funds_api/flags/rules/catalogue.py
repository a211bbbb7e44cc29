"""Every rule in force, by code."""

from __future__ import annotations

from typing import Final

from services.funds_api.flags.rules import i01_idle, r19_handed_down_late
from services.funds_api.flags.rules.rule import Rule

RULES: Final[dict[str, Rule]] = {rule.code: rule for rule in (r19_handed_down_late.RULE, i01_idle.RULE)}
