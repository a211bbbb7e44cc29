"""Shapes of funds on the wire."""

from __future__ import annotations

from enum import StrEnum

from chassis.fields import Body, Code, Line
from chassis.pages import Page


class FundLevel(StrEnum):
    """Whose budget a fund comes from; several for a fund that a notice does not split."""

    CENTRAL = "central"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    MIXED = "mixed"


class Fund(Body):
    """A special fund: its code, its name as printed, whose budget it comes from, and its stream of use."""

    code: Code
    name: Line
    level: FundLevel
    stream: Line


class FundPage(Page):
    items: list[Fund]
