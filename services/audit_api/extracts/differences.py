"""Where two answers of the ledger differ, as JSON pointers (RFC 6901): pure. It names places and tells no value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def differences(then: bytes, now: bytes) -> list[str]:
    """The pointers at which two JSON answers differ, in the order of the first; none if their bytes are the same.

    Answers whose values are the same and whose bytes are not differ as a whole: the empty pointer.
    """
    if then == now:
        return []
    return list(_walk(json.loads(then), json.loads(now), "")) or [""]


def _walk(then: Any, now: Any, at: str) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in [*then, *(one for one in now if one not in then)]:
            here = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
            if key in then and key in now:
                yield from _walk(then[key], now[key], here)
            else:
                yield here
    elif isinstance(then, list) and isinstance(now, list):
        for number in range(max(len(then), len(now))):
            if number < min(len(then), len(now)):
                yield from _walk(then[number], now[number], f"{at}/{number}")
            else:
                yield f"{at}/{number}"
    elif then != now or type(then) is not type(now):
        yield at
