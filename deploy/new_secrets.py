"""`python -m deploy.new_secrets FOLDER`: draws what compose.yaml needs, one file per secret; never overwrites one.

The files are what a container mounts, so they are readable by it; the folder, mode 0700, is what keeps others out.
"""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from deploy.onebox.bootstrap import ROLES
from deploy.onebox.logins import ADMINISTRATORS
from deploy.onebox.secrecy import Secrets

DATABASE: Final = "postgres:5432/qingliu"


def drawn() -> dict[str, str]:
    """Every secret by the name of its file. Nothing in here is stored anywhere else."""
    keys = Secrets.drawn()
    keys.give_passwords(login.username for login in ADMINISTRATORS)
    people = [{**asdict(login), "password": keys.passwords[login.username]} for login in ADMINISTRATORS]
    found = {
        "access_key": json.dumps(keys.access_key),
        "internal_key": json.dumps(keys.internal_key),
        "follower_key": json.dumps(keys.follower_key),
        "sealer_key": json.dumps(keys.sealer_key),
        "sealer_jwks": keys.sealer_jwks(),
        "log_key": keys.log_key,
        "log_vkey": keys.log_vkey,
        "audit_key": json.dumps(keys.audit_key),
        "runner_key": json.dumps(keys.runner_key),
        "internal_jwks": keys.internal_jwks(),
        "kek": keys.kek,
        "first_people": json.dumps(people, ensure_ascii=False),
    }
    for name, role in {"postgres": "postgres", **ROLES}.items():
        password = secrets.token_urlsafe(24)
        found[f"{name}_password"] = password
        found[f"{name}_url"] = f"postgresql://{role}:{password}@{DATABASE}"
    return found


def main() -> int:
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one folder
        print("usage: python -m deploy.new_secrets FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if any(folder.iterdir()):
        print(f"{folder} 不是空文件夹；为免覆盖密钥，未作任何更改", file=sys.stderr)
        return 1
    for name, value in drawn().items():
        file = folder / name
        file.touch(0o644)
        file.write_text(value)
    print(f"已生成 {folder}；首批管理员的用户名和初始密码在 first_people 中，KEK 丢失后个人信息无法恢复，请离线备份")
    return 0


if __name__ == "__main__":
    sys.exit(main())
