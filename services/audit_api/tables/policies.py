"""The policy book of this schema."""

from __future__ import annotations

from policies.tables import PolicyGateTable, PolicyValueTable
from services.audit_api.tables.rows import Row


class PolicyValueRow(PolicyValueTable, Row):
    """The editions in this schema's policy book."""


class PolicyGateRow(PolicyGateTable, Row):
    """Who is writing in this schema's policy book."""
