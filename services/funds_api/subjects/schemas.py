"""How a subject is named in a question: its kind, its id, and the line where it is a row of a batch."""

from __future__ import annotations

from typing import Final

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NAMED: Final = rf"^((movement|order|batch|loan|project|flag):{_UUID}|batch:{_UUID}:[1-9][0-9]{{0,7}})$"
