"""The one refusal for a row that is not there or not visible to the caller: both read the same."""

from __future__ import annotations

from chassis.missing import Missing

__all__ = ["Missing"]
