"""Proves that migrations and tables agree: an empty database is brought to head and compared, schema by schema."""

from __future__ import annotations

import asyncio

from deploy.onebox.bootstrap import ROLES, alembic, prepare
from deploy.onebox.postgres import Postgres


def main() -> None:
    with Postgres() as server:
        admin = asyncio.run(prepare(server.url(), "qingliu_check"))["admin"]
        for schema in ROLES:
            alembic(admin, schema, "upgrade", "head")
            alembic(admin, schema, "check")
            print(f"migrations of {schema}: at head, in step with its tables")


if __name__ == "__main__":
    main()
