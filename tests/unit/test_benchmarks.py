"""The frame of the benchmarks: what a result says and keeps, what a bar decides, and how a name is looked up."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks.result import Bar, Result, Skipped, quantile, spread

FOUND = Result(name="sample", ours=6.0, limit=2.0, unit="s", runs=3, what="ours", beside="limit", bar=Bar("ratio", 5))


def test_a_result_keeps_its_figures_its_bar_and_the_machine(tmp_path: Path) -> None:
    kept = json.loads(replace(FOUND, ours=10 / 3).write(tmp_path / "bench").read_text("utf-8"))
    assert {name: kept[name] for name in ("name", "ours", "limit", "ratio", "unit", "runs")} == {
        "name": "sample",
        "ours": 3.333,
        "limit": 2.0,
        "ratio": 1.667,
        "unit": "s",
        "runs": 3,
    }
    assert kept["bar"] == {"of": "ratio", "at_most": 5}
    assert kept["met"] is True
    assert {"cores", "python", "date", "load_1min"} <= set(kept["machine"])


@pytest.mark.parametrize(
    ("bar", "met"),
    [
        (None, None),
        (Bar("ratio", 3), True),
        (Bar("ratio", 2.9), False),
        (Bar("ours", 6), True),
        (Bar("ours", 5.9), False),
        (Bar("ratio", at_least=3), True),
        (Bar("ratio", at_least=3.1), False),
        (Bar("ours", at_most=7, at_least=6), True),
    ],
)
def test_a_bar_is_kept_up_to_and_including_its_figure(bar: Bar | None, met: bool | None) -> None:
    assert replace(FOUND, bar=bar).met is met


def test_a_ceiling_of_a_detail_is_part_of_the_bar() -> None:
    found = replace(FOUND, bar=Bar("ratio", 3), details={"rss_mb": 600}, ceilings={"rss_mb": 600})
    assert found.met is True
    assert replace(found, details={"rss_mb": 601}).met is False
    assert "rss_mb（601）≤ 600：未达到" in bench._bar(replace(found, details={"rss_mb": 601}))


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [float(one) for one in range(1, 101)]
    assert (quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1.0)) == (50.0, 95.0, 100.0)
    assert quantile([7.0], 0.01) == 7.0
    assert spread([0.001, 0.002, 0.003])["p50_ms"] == 2.0


def test_every_name_can_be_run_and_an_unknown_one_ends_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    for name in bench.NAMES:
        assert callable(importlib.import_module(f"benchmarks.{name}").run)
    assert bench.main(["nothing_like_it"]) == 2
    shown = capsys.readouterr().out
    assert all(name in shown for name in bench.NAMES)


def test_a_missed_bar_fails_only_when_asked_strictly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    missed = replace(FOUND, name="roster_check", bar=Bar("ratio", 1))
    monkeypatch.setattr("benchmarks.roster_check.run", lambda: missed)
    assert bench.main(["roster_check"]) == 0
    assert bench.main(["roster_check", "--strict"]) == 1
    assert json.loads((tmp_path / "roster_check.json").read_text("utf-8"))["met"] is False


def test_a_rate_is_bounded_below(tmp_path: Path) -> None:
    kept = json.loads(replace(FOUND, bar=Bar("ratio", at_least=4)).write(tmp_path).read_text("utf-8"))
    assert (kept["bar"], kept["met"]) == ({"of": "ratio", "at_least": 4}, False)


def test_what_cannot_be_compared_here_is_skipped_and_says_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    monkeypatch.delenv("QINGLIU_PGLEDGER_SQL", raising=False)
    for name in ("pgledger_http", "pgledger_set"):
        found = importlib.import_module(f"benchmarks.{name}").run()
        assert isinstance(found, Skipped)
        assert bench.main([name, "--strict"]) == 0
        assert "QINGLIU_PGLEDGER_SQL" in json.loads((tmp_path / f"{name}.json").read_text("utf-8"))["skipped"]
        assert f"skipped {name}" in capsys.readouterr().out
