"""A rule that says more than it said: older flags are told by their own version, and nobody is asked anything again."""

from __future__ import annotations

from datetime import date

import httpx
import pytest

from services.funds_api.flags.rules.catalogue import RULES, VERSIONS
from tests.callers import funds_caller
from tests.funds_api.asked import flags_of
from tests.funds_api.desk import Desk
from tests.funds_api.rules.test_runs import daily


async def last_run(desk: Desk) -> dict[str, int]:
    runs = (await funds_caller(desk.http, "inspector", desk.county).get("/funds/v1/rule-runs")).json()["items"]
    [told] = runs[0]["rules"]
    return {name: told[name] for name in ("rule_version", "hits_n", "new_n")}


async def test_a_new_version_goes_on_from_the_former_and_tells_only_its_own_flags(
    funds_http: httpx.AsyncClient, county: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400,000 fen rest since 1 March and 600,000 since 1 April; 180 days after, the one and then the other is idle."""
    desk = await Desk(funds_http, county).open()
    with monkeypatch.context() as then:
        then.setitem(RULES, "I01", VERSIONS["I01", 2])
        await daily(desk, date(2017, 8, 27), "I01")
        assert await flags_of(funds_http, county, "I01") == []
        await daily(desk, date(2017, 8, 29), "I01")
        assert await last_run(desk) == {"rule_version": 2, "hits_n": 1, "new_n": 1}
    [former] = await flags_of(funds_http, county, "I01")
    await daily(desk, date(2017, 9, 29), "I01")
    assert await last_run(desk) == {"rule_version": 3, "hits_n": 1, "new_n": 1}, "what was asked about is not looked at"
    flags = {flag["rule_version"]: flag for flag in await flags_of(funds_http, county, "I01")}
    assert flags[2] == former
    assert former["explanation"].endswith("已闲置 181 天，超过提示线 180 天")
    assert flags[3]["explanation"].endswith("已闲置 181 天，超过提示线 180 天，请核实")
    inspector = funds_caller(funds_http, "inspector", county)
    for flag in flags.values():
        again = (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()
        assert (again["same"], again["explanation"]) == (True, flag["explanation"])
        assert again["rule_version"] == flag["rule_version"]
