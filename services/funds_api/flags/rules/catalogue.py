"""Every rule, by code: the version in force, and the former ones, by which older flags are judged again.

A file `r01_….py` or `i01_….py` in this folder is a rule. It has `RULE`, and may have `FORMER` (older versions, kept for
ever: flags name them) and `DRAFT` (a version that is only tried on history).
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from re import fullmatch
from types import ModuleType
from typing import Final

from services.funds_api.flags import rules
from services.funds_api.flags.rules.rule import Rule


def _modules() -> list[ModuleType]:
    names = sorted(one.name for one in iter_modules(rules.__path__) if fullmatch(r"[a-z]\d\d_\w+", one.name))
    return [import_module(f"{rules.__name__}.{name}") for name in names]


_FOUND: Final = _modules()
RULES: Final[dict[str, Rule]] = {one.RULE.code: one.RULE for one in _FOUND}
DRAFTS: Final[dict[str, Rule]] = {draft.code: draft for one in _FOUND if (draft := getattr(one, "DRAFT", None))}
VERSIONS: Final[dict[tuple[str, int], Rule]] = {
    (rule.code, rule.version): rule for one in _FOUND for rule in (one.RULE, *getattr(one, "FORMER", ()))
}
