"""The name of a question: a flag's id, made of its rule, subject and mark, so that nobody is asked about it twice.

Its first half is the subject's, so that what came together lies together. `raise_crossings` (migrations/flags_v13.py)
makes the same.
"""

from __future__ import annotations

import hashlib
from uuid import UUID


def flag_id(rule: str, subject: UUID, mark: str) -> UUID:
    """The one id that a rule's question about a subject has, told apart by its mark."""
    digest = hashlib.md5(f"{rule}|{mark}|{subject}".encode(), usedforsecurity=False).hexdigest()
    return UUID(f"{subject.hex[:16]}8{digest[:15]}")


def named_about(subject: UUID) -> tuple[UUID, UUID]:
    """The first and the last name that a question about this subject can have: they lie together."""
    return UUID(f"{subject.hex[:16]}{'0' * 16}"), UUID(f"{subject.hex[:16]}{'f' * 16}")
