"""The error catalogue of funds_api by noun: exception class → slug, status, Chinese title, what to do next."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api.problems import files, money, orders, payments, people, places, policies, projects, rules

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    kind: problem
    for noun in (places, policies, money, orders, files, payments, people, projects, rules)
    for kind, problem in noun.CATALOGUE.items()
}
