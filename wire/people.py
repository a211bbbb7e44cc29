"""Events of funds_api about households and persons: who belonged where, by counts and document; nobody is named."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class HouseholdsRegistered(Fact):
    county_code: str
    registered_n: int
    file_sha256: str
    members_n: int = 0


class PersonJoined(Fact):
    """A person belongs to a household from a day on."""

    county_code: str
    household_id: UUID
    person_id: UUID
    reason: str
    document: str
    effective_on: date


class PersonsLeft(Fact):
    """People belong to a household no more from a day on."""

    county_code: str
    household_id: UUID
    persons_n: int
    reason: str
    document: str
    effective_on: date


class HouseholdSplit(Fact):
    """Some people of a household became one of their own."""

    county_code: str
    household_id: UUID
    came_from: UUID
    region_code: str
    persons_n: int
    document: str
    effective_on: date


class HouseholdsMoved(Fact):
    """Households live elsewhere from a day on; `region_code` is null when they left the county."""

    county_code: str
    households_n: int
    left: list[str]
    region_code: str | None
    document: str
    effective_on: date


class HouseholdsRemoved(Fact):
    """Households were removed from the register (清退): from the day on they are paid nothing."""

    county_code: str
    households_n: int
    document: str
    effective_on: date
    appeal_until: date | None


class HouseholdsReinstated(Fact):
    """Removed households stand in the register again."""

    county_code: str
    households_n: int
    document: str
    effective_on: date


class HouseholdStandingSet(Fact):
    """Households were judged lifted, monitored or returned."""

    county_code: str
    households_n: int
    standing: str
    document: str
    effective_on: date


class HouseholdCorrected(Fact):
    """Earlier facts of a household were corrected; `effective_on` is the earliest day that reads otherwise now."""

    county_code: str
    household_id: UUID
    facts_n: int
    document: str
    effective_on: date


class HelpersPaired(Fact):
    """Accounts of the staff help households from a day on, or (`ended_n`) nobody does any more."""

    county_code: str
    document: str
    effective_on: date
    households_n: int
    ended_n: int


class HouseholdVisited(Fact):
    """The helper of a household told of a visit; the actor of the event is the helper."""

    visit_id: UUID
    county_code: str
    household_id: UUID
    effective_on: date
