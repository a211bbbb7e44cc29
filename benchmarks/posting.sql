-- One hand-down as funds_api writes it: the same two statements (a look that locks nothing, then the act), without HTTP and Python.
\set n random(1, :offices)
\set fen random(1, 100)
SELECT o.county, o.source, o.target, k.key, gen_random_uuid() AS move, gen_random_uuid() AS made, gen_random_uuid() AS event, l.lots::json -> 0 ->> 0 AS lot
  FROM bench.office o, (SELECT gen_random_uuid()::text AS key) k,
       LATERAL funds.look(o.county, o.county, 'bench/bench', k.key, sha256('posting'), ARRAY[o.source, o.target], CAST(:fund AS text),
                          CAST(:day AS date), CAST(:fen AS bigint), NULL, CURRENT_DATE) l WHERE o.n = CAST(:n AS int) \gset
SELECT funds.act(CAST(:county AS text), CAST(:county AS text), 'bench/bench', CAST(:key AS text), sha256('posting'),
  CAST(format('[{"id": "%s", "kind": "hand_down", "document": "%s", "document_key": "%s", "from": "%s", "to": "%s", "effective_on": "%s", "amount_fen": %s, "drawn": "oldest", "fund": "%s", "reverses": null, "batch": null, "actor": "bench", "note": null, "use": null, "hold": null}]',
              CAST(:move AS text), CAST(:key AS text), CAST(:key AS text), CAST(:source AS text), CAST(:target AS text), CAST(:day AS text), CAST(:fen AS bigint), CAST(:fund AS text)) AS jsonb),
  CAST(format('[{"move": "%s", "from_lot": "%s", "to_lot": "%s", "amount_fen": %s}]',
              CAST(:move AS text), CAST(:lot AS text), CAST(:made AS text), CAST(:fen AS bigint)) AS jsonb),
  CURRENT_DATE, CAST(:event AS uuid), 'MoneyMoved',
  format('{"county_code": "%s", "movements": [{"movement_id": "%s", "kind": "hand_down", "document": "%s", "effective_on": "%s", "from_account_id": "%s", "to_account_id": "%s", "amount_fen": %s, "draws": [{"from_lot_id": "%s", "to_lot_id": "%s", "amount_fen": %s}]}]}',
         CAST(:county AS text), CAST(:move AS text), CAST(:key AS text), CAST(:day AS text), CAST(:source AS text), CAST(:target AS text), CAST(:fen AS bigint), CAST(:lot AS text), CAST(:made AS text), CAST(:fen AS bigint)),
  'bench',
  format('{"status": 201, "body": {"total_fen": %s, "movements": [{"id": "%s", "kind": "hand_down", "document": "%s", "effective_on": "%s", "from_account_id": "%s", "to_account_id": "%s", "amount_fen": %s, "draws": [{"from_lot_id": "%s", "to_lot_id": "%s", "amount_fen": %s}]}]}}',
         CAST(:fen AS bigint), CAST(:move AS text), CAST(:key AS text), CAST(:day AS text), CAST(:source AS text), CAST(:target AS text), CAST(:fen AS bigint), CAST(:lot AS text), CAST(:made AS text), CAST(:fen AS bigint)));
