"""One history per schema (funds, audit, identity), one env.py; run with `alembic -c migrations/alembic.ini -n funds …`."""
