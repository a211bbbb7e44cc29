"""Document numbers (文号) such as 鄂财农发〔2017〕12号: one spelling for the many that are printed."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_OPEN: Final = "[({〔﹝【［（"
_CLOSE: Final = "])}〕﹞】］）"
_BRACKETS: Final = str.maketrans(dict.fromkeys(_OPEN, "〔") | dict.fromkeys(_CLOSE, "〕"))


def normalise_document_number(printed: str) -> str:
    """One spelling per number: full-width folded, every bracket pair 〔〕, no blanks, a closing 号.

    >>> normalise_document_number("鄂财农发[2017] 12 号")
    '鄂财农发〔2017〕12号'
    """
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", printed)).translate(_BRACKETS)
    return text if not text or text.endswith("号") else f"{text}号"


def normalise_title(printed: str) -> str:
    """A title as a key for documents that print no number: folded, without blanks or punctuation at its ends."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", printed)).strip("。.;；,，")


def normalise_document(printed: str) -> str:
    """What makes two documents the same: folded, one kind of bracket, without blanks or punctuation at the ends.

    >>> normalise_document("西财农[2017] 8号") == normalise_document("西财农〔2017〕8号")
    True
    """
    return normalise_title(printed).translate(_BRACKETS)
