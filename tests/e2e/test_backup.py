"""A backup and what it gives back: the same figures, readable people, the same logins; and what it refuses."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from chaos.county import DECIDED_ON, FUND, MOVED_ON, SEEN_ON, STOPPED_UNTIL, TOWNSHIPS, County, found
from chaos.discipline import made
from chaos.storm import followed
from demo.client import Caller
from demo.county import COUNTY
from deploy.onebox import archive, backup, restore
from deploy.onebox.archive import ArchiveBroken, evidence_files, keys_beside
from deploy.onebox.installation import Installation, InUse, Refused, unpack_script
from deploy.onebox.logins import BANK, FIRST_PEOPLE
from deploy.onebox.postgres import PostgresFailed
from deploy.onebox.secrecy import Secrets
from deploy.onebox.stack import Stack
from deploy.onebox.up import register
from services.audit_api.record.memory import Memory
from services.audit_api.record.notes import checkpoint
from tests.callers import LOG

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture(scope="module")
def places() -> Iterator[Path]:
    """A folder that the server's own uid may pass through, as an installation's is."""
    folder = Path(tempfile.mkdtemp(prefix="qingliu-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def _paid(stack: Stack, http: httpx.Client, county: County) -> str:
    """One approved roster, which was on show and objected to; the id of the batch."""
    town = TOWNSHIPS[1]
    clerk = Caller.person(http, town.clerk, stack.password(town.clerk))
    order = {
        "account_id": county.offices[town.region],
        "fund_code": "zyfp",
        "entitlement": "备份奖补",
        "document": "备份发放",
        "effective_on": "2017-04-20",
    }
    batch = f"/funds/v1/payment-batches/{clerk.post('/funds/v1/payment-batches', order)['id']}"
    clerk.send_file("PUT", f"{batch}/roster", "名册.csv", county.rosters[town.region], "text/csv")
    clerk.post(f"{batch}/publications", {"document": "备份公示", "place": "村务公开栏", "from_on": MOVED_ON})
    clerk.post(f"{batch}/objections", {"raised_on": MOVED_ON, "line": 2, "text": "备份异议"})
    reviewer = Caller.person(http, town.reviewer, stack.password(town.reviewer))
    return str(reviewer.post(f"{batch}/approval", {})["batch"]["id"])


def _asked(stack: Stack, http: httpx.Client, county: County) -> None:
    """A list, a stopped clock, a run of all rules with a decision on one of its flags, and the alerts they became."""
    inspector = Caller.person(http, "jiwei", stack.password("jiwei"))
    people = [line.household.id_number for line in county.lines[TOWNSHIPS[1].region]]
    path = "/funds/v1/comparison-lists/car/versions?source=备份&document=备份名单"
    inspector.send_file("POST", path, "名单.csv", made(county.exchange_key, "car", people).encode(), "text/csv")
    stop = {
        "kind": "court_freeze",
        "document": "备份裁定",
        "reason": "备份",
        "from_on": MOVED_ON,
        "limit_on": STOPPED_UNTIL,
    }
    clerk = Caller.person(http, "caizheng", stack.password("caizheng"))
    clerk.post("/funds/v1/clock-stops", {**stop, "account_id": county.treasury, "fund_code": FUND})
    run = inspector.run_rules(SEEN_ON)
    flag = inspector.get("/funds/v1/flags", as_of=SEEN_ON, run=run["id"])["items"][0]["id"]
    decision = {"outcome": "confirmed", "reason": "备份", "document": "备份核查", "decided_on": DECIDED_ON}
    inspector.post(f"/funds/v1/flags/{flag}/outcome", {**decision, "recovered_fen": 1})
    behind: list[str] = []
    asyncio.run(followed(stack.database_urls["admin"], behind))
    assert behind == []


def _seen(stack: Stack, http: httpx.Client, batch: str) -> list[Any]:
    """What people read: the money, and payees whose names have to be decrypted first."""
    inspector = Caller.person(http, "jiwei", stack.password("jiwei"))
    payments = inspector.get("/funds/v1/payments", batch=batch, as_of=SEEN_ON)["items"]
    assert payments
    assert all(one["name"] for one in payments)
    return [payments, inspector.get("/funds/v1/tranches", as_of=SEEN_ON)["items"]]


def _questions_are_told(figures: dict[str, Any]) -> None:
    """Every table of what is asked has its count and sums, and those that have to be one are."""
    told = {name.rpartition(" ")[2]: value for name, value in figures.items() if name.startswith(f"县 {COUNTY} ")}
    for name in ("runs", "flags", "warnings", "stopped_lots", "stop_days", "list_entries", "outcomes", "publications"):
        assert told[name] > 0, name
    assert (told["flags_of_runs"], told["fen_of_runs"]) == (told["run_new_flags"], told["run_new_fen"])
    assert (told["tallied_flags"], told["tallied_fen"]) == (told["run_new_flags"], told["run_new_fen"])
    assert (told["flags"], told["flagged_fen"]) == (told["alerts"], told["alerted_fen"])
    assert told["list_rows"] == told["list_entries"] == told["list_hits"]
    assert told["recovered_fen"] == told["confirmed"] == told["objections"] == told["stops"] == 1
    assert told["runs"] == told["runs_ended"] == 2  # the day's, and the one asked for
    # A day whatever fund, the same day of its fund and its month: three counters of one figure.
    assert told["period_fen"] == 3 * told["received_fen"]
    assert told["period_fen_days"] == 3 * told["fen_days"]
    assert told["period_charged_fen_days"] == 3 * told["charged_fen_days"]


@dataclass
class Kept:
    """An installation with a backup that was made while it ran, and what people read in it."""

    home: Path
    file: Path
    seen: list[Any]
    batch: str


@pytest.fixture(scope="module")
def kept(places: Path) -> Kept:
    home, file = places / "first", places / "out" / "first.tar"
    with (
        Stack(home=home, logins=FIRST_PEOPLE) as stack,
        httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as http,
    ):
        county = found(stack, http, scale=0.05)
        batch = _paid(stack, http, county)
        _asked(stack, http, county)
        name = hashlib.sha256(PDF).hexdigest()
        shelf = home / "evidence" / COUNTY / name[:2]
        shelf.mkdir(parents=True)
        (shelf / name).write_bytes(PDF)
        seen = _seen(stack, http, batch)
        register(stack)
        manifest = backup.make(Installation(home, None), file)
    told = {name: manifest.figures[f"县 {COUNTY} {name}"] for name in ("paid_fen", "spanned_fen", "moved_fen")}
    assert told["paid_fen"] == told["spanned_fen"] > 0
    kept = {manifest.figures[f"县 {COUNTY} {name}_fen"] for name in ("remaining", "counted", "entered", "month")}
    assert kept == {manifest.figures[f"县 {COUNTY} received_fen"]}
    assert manifest.figures[f"县 {COUNTY} fen_days"] == manifest.figures[f"县 {COUNTY} month_fen_days"] > 0
    assert manifest.figures[f"县 {COUNTY} charged_fen_days"] > 0
    assert manifest.evidence == 1
    _questions_are_told(manifest.figures)
    return Kept(home, file, seen, batch)


def test_a_backup_gives_back_the_same_figures_people_and_logins(places: Path, kept: Kept) -> None:
    second = places / "second"
    manifest, after = restore.put_back(Installation(second, None), kept.file)
    assert after == manifest.figures
    assert len(after) > 40
    console = Console(record=True, width=150)
    assert restore.show(console, manifest, after) == 0
    assert "全部一致" in console.export_text()
    assert [one.read_bytes() for one in evidence_files(second / "evidence")] == [PDF]
    with (
        Stack(home=second, logins=FIRST_PEOPLE) as stack,
        httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as http,
    ):
        assert _seen(stack, http, kept.batch) == kept.seen
        # The bank's secret was shown once, and came along with the keys; nobody registers the bank a second time.
        secret = stack.password(BANK.username)
        register(stack)
        assert stack.password(BANK.username) == secret
        assert Caller.system(http, BANK.username, secret).get("/funds/v1/treasury-orders")["items"] == []


def test_it_is_refused_over_data_unless_forced_and_the_old_keys_are_set_aside(places: Path, kept: Kept) -> None:
    third = places / "third"
    with Stack(home=third, logins=FIRST_PEOPLE), pytest.raises(InUse):
        restore.put_back(Installation(third, None), kept.file, force=True)
    with pytest.raises(Refused, match="FORCE=1"):
        restore.put_back(Installation(third, None), kept.file)
    own = (third / "keys.json").read_bytes()
    signed = Memory(third / "sealed.checkpoint")
    signed.keep(checkpoint(LOG, 7, bytes(32)))
    was = (7, bytes(32))
    manifest, after = restore.put_back(Installation(third, None), kept.file, force=True)
    assert after == manifest.figures
    assert [one.read_bytes() for one in third.glob("keys.before-*.json")] == [own]
    # The sealer does not hold the log of the backup against what it signed here before: somebody knows why.
    assert signed.recall() is None
    assert [Memory(one).recall() for one in third.glob("sealed.checkpoint.before-*")] == [was]
    # A backup of what does not run, of the same data: figure for figure the same.
    assert backup.make(Installation(third, None), places / "out" / "third.tar").figures == after


def test_a_restore_that_fails_leaves_what_was_there(places: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(dump: Path, script: Path) -> None:
        unpack_script(dump, script)
        whole = script.read_bytes()
        script.write_bytes(whole[: len(whole) // 2] + b";\nSELECT 1/0;\n")

    monkeypatch.setattr(restore, "unpack_script", cut)
    before = backup.make(Installation(kept.home, None), places / "out" / "before.tar").figures
    with pytest.raises(PostgresFailed):
        restore.put_back(Installation(kept.home, None), kept.file, force=True)
    assert backup.make(Installation(kept.home, None), places / "out" / "after.tar").figures == before


def test_a_difference_is_shown_and_fails(kept: Kept) -> None:
    with tempfile.TemporaryDirectory() as folder:
        manifest = archive.read(kept.file, Path(folder))
    name = f"县 {COUNTY} remaining_fen"
    after = {**manifest.figures, name: manifest.figures[name] - 1}
    console = Console(record=True, width=150)
    assert restore.show(console, manifest, after) == 1
    assert "1 项不同" in console.export_text()


def test_a_command_without_a_backup_says_how_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, places: Path
) -> None:
    home = places / "untouched"
    for asked in ([], [str(places / "none.tar")]):
        monkeypatch.setattr("sys.argv", ["restore", *asked, "--home", str(home)])
        assert restore.main() == 1
        said = capsys.readouterr().err
        assert "make restore FROM=" in said
        assert "Traceback" not in said
    assert not home.exists()


def test_secrets_are_for_the_owner_alone_and_never_in_the_backup(kept: Kept) -> None:
    keys = keys_beside(kept.file)
    for file in (kept.file, keys):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys.read_bytes() == (kept.home / "keys.json").read_bytes()
    kek = Secrets.kept(keys).kek.encode()
    assert kek not in kept.file.read_bytes()


def test_what_is_not_a_whole_backup_or_not_its_keys_is_refused(places: Path, kept: Kept) -> None:
    target = Installation(places / "fourth", None)
    whole = kept.file.read_bytes()
    broken = places / "out" / "broken.tar"
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveBroken):
        restore.put_back(target, broken, keys=keys_beside(kept.file))
    at = whole.index(b"PGDMP") + 5_000
    broken.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(ArchiveBroken, match="不完整"):
        restore.put_back(target, broken, keys=keys_beside(kept.file))
    with pytest.raises(Refused, match="密钥文件"):
        restore.put_back(target, kept.file, keys=places / "none")
    strange = places / "strange.keys"
    Secrets.drawn().keep(strange)
    with pytest.raises(Refused, match="不配套，未作任何更改"):
        restore.put_back(target, kept.file, keys=strange)
    strange.write_text("不是密钥")
    with pytest.raises(Refused, match="不是密钥文件"):
        restore.put_back(target, kept.file, keys=strange)
    with pytest.raises(Refused, match="已存在"):
        backup.make(Installation(kept.home, None), kept.file)
    with pytest.raises(Refused, match="没有数据"):
        backup.make(Installation(places / "nothing", None), places / "out" / "nothing.tar")
