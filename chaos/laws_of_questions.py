"""The laws of what is asked about the money, as queries like those of the books (`laws`): each must find nothing.

A flag stands once, a run tells what it raised, a unit is warned once, and what was asked for was done. `ASKED` hold at
every moment; `ENDED` hold when all is calm and nothing waits to be asked; `FOLLOWED` when the follower is at the head.
"""

from __future__ import annotations

from typing import Final

ASKED: Final[dict[str, str]] = {
    "同一规则、对象、标记只有一条预警": """
        SELECT rule_code, subject_id, mark FROM funds.flag
         GROUP BY county_code, rule_code, subject_id, mark HAVING count(*) > 1""",
    "一次运行的预警 = 各规则所记的新增条数与金额": """
        SELECT run_id, rule_code FROM
          (SELECT county_code, run_id, rule_code, count(*) AS n, sum(amount_fen) AS fen FROM funds.flag
            WHERE run_id IS NOT NULL GROUP BY 1, 2, 3) f
          FULL JOIN funds.flag_run_rule d USING (county_code, run_id, rule_code)
         WHERE (coalesce(f.n, 0), coalesce(f.fen, 0)) IS DISTINCT FROM (d.new_n::bigint, d.new_fen::numeric)""",
    # Each flag is counted for its county, its township and its village, where it has them.
    "各级预警计数 = 各级的预警": """
        SELECT region_code, run_id, rule_code FROM
          (SELECT f.county_code, left(f.region_code, d) AS region_code, f.run_id, f.rule_code, f.as_of, count(*) AS n,
                  sum(f.amount_fen) AS fen
             FROM funds.flag f CROSS JOIN unnest(ARRAY[6, 9, 12]) d
            WHERE f.run_id IS NOT NULL AND length(f.region_code) >= d GROUP BY 1, 2, 3, 4, 5) f
          FULL JOIN funds.flag_tally t USING (county_code, region_code, run_id, rule_code, as_of)
         WHERE (f.n, f.fen) IS DISTINCT FROM (t.flags_n, t.flags_fen::numeric)""",
    "运行只办所要的规则，办结的每条都办了": """
        SELECT r.id FROM funds.flag_run r
          LEFT JOIN funds.flag_run_rule d ON d.county_code = r.county_code AND d.run_id = r.id
         GROUP BY r.county_code, r.id, r.rules, r.ended_at
        HAVING bool_or(d.rule_code IS NOT NULL AND NOT r.rules ? d.rule_code)
            OR r.ended_at IS NOT NULL AND count(d.rule_code) <> jsonb_array_length(r.rules)""",
    "每个单位、每条规则、每次运行至多一份通知": """
        SELECT run_id, rule_code, unit_id FROM funds.warning
         GROUP BY county_code, run_id, rule_code, unit_id HAVING count(*) > 1""",
    # A lot lies on one account of one unit, so that each flag about one is in one warning.
    "通知所列的预警 = 运行新增的（资金批次）": """
        SELECT run_id, rule_code FROM
          (SELECT county_code, run_id, rule_code, count(*) AS n FROM funds.flag
            WHERE run_id IS NOT NULL AND subject = 'lot' GROUP BY 1, 2, 3) f
          LEFT JOIN (SELECT county_code, run_id, rule_code, sum(flags_n) AS n FROM funds.warning GROUP BY 1, 2, 3) w
          USING (county_code, run_id, rule_code)
          LEFT JOIN funds.flag_run_rule d USING (county_code, run_id, rule_code)
         WHERE CASE WHEN d.unwarned_because IS NULL THEN f.n ELSE 0 END <> coalesce(w.n, 0)""",
    "有新增而没有通知的，说明了原因": """
        SELECT d.run_id, d.rule_code FROM funds.flag_run_rule d
         WHERE (d.new_n > 0 AND NOT EXISTS (
           SELECT FROM funds.warning w WHERE w.county_code = d.county_code AND w.run_id = d.run_id
              AND w.rule_code = d.rule_code)) <> (d.unwarned_because IS NOT NULL)""",
    "再次通知逐次计数，注明第一次": """
        SELECT w.id FROM funds.warning w
          LEFT JOIN funds.warning f ON f.county_code = w.county_code AND f.id = w.first_warning_id
         WHERE w.times > 1 AND (f.times, f.unit_id) IS DISTINCT FROM (1, w.unit_id)""",
    "停表的每批资金都在停表的地方": """
        SELECT s.id FROM funds.clock_stop s
          LEFT JOIN funds.clock_stop_lot k ON k.county_code = s.county_code AND k.stop_id = s.id
          LEFT JOIN funds.lot l ON l.county_code = k.county_code AND l.id = k.lot_id
         GROUP BY s.county_code, s.id, s.region_code, s.from_on
        HAVING count(k.lot_id) = 0 OR bool_or(l.region_code <> s.region_code OR l.arrived_on > s.from_on)""",
    "名单条数 = 各条": """
        SELECT v.id FROM funds.comparison_version v
          LEFT JOIN (SELECT county_code, version_id, count(*) AS n FROM funds.comparison_entry GROUP BY 1, 2) e
            ON e.county_code = v.county_code AND e.version_id = v.id
         WHERE coalesce(e.n, 0) <> v.rows_n OR v.position IS NULL""",
    "公示与核查结论逐次编号": """
        SELECT batch_id AS id FROM funds.publication GROUP BY county_code, batch_id HAVING max(seq) <> count(*)
        UNION ALL
        SELECT flag_id FROM funds.flag_outcome GROUP BY county_code, flag_id HAVING max(seq) <> count(*)""",
}

ENDED: Final[dict[str, str]] = {
    "要求的每次运行都已办结": "SELECT id FROM funds.flag_run WHERE ended_at IS NULL",
    "没有规则因出错而未作判断": """
        SELECT run_id, rule_code, silent_because FROM funds.flag_run_rule WHERE silent_because LIKE '运行出错%'""",
}

FOLLOWED: Final[dict[str, str]] = {
    "监督侧的预警 = 本侧的预警": """
        SELECT county_code, id FROM funds.flag f FULL JOIN audit.alert a USING (county_code, id)
         WHERE (f.rule_code, f.rule_version, f.subject_id, f.run_id, f.region_code, f.as_of, f.amount_fen, f.days)
               IS DISTINCT FROM
               (a.rule_code, a.rule_version, a.subject_id, a.run_id, a.region_code, a.as_of, a.amount_fen, a.days)""",
    "监督侧每条预警只受理一次": """
        SELECT county_code, id FROM
          (SELECT e.stream AS county_code, t.id::uuid AS id, count(*) AS n
             FROM audit.event e CROSS JOIN LATERAL json_array_elements_text(e.body->'alert_ids') AS t(id)
            WHERE e.kind = 'AlertsTakenIn' GROUP BY 1, 2) t
          FULL JOIN audit.alert a USING (county_code, id)
         WHERE t.n IS DISTINCT FROM 1 OR a.title IS NULL""",
    "确认的封存 = 账上的封存": """
        SELECT quarantine_id, lot_id FROM
          (SELECT l.quarantine_id, l.lot_id, l.amount_fen FROM audit.quarantine_lot l
             JOIN audit.quarantine_step s USING (county_code, quarantine_id) WHERE s.step = 'confirmed') a
          FULL JOIN funds.quarantine_lot f USING (quarantine_id, lot_id)
         WHERE a.amount_fen IS DISTINCT FROM f.asked_fen""",
    "账上封存与放开的金额 = 回告的金额": """
        SELECT quarantine_id, told FROM
          (SELECT quarantine_id, 'kept' AS told, sum(kept_fen)::bigint AS fen FROM funds.quarantine_lot GROUP BY 1
            UNION ALL SELECT q.id, 'freed', (
                SELECT sum(l.kept_fen) FROM funds.quarantine_lot l
                 WHERE (l.county_code, l.quarantine_id) = (q.county_code, q.id))::bigint + coalesce((
                SELECT sum(c.change_fen) FROM funds.quarantine_change c
                 WHERE (c.county_code, c.quarantine_id) = (q.county_code, q.id)
                   AND c.position < q.released_position), 0)::bigint
             FROM funds.quarantine q WHERE q.released_on IS NOT NULL) f
          FULL JOIN audit.quarantine_told t USING (quarantine_id, told)
         WHERE f.fen IS DISTINCT FROM t.fen""",
    "确认的解除 = 账上的解除": """
        SELECT id FROM
          (SELECT quarantine_id AS id FROM audit.quarantine_step WHERE step = 'release_confirmed') a
          FULL JOIN (SELECT id, released_on FROM funds.quarantine WHERE released_on IS NOT NULL) f USING (id)
         WHERE f.released_on IS NULL""",
    "问题认定的预警已反馈为核实": """
        SELECT f.id FROM audit.finding f JOIN audit.finding_version v
            ON v.county_code = f.county_code AND v.finding_id = f.id AND v.version_no = f.version_no
         CROSS JOIN LATERAL unnest(v.alert_ids) AS a(id)
         WHERE f.status <> 'draft'
           AND NOT EXISTS (
             SELECT FROM funds.flag_outcome o WHERE (o.county_code, o.flag_id) = (f.county_code, a.id))""",
}
