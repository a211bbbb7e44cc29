"""docs/problems.md and the error catalogues say the same: one section per slug, and every refusal speaks Chinese."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chassis import journal
from chassis.intake import TOO_LARGE
from chassis.problems import Problem, figures_of
from chassis.service import CHASSIS_PROBLEMS, EVERYWHERE
from services.audit_api.findings.existing import Named, Oversized, Spread
from services.audit_api.problems import CATALOGUE as AUDIT
from services.funds_api.funds import judge
from services.funds_api.lots.refusals import Follower
from services.funds_api.problems import CATALOGUE as FUNDS
from services.gateway import problems as gateway
from treasury.policy import Basis

PAGE = Path(__file__).parents[2] / "docs" / "problems.md"
CATALOGUES: Mapping[str, Mapping[type[Exception], Problem]] = {
    "chassis": EVERYWHERE,
    "funds_api": FUNDS,
    "audit_api": AUDIT,
    "gateway": gateway.CATALOGUE,
}
REFUSALS = sorted(
    {
        *(kind for catalogue in CATALOGUES.values() for kind in catalogue),
        *(journal.KeyMissing, journal.KeyReused, journal.InFlight),
    },
    key=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
)
TERM = judge.Term(
    fund_code="F",
    fiscal_year=2017,
    region="42",
    valid_from=date(2017, 1, 1),
    document="文",
    rule=judge.FundRule.BARRED_USES,
    value=("wage",),
    on_breach=judge.OnBreach.REFUSE,
    source="第八条",
    basis=Basis.LAW,
)
# What stands in a figure of each type, so that any refusal can be built and asked what it says.
SAMPLES: Mapping[str, Any] = {
    "int": 7,
    "int | None": 7,
    "float": 7.0,
    "bool": True,
    "str": "issued",
    "date": date(2017, 11, 30),
    "date | None": date(2017, 11, 30),
    "str | None": "issued",
    "list[int]": [2, 3],
    "list[str]": ["inspector"],
    "dict[str, int]": {"019a0000-0000-7000-8000-000000000001": 7},
    "list[Breach]": judge.judge(
        judge.Facts(kind="pay", fund_code="F", fiscal_year=2017, amount_fen=7, use="wage"), [TERM]
    ),
    "list[tuple[Term, Term]]": [(TERM, TERM)],
    "list[Named]": [Named(2, "batch", "019a0000-0000-7000-8000-000000000001", 7)],
    "list[Oversized]": [Oversized(2, "loan", "019a0000-0000-7000-8000-000000000001", None, 8, 7)],
    "list[Spread]": [Spread(2, "movement", "019a0000-0000-7000-8000-000000000001", None, 1001)],
    "list[Follower]": [Follower("019a0000-0000-7000-8000-000000000001", "pay", "文", date(2017, 11, 30), 7)],
}


def problems() -> list[Problem]:
    """Every problem any service can answer with, those outside an exception catalogue included."""
    own = [one for _, one in inspect.getmembers(gateway) if isinstance(one, Problem)]
    listed = [problem for catalogue in CATALOGUES.values() for problem in catalogue.values()]
    return [*CHASSIS_PROBLEMS, TOO_LARGE, *listed, *own]


def sections() -> dict[str, str]:
    """The sections of the page by slug, in the form in which the gateway serves them."""
    found = re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found, "no section was found"
    assert len(found) == len(dict(found)), "a slug has two sections"
    return dict(found)


def built(kind: type[Exception]) -> Exception:
    """A refusal of this kind with sample figures."""
    if dataclasses.is_dataclass(kind):
        return kind(**{one.name: SAMPLES[str(one.type)] for one in dataclasses.fields(kind)})
    wanted = [name for name in inspect.signature(kind.__init__).parameters if name not in {"self", "args", "kwargs"}]
    return kind(*("sample" for _ in wanted))


def says_something(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_every_slug_has_a_section_and_every_section_a_slug() -> None:
    slugs = {problem.slug for problem in problems()}
    assert len(slugs) > 50, "the walk over the catalogues found too few"
    assert set(sections()) == slugs


def test_a_section_tells_status_title_figures_and_what_to_do() -> None:
    told = sections()
    for problem in problems():
        text = told[problem.slug]
        assert f"`{problem.status}` · {problem.title} · " in text, f"{problem.slug}: status or title differ"
        for part in ("Figures: ", "如何处理：", "What to do: "):
            assert part in text, f"{problem.slug}: no “{part.strip()}”"


def test_one_slug_means_one_thing() -> None:
    """Two services may share a slug only if it has the same status and title everywhere."""
    meanings: dict[str, set[tuple[int, str]]] = {}
    for problem in problems():
        meanings.setdefault(problem.slug, set()).add((problem.status, problem.title))
    assert {slug: told for slug, told in meanings.items() if len(told) > 1} == {}


@pytest.mark.parametrize("problem", problems(), ids=lambda one: one.slug)
def test_title_and_advice_are_chinese(problem: Problem) -> None:
    assert says_something(problem.title)
    assert says_something(problem.advice)


def test_the_walk_over_refusals_finds_them() -> None:
    assert len(REFUSALS) > 50


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__qualname__)
def test_every_refusal_says_in_chinese_what_happened(kind: type[Exception]) -> None:
    """`str(refusal)` is the `detail` an official reads; without a __str__ of its own it would be a tuple of figures."""
    assert says_something(str(built(kind)))


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__qualname__)
def test_every_figure_is_named_in_its_section(kind: type[Exception]) -> None:
    """A client that reads `figures` finds each name on the line of figures."""
    catalogue = next((one for one in CATALOGUES.values() if kind in one), None)
    figures = figures_of(built(kind))
    if catalogue is not None and figures:
        line = re.search(r"^Figures: .*$", sections()[catalogue[kind].slug], re.MULTILINE)
        assert line is not None
        assert set(figures) <= set(re.findall(r"`([^`]*)`", line[0]))
