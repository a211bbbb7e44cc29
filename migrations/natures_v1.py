"""The SQL side of what accounts are, version 1: who sees and writes it, and of which accounts it is said.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE

OF_MONEY: Final = """
CREATE FUNCTION funds.account_nature_of_money() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  PERFORM FROM account a WHERE a.county_code = NEW.county_code AND a.id = NEW.account_id
     AND a.region_code = NEW.region_code AND a.book = 'cash' AND a.kind <> 'households';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the account % is none of money in %', NEW.account_id, NEW.region_code
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield from scoped("funds", ROLE, "account_nature", "region_code")
    yield f"GRANT SELECT, INSERT ON funds.account_nature TO {ROLE}"
    yield (
        "CREATE TRIGGER known_from BEFORE INSERT ON funds.account_nature"
        " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
    )
    yield OF_MONEY
    yield "REVOKE ALL ON FUNCTION funds.account_nature_of_money() FROM PUBLIC"
    yield (
        "CREATE TRIGGER of_money BEFORE INSERT ON funds.account_nature"
        " FOR EACH ROW EXECUTE FUNCTION funds.account_nature_of_money()"
    )
