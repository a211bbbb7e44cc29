"""What may be seen of a person in a list: enough to recognise, too little to use. Decides nothing about who asks."""

from __future__ import annotations

import re
from typing import Final

_SHORTEST: Final = 8
_LONG_NUMBER: Final = re.compile(r"[0-9][0-9Xx -]{9,}[0-9Xx]")


def name(full: str | None) -> str:
    """The first character, then one star: 张三丰 → 张*."""
    return f"{full[0]}*" if full else ""


def tail(number: str | None) -> str:
    """The last four characters of an ID or card number, or only stars when so few are no mask."""
    if not number:
        return ""
    return f"****{number[-4:]}" if len(number) >= _SHORTEST else "****"


def id_number(number: str | None) -> str:
    """First six and last four, for a view of one person; lists use `tail`."""
    return f"{number[:6]}********{number[-4:]}" if number and len(number) > _SHORTEST + 2 else tail(number)


def phone(number: str | None) -> str:
    """First three and last four: 10000001234 → 100****1234."""
    return f"{number[:3]}****{number[-4:]}" if number and len(number) >= _SHORTEST else tail(number)


def free_text(text: str | None) -> str:
    """Text typed by somebody, with every number as long as an ID, card or phone number cut to its last four."""
    return _LONG_NUMBER.sub(lambda found: f"****{found[0][-4:]}", text) if text else ""
