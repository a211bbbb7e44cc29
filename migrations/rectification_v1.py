"""The SQL side of rectification, version 1: since when its rows are known, and that no order closes before its stages.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# The acts of before told the order they were about; its steps came in the order of those acts.
FILLED = (
    """
UPDATE audit.rectification_order o SET position = e.position FROM audit.event e
 WHERE e.stream = o.county_code AND e.kind = 'RectificationOrdered' AND (e.body->>'order_id')::uuid = o.id""",
    """
UPDATE audit.rectification_step s SET position = e.position FROM (
  SELECT stream, position, (body->>'order_id')::uuid AS order_id,
         row_number() OVER (PARTITION BY stream, body->>'order_id' ORDER BY position) AS step_no
    FROM audit.event WHERE kind IN ('RectificationOrdered', 'ClosureRequested', 'ClosureReviewed')) e
 WHERE e.stream = s.county_code AND e.order_id = s.order_id AND e.step_no = s.step_no""",
)

STAGES_DONE = """
CREATE FUNCTION audit.stages_done() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM rectification_stage s WHERE s.county_code = NEW.county_code AND s.order_id = NEW.id AND s.done_on IS NULL) THEN
    RAISE check_violation USING MESSAGE = 'order ' || NEW.id || ' has a stage that is not done', CONSTRAINT = 'stages_done';
  END IF;
  RETURN NEW;
END $$"""


def filled() -> Iterator[str]:
    """What says of the rows of before since when they are known."""
    yield from FILLED


def stages() -> Iterator[str]:
    """An order is not closed while a stage of it is open."""
    yield STAGES_DONE
    yield "REVOKE ALL ON FUNCTION audit.stages_done() FROM PUBLIC"
    yield (
        "CREATE TRIGGER stages_done BEFORE UPDATE OF status ON audit.rectification_order FOR EACH ROW"
        " WHEN (NEW.status = 'closed' AND OLD.status <> 'closed') EXECUTE FUNCTION audit.stages_done()"
    )
