-- A session that only computes: no row, no lock, no disk. What more than one of them gain is what the processors give.
SELECT sum(i * i) FROM generate_series(1, 5000) AS i;
