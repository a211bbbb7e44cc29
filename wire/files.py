"""How large a file may be, by its address: the front door and the service behind it let the same through."""

from __future__ import annotations

import re
from typing import Final

# A million rows, as many as a sheet of Excel has, at some 125 bytes each. It is read in pieces, so the bound is one of
# time (a minute or two within one request) rather than of memory.
ROSTER_BYTES: Final = 128 * 1024 * 1024
# Half a million entries of a comparison list, a county's whole population, at some 100 bytes each.
LIST_BYTES: Final = 64 * 1024 * 1024
_ROSTER: Final = re.compile(r"/funds/v1/payment-batches/[^/]+/roster")
_LIST: Final = re.compile(r"/funds/v1/comparison-lists/[^/]+/versions")


def file_bytes(path: str, usual: int) -> int:
    """The most bytes a file sent to `path` may have: more for a roster or a comparison list, `usual` elsewhere."""
    if _LIST.fullmatch(path):
        return LIST_BYTES
    return ROSTER_BYTES if _ROSTER.fullmatch(path) else usual
