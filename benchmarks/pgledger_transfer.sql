-- One transfer as pgledger offers it, between accounts drawn as posting.sql draws them.
\set n random(1, :offices)
\set fen random(1, 100)
SELECT id FROM pgledger_create_transfer((CAST(:sources AS text[]))[CAST(:n AS int)], (CAST(:targets AS text[]))[CAST(:n AS int)], CAST(:fen AS numeric));
