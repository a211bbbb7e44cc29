"""The policy book of audit_api: the periods and thresholds of supervision."""

from __future__ import annotations

from typing import Final

from policies.book import PolicyBook
from services.audit_api.policies.keys import KEYS
from services.audit_api.tables import PolicyValueRow

BOOK: Final = PolicyBook("audit", PolicyValueRow, KEYS)
values: Final = BOOK.values
versions: Final = BOOK.versions
