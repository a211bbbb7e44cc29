"""Who sees a household, version 2: every place it ever lived in, however often it moved on since.

`lived_in` has a row for each place a move or a correction ever named, written by the move itself; a household that
never moved has none. A place that housed it sees it, and with it its whole history; its people are seen where they live.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped
from migrations.registry_v1 import ROLE, SEEN

# As the owner: the service's role reads the places and writes none.
REMEMBER = """
CREATE FUNCTION funds.remember_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  INSERT INTO lived_in (county_code, household_id, region_code)
    SELECT DISTINCT told.county_code, told.household_id, place.code
      FROM told CROSS JOIN LATERAL (VALUES (told.left_region), (told.region_code)) AS place(code)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$"""

REMEMBERED = (
    "EXISTS (SELECT FROM funds.lived_in l"
    " WHERE l.county_code = household.county_code AND l.household_id = household.id)"
)


def statements() -> Iterator[str]:
    """The places of before, the trigger that adds to them, and the policies that look at them; one statement each."""
    yield (
        "INSERT INTO funds.lived_in (county_code, household_id, region_code)"
        " SELECT county_code, household_id, left_region FROM funds.residence"
        " UNION SELECT county_code, household_id, region_code FROM funds.residence"
    )
    yield REMEMBER
    yield "REVOKE ALL ON FUNCTION funds.remember_places() FROM PUBLIC"
    yield (
        "CREATE TRIGGER remember_places AFTER INSERT ON funds.residence REFERENCING NEW TABLE AS told"
        " FOR EACH STATEMENT EXECUTE FUNCTION funds.remember_places()"
    )
    yield from scoped("funds", ROLE, "lived_in", "region_code")
    yield f"GRANT SELECT ON funds.lived_in TO {ROLE}"
    for table in ("household", "residence"):
        yield f"DROP POLICY in_scope ON funds.{table}"
        yield f"DROP POLICY owner_all ON funds.{table}"
    yield from scoped("funds", ROLE, "household", "region_code", also=REMEMBERED)
    yield from scoped("funds", ROLE, "residence", "region_code", "left_region", also=SEEN.format(table="residence"))
