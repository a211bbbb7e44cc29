"""How long a batch has been public by a day, and how much of that lies before its upload."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.funds_api.tables import PaymentBatchRow, PublicationRow
from treasury.calendar import business_date


def published_days(shown: Sequence[PublicationRow], on: date) -> int | None:
    """The days from the latest publication to a day; None when nothing was published by then.

    The day of posting is not counted: a list put up on the first has been public for seven days on the eighth.
    """
    latest = shown[-1] if shown else None
    return None if latest is None or latest.from_on > on else (on - latest.from_on).days


def before_upload_days(shown: Sequence[PublicationRow], batch: PaymentBatchRow) -> int:
    """How many days before its upload the batch is said to have been put up last; 0 when not before, or not at all."""
    if not shown or batch.uploaded_at is None:
        return 0
    return max((business_date(batch.uploaded_at) - shown[-1].from_on).days, 0)
