-- One hand-down as funds_api writes it: the same functions in one transaction, without HTTP, Python or a second look.
\set line random(1, 16)
\set fen random(1, 100)
BEGIN;
SELECT set_config('app.region', :county, true);
SELECT verdict, gen_random_uuid() AS move, gen_random_uuid() AS made, gen_random_uuid() AS event,
       gen_random_uuid()::text AS key, (CAST(:targets AS uuid[]))[:line] AS target
  FROM funds.journal_claim(:county, 'bench/bench', gen_random_uuid()::text, sha256('posting')) \gset
SELECT id AS lot, tranche_id AS tranche
  FROM funds.open_lots(:county, ARRAY[CAST(:source AS uuid), CAST(:target AS uuid)], CAST(:source AS uuid), :fund,
                       CAST(:day AS date), :fen, NULL) \gset
SELECT funds.post_movements(:county,
  CAST(format('[{"id": "%s", "kind": "hand_down", "document": "1", "from": "%s", "to": "%s", "effective_on": "%s", "amount_fen": %s, "drawn": "oldest", "reverses": null, "batch": null, "actor": "bench", "note": null}]',
              CAST(:move AS text), CAST(:source AS text), CAST(:target AS text), CAST(:day AS text), CAST(:fen AS bigint)) AS jsonb),
  CAST(format('[{"move": "%s", "from_lot": "%s", "to_lot": "%s", "tranche": null, "amount_fen": %s, "clock_from": null, "lo": null, "hi": null, "first_line": null, "last_line": null, "restores": null}]',
              CAST(:move AS text), CAST(:lot AS text), CAST(:made AS text), CAST(:fen AS bigint)) AS jsonb));
SELECT funds.journal_append(:county, CAST(:event AS uuid), 'MoneyMoved',
  format('{"county_code": "%s", "movements": [{"movement_id": "%s", "kind": "hand_down", "document": "1", "effective_on": "%s", "from_account_id": "%s", "to_account_id": "%s", "amount_fen": %s, "draws": [{"from_lot_id": "%s", "to_lot_id": "%s", "amount_fen": %s}]}]}',
         CAST(:county AS text), CAST(:move AS text), CAST(:day AS text), CAST(:source AS text), CAST(:target AS text), CAST(:fen AS bigint), CAST(:lot AS text), CAST(:made AS text), CAST(:fen AS bigint)),
  'bench/bench', 'bench', :key, sha256('posting'),
  format('{"status": 201, "body": {"total_fen": %s, "movements": [{"id": "%s", "kind": "hand_down", "document": "1", "effective_on": "%s", "from_account_id": "%s", "to_account_id": "%s", "amount_fen": %s, "draws": [{"from_lot_id": "%s", "to_lot_id": "%s", "amount_fen": %s}]}]}}',
         CAST(:fen AS bigint), CAST(:move AS text), CAST(:day AS text), CAST(:source AS text), CAST(:target AS text), CAST(:fen AS bigint), CAST(:lot AS text), CAST(:made AS text), CAST(:fen AS bigint)));
COMMIT;
