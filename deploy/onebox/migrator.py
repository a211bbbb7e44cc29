"""`python -m deploy.onebox.migrator funds,audit upgrade head`: one Alembic command over several histories in turn.

A process of its own, so that whoever calls it imports neither Alembic nor the tables of any service.
"""

from __future__ import annotations

import sys

from alembic.config import CommandLine

from deploy.onebox.processes import ROOT


def main() -> None:
    schemas, *command = sys.argv[1:]
    for schema in schemas.split(","):
        CommandLine().main(["-c", str(ROOT / "migrations" / "alembic.ini"), "-n", schema, *command])


if __name__ == "__main__":
    main()
