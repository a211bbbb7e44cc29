"""What a version of a finding says, in the one spelling that its hash names. Pure.

A fact left out is left out of the spelling, so that what findings learn to say later changes no hash of before. A salt
is part of what is spelled: whoever has the words and the salt can prove them, and once the salt is gone nobody can try
words against the hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.audit_api.checking import version_hash

SAID: Final = (
    "class_code",
    "class_edition",
    "title",
    "facts",
    "amount_fen",
    "amount_known",
    "within_finding_id",
    "report_id",
    "about_region",
    "published",
    "found_on",
    "alert_ids",
    "salt",
)
FACT: Final = ("what", "from_on", "to_on", "amount_fen", "evidence_ids")
SUBJECT: Final = ("kind", "subject_id", "line", "alert_id", "amount_fen")
LOT: Final = ("subject_no", "lot_id", "amount_fen", "movement_id", "position", "depth", "batch_id", "line")


def hash_of(
    said: Mapping[str, Any],
    facts: Sequence[Mapping[str, Any]],
    subjects: Sequence[Mapping[str, Any]],
    lots: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The name of a version that says this."""
    return version_hash(spelled(said, facts, subjects, lots))


def spelled(
    said: Mapping[str, Any],
    facts: Sequence[Mapping[str, Any]],
    subjects: Sequence[Mapping[str, Any]],
    lots: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Everything a version says, as its hash names it and as a bundle carries it.

    `lots` are those in which the money of the subjects rested; a version that binds none leaves them out.
    """
    bound = {"subject_lots": [_spelled(lot, LOT) for lot in lots]} if lots else {}
    return {
        **_spelled(said, SAID),
        "recorded_facts": [_spelled(fact, FACT) for fact in facts],
        "subjects": [_spelled(subject, SUBJECT) for subject in subjects],
        **bound,
    }


def _spelled(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(values[name]) for name in names if values.get(name) is not None}


def _plain(value: Any) -> Any:
    match value:
        case list():
            return [_plain(one) for one in value]
        case UUID():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value
