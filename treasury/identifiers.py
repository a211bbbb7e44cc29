"""Check digits of the numbers that name people and cards. Says whether a number can exist, never whose it is."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

# GB 11643-1999: weight of place i is 2^(18-i) mod 11; the check character is chosen by the weighted sum mod 11.
ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS: Final = "10X98765432"
_ID_SHAPE: Final = re.compile(r"\d{17}[\dX]\Z", re.ASCII)


def normalise_id_number(printed: str) -> str:
    """Full-width digits folded, blanks and unseen marks dropped, a final x upper-cased; it may still be invalid."""
    seen = "".join(one for one in unicodedata.normalize("NFKC", printed) if unicodedata.category(one) != "Cf")
    return re.sub(r"\s+", "", seen).upper()


def id_check_character(first17: str) -> str:
    """The 18th character for 17 digits (GB 11643)."""
    return ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, ID_WEIGHTS, strict=True)) % 11]


def is_id_number(number: str) -> bool:
    """Whether a normalised 18-character 公民身份号码 has a possible birth date and the right check character.

    The first six digits are not held against today's region codes: they are the code at first issue, and those change.
    """
    if not _ID_SHAPE.match(number):
        return False
    try:
        birth_date(number)
    except ValueError:
        return False
    return id_check_character(number[:17]) == number[17]


def birth_date(number: str) -> date:
    """The date of birth in an ID number for which `is_id_number` holds."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def luhn_check_digit(digits: str) -> str:
    """The digit that makes a bank card number pass the Luhn test (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - Luhn
    return str(-total % 10)
