"""The SQL side of returns (退汇), version 3: which payment had paid the same again, by a day and by what was known then.

`payment_next` tells what is so now, of which `record_return` and reversals make sure. Frozen: a change is a new file.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.returns_v1 import PAYMENT_NEXT, ROLE

_LOOK = PAYMENT_NEXT[PAYMENT_NEXT.index("RETURNS TABLE") : PAYMENT_NEXT.index("   WHERE NOT EXISTS")]

# The same look, less what was recorded later: a payment undone since had paid it again until then.
PAYMENT_NEXT_THEN = f"""
CREATE FUNCTION funds.payment_next_then(p_county text, p_batch uuid, p_line int, p_after bigint, p_as_of date, p_known bigint)
{_LOOK}     AND m.effective_on <= p_as_of AND m.position <= p_known
   WHERE NOT EXISTS (SELECT FROM movement u WHERE u.county_code = p_county AND u.reverses_id = m.id
                        AND u.effective_on <= p_as_of AND u.position <= p_known)
   ORDER BY m.position LIMIT 1
$$"""

SIGNATURE = "payment_next_then(text, uuid, int, bigint, date, bigint)"


def functions() -> Iterator[str]:
    yield PAYMENT_NEXT_THEN
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
