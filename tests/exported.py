"""The journal of a stream as `verify.py` computes it from an export."""

from __future__ import annotations

import asyncpg

from deploy.onebox.export import UNSEALED
from services.audit_api.record.verify import event_hash, first_hash


async def exported(admin: asyncpg.Pool, service: str, stream: str) -> list[str]:
    """The hash of each event of a stream that nobody has sealed, one after the other, from the export's lines."""
    sealed_streams_only = False
    rows = await admin.fetch(UNSEALED, None, sealed_streams_only)
    found, before = [], first_hash(stream.encode())
    for row in (tuple(one) for one in rows if (one[1], one[2]) == (service, stream)):
        before = event_hash(before, [str(one).encode() for one in row[2:13]])
        found.append(before.hex())
    return found
