"""The laws of the books as queries over every county; each must find nothing. Read in one snapshot, under load.

They look behind the service's back, as a superuser. `QUICK` are asked again and again while the run lasts, `THOROUGH`
once at its end, since they read every payment.
"""

from __future__ import annotations

from typing import Final

# What a reversal undid is none any more.
_UNDONE: Final = "EXISTS (SELECT FROM funds.movement u WHERE u.county_code = {0}.county_code AND u.reverses_id = {1})"
_RETURN_UNDONE: Final = _UNDONE.format("r", "r.movement_id")
_RESULT_UNDONE: Final = _UNDONE.format("s", "s.movement_id")
_ORDER_UNDONE: Final = _UNDONE.format("o", "o.movement_id")

QUICK: Final[dict[str, str]] = {
    "第 1 条：每笔资金 收到 = Σ 剩余": """
        SELECT t.id FROM funds.tranche t LEFT JOIN funds.lot l ON l.county_code = t.county_code AND l.tranche_id = t.id
         GROUP BY t.county_code, t.id, t.amount_fen HAVING t.amount_fen IS DISTINCT FROM sum(l.remaining_fen)""",
    "第 1 条：一笔业务 付出 = 收到": """
        SELECT m.id FROM funds.movement m
          LEFT JOIN funds.lot l ON l.county_code = m.county_code AND l.movement_id = m.id
         GROUP BY m.county_code, m.id, m.amount_fen HAVING m.amount_fen IS DISTINCT FROM sum(l.amount_fen)""",
    "第 2 条：每批资金 已支用 = Σ 支用记录": """
        SELECT l.id FROM funds.lot l LEFT JOIN funds.draw d ON d.county_code = l.county_code AND d.from_lot_id = l.id
         GROUP BY l.county_code, l.id HAVING l.amount_fen - l.remaining_fen <> coalesce(sum(d.amount_fen), 0)
             OR l.remaining_fen < 0""",
    "每批转来的资金有且只有一条支用记录": """
        SELECT l.id FROM funds.lot l JOIN funds.movement m ON m.county_code = l.county_code AND m.id = l.movement_id
          LEFT JOIN funds.draw d ON d.county_code = l.county_code AND d.to_lot_id = l.id
         WHERE (m.kind = 'receive') <> (d.to_lot_id IS NULL) OR d.amount_fen <> l.amount_fen
            OR d.movement_id <> l.movement_id""",
    "第 3 条：一笔业务至多冲正一次": """
        SELECT reverses_id FROM funds.movement WHERE reverses_id IS NOT NULL
         GROUP BY county_code, reverses_id HAVING count(*) > 1""",
    "第 4 条：不早于到账日支用": """
        SELECT d.to_lot_id FROM funds.draw d JOIN funds.lot l ON l.county_code = d.county_code AND l.id = d.from_lot_id
         WHERE d.effective_on < l.arrived_on""",
    "账户计数 = Σ 剩余": """
        SELECT a.id FROM funds.account a LEFT JOIN funds.lot l ON l.county_code = a.county_code AND l.account_id = a.id
         GROUP BY a.county_code, a.id, a.sum_fen, a.sum_fen_day
        HAVING a.sum_fen <> coalesce(sum(l.remaining_fen), 0)
            OR a.sum_fen_day <> coalesce(sum(l.remaining_fen::numeric * (l.arrived_on - DATE '2000-01-01')), 0)""",
    "账户计数 = Σ 分录": """
        SELECT a.id FROM funds.account a
          LEFT JOIN funds.entry e ON e.county_code = a.county_code AND e.account_id = a.id
         GROUP BY a.county_code, a.id, a.sum_fen HAVING a.sum_fen <> coalesce(sum(e.amount_fen), 0)""",
    "按月计数 = Σ 分录": """
        SELECT account_id, month FROM
          (SELECT county_code, account_id, date_trunc('month', effective_on::timestamp)::date AS month,
                  sum(amount_fen) AS fen, sum(amount_fen::numeric * (arrived_on - DATE '2000-01-01')) AS fen_day
             FROM funds.entry GROUP BY 1, 2, 3) e
          FULL JOIN funds.account_month a USING (county_code, account_id, month)
         WHERE (coalesce(e.fen, 0), coalesce(e.fen_day, 0)) IS DISTINCT FROM (a.net_fen::numeric, a.net_fen_day)""",
    "分资金的按日、按月计数 = Σ 资金批次与支用": """
        SELECT county_code, fund_code, grain, account_id, since FROM
          (SELECT e.county_code, g.fund_code, g.grain, e.account_id, g.since, sum(e.fen) AS fen,
                  sum(e.fen_day) AS fen_day, sum(e.charged) AS charged
             FROM (SELECT county_code, account_id, fund_code, arrived_on AS day, amount_fen AS fen,
                          amount_fen::numeric * (arrived_on - DATE '2000-01-01') AS fen_day, 0 AS charged
                     FROM funds.lot
                   UNION ALL
                   SELECT d.county_code, f.account_id, f.fund_code, d.effective_on, -d.amount_fen,
                          -d.amount_fen::numeric * (f.arrived_on - DATE '2000-01-01'),
                          d.amount_fen::numeric * (d.effective_on - f.arrived_on)
                     FROM funds.draw d JOIN funds.lot f ON f.county_code = d.county_code AND f.id = d.from_lot_id) e
            CROSS JOIN LATERAL (VALUES ('', 'day', e.day), (e.fund_code, 'day', e.day),
              (e.fund_code, 'month', date_trunc('month', e.day::timestamp)::date)) AS g(fund_code, grain, since)
            GROUP BY 1, 2, 3, 4, 5) e
          FULL JOIN funds.account_period a USING (county_code, fund_code, grain, account_id, since)
         WHERE (e.fen, e.fen_day, e.charged)
               IS DISTINCT FROM (a.net_fen::numeric, a.net_fen_day, a.charged_fen_days)""",
    # Asked whatever fund, and of each fund: both are the units' accounts, to the fen-day.
    "责任天数：今天各单位 = Σ 账户计数": """
        WITH asked AS (
          SELECT c.county_code, w.today, f.funds FROM (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS today) w
           CROSS JOIN (SELECT DISTINCT county_code FROM funds.account) c
           CROSS JOIN (SELECT NULL::text[] AS funds UNION ALL SELECT array_agg(code) FROM funds.fund) f)
        SELECT county_code, of_funds, region_code, name FROM
          (SELECT a.county_code, a.funds IS NOT NULL AS of_funds, r.region_code, r.name, r.kind, sum(r.fen) AS fen,
                  sum(r.resting_fen_days::numeric) AS resting, sum(r.charged_fen_days::numeric) AS charged
             FROM asked a CROSS JOIN LATERAL funds.responsible(a.county_code,
               set_config('app.region', a.county_code, true), a.today, 9223372036854775807, a.today, a.funds) r
            GROUP BY 1, 2, 3, 4, 5) r
          FULL JOIN
          (SELECT a.county_code, a.funds IS NOT NULL AS of_funds, u.region_code, u.name, u.kind, sum(b.sum_fen) AS fen,
                  sum(b.sum_fen::numeric * (a.today - DATE '2000-01-01') - b.sum_fen_day) AS resting,
                  sum(b.charged_fen_days) AS charged
             FROM asked a JOIN funds.account b ON b.county_code = a.county_code
              AND b.kind NOT IN ('contractor', 'households', 'outside')
             JOIN funds.unit u ON u.county_code = b.county_code AND u.id = b.unit_id
            GROUP BY 1, 2, 3, 4, 5) b USING (county_code, of_funds, region_code, name, kind)
         WHERE (coalesce(r.fen, 0), coalesce(r.resting, 0), coalesce(r.charged, 0))
               IS DISTINCT FROM (coalesce(b.fen, 0), coalesce(b.resting, 0), coalesce(b.charged, 0))""",
    "按月、按年流量 = Σ 业务": """
        SELECT county_code, grain, since, flow FROM
          (SELECT m.county_code, g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date AS since,
                  coalesce(u.kind, m.kind) AS flow,
                  coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                           '00000000-0000-0000-0000-000000000000') AS from_account_id,
                  coalesce(u.to_account_id, m.to_account_id) AS to_account_id,
                  sum(CASE WHEN u.id IS NULL THEN m.amount_fen ELSE -m.amount_fen END) AS fen,
                  sum(coalesce(CASE WHEN u.id IS NULL THEN b.rows_good ELSE -b.rows_good END, 0)) AS n
             FROM funds.movement m LEFT JOIN funds.movement u ON u.county_code = m.county_code AND u.id = m.reverses_id
             LEFT JOIN funds.payment_batch b
               ON b.county_code = m.county_code AND b.id = coalesce(m.batch_id, u.batch_id)
            CROSS JOIN (VALUES ('month'), ('year')) AS g(grain) GROUP BY 1, 2, 3, 4, 5, 6) d
          FULL JOIN funds.flow_period f
          USING (county_code, grain, since, flow, from_account_id, to_account_id)
         WHERE (coalesce(d.fen, 0), coalesce(d.n, 0)) <> (coalesce(f.amount_fen, 0), coalesce(f.payments_n, 0))""",
    "分资金、分年度的月度流量 = Σ 资金批次与结转": """
        SELECT county_code, month, flow, fiscal_year FROM
          (SELECT m.county_code, date_trunc('month', m.effective_on::timestamp)::date AS month,
                  coalesce(u.kind, m.kind) AS flow,
                  coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                           '00000000-0000-0000-0000-000000000000') AS from_account_id,
                  coalesce(u.to_account_id, m.to_account_id) AS to_account_id, l.fund_code, l.fiscal_year,
                  sum(CASE WHEN u.id IS NULL THEN l.amount_fen ELSE -l.amount_fen END) AS fen
             FROM funds.movement m JOIN funds.lot l ON l.county_code = m.county_code AND l.movement_id = m.id
             LEFT JOIN funds.movement u ON u.county_code = m.county_code AND u.id = m.reverses_id
            WHERE coalesce(u.kind, m.kind) <> 'carry_over' GROUP BY 1, 2, 3, 4, 5, 6, 7
           UNION ALL
           SELECT d.county_code, date_trunc('month', d.effective_on::timestamp)::date, 'carry_over', f.account_id,
                  f.account_id, t.fund_code, y.year,
                  sum(sign(t.fiscal_year - f.fiscal_year) * d.amount_fen)
             FROM funds.draw d JOIN funds.lot f ON f.county_code = d.county_code AND f.id = d.from_lot_id
             JOIN funds.lot t ON t.county_code = d.county_code AND t.id = d.to_lot_id
            CROSS JOIN LATERAL generate_series(least(f.fiscal_year, t.fiscal_year) + 1,
                                               greatest(f.fiscal_year, t.fiscal_year)) AS y(year)
            WHERE f.fiscal_year <> t.fiscal_year GROUP BY 1, 2, 4, 6, 7) d
          FULL JOIN funds.flow_month f
          USING (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year)
         WHERE coalesce(d.fen, 0) <> coalesce(f.amount_fen, 0)""",
    "支付令流量 = Σ 支付令与回单的业务": """
        SELECT county_code, grain, since, flow FROM
          (SELECT m.county_code, g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date AS since, u.kind AS flow,
                  u.from_account_id, u.to_account_id, o.from_account_id AS desk_id, l.fund_code, l.fiscal_year,
                  sum(CASE WHEN m.reverses_id IS NULL THEN l.amount_fen ELSE -l.amount_fen END) AS fen
             FROM funds.movement m
             JOIN funds.movement u ON u.county_code = m.county_code AND u.id = coalesce(m.reverses_id, m.id)
             LEFT JOIN funds.order_result s ON s.county_code = u.county_code AND s.movement_id = u.id
             JOIN funds.treasury_order o
               ON o.county_code = u.county_code AND (o.movement_id = u.id OR o.id = s.order_id)
             JOIN funds.lot l ON l.county_code = m.county_code AND l.movement_id = m.id
            CROSS JOIN (VALUES ('month'), ('year')) AS g(grain)
            WHERE u.kind IN ('order', 'pay', 'hand_down') GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) d
          FULL JOIN (SELECT * FROM funds.order_flow WHERE flow IN ('order', 'pay', 'hand_down')) f
          USING (county_code, grain, since, flow, from_account_id, to_account_id, desk_id, fund_code, fiscal_year)
         WHERE coalesce(d.fen, 0) <> coalesce(f.amount_fen, 0)""",
    "支付令资金 进出 = 银行账上各单位的剩余": """
        WITH RECURSIVE there AS (
          SELECT l.county_code, l.id, l.account_id, l.remaining_fen, o.from_account_id AS desk_id
            FROM funds.treasury_order o
            JOIN funds.lot l ON l.county_code = o.county_code AND l.movement_id = o.movement_id
          UNION ALL
          SELECT l.county_code, l.id, l.account_id, l.remaining_fen, t.desk_id FROM there t
            JOIN funds.lot l ON l.county_code = t.county_code AND l.account_id = t.account_id
             AND l.restores_lot_id = t.id)
        SELECT county_code, grain, desk_id FROM
          (SELECT county_code, desk_id, sum(remaining_fen) AS fen FROM there GROUP BY 1, 2) t
          JOIN (SELECT f.county_code, f.grain, f.desk_id,
                       sum(CASE WHEN a.kind = 'bank' THEN f.amount_fen ELSE -f.amount_fen END) AS fen
                  FROM funds.order_flow f
                  JOIN funds.account a ON a.county_code = f.county_code AND a.id = f.to_account_id
                 GROUP BY 1, 2, 3) f USING (county_code, desk_id)
         WHERE t.fen <> f.fen""",
    "分村到户 = Σ 发放与退回": """
        SELECT county_code, grain, desk_region FROM
          (SELECT f.county_code, f.grain, f.since,
                  CASE u.kind WHEN 'disburse' THEN u.from_region ELSE u.to_region END AS desk_region,
                  sum(f.sign * CASE u.kind WHEN 'disburse' THEN f.amount_fen ELSE -f.amount_fen END) AS fen
             FROM (SELECT m.*, g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date AS since,
                          CASE WHEN m.reverses_id IS NULL THEN 1 ELSE -1 END AS sign
                     FROM funds.movement m CROSS JOIN (VALUES ('month'), ('year')) AS g(grain)) f
             JOIN funds.movement u ON u.county_code = f.county_code AND u.id = coalesce(f.reverses_id, f.id)
            CROSS JOIN LATERAL (SELECT 1 FROM funds.account a WHERE a.county_code = u.county_code
                                   AND a.kind = 'households' AND a.id IN (u.from_account_id, u.to_account_id)) a
            GROUP BY 1, 2, 3, 4) d
          FULL JOIN (SELECT county_code, grain, since, desk_region, sum(amount_fen) AS fen FROM funds.household_flow
                      WHERE fund_code = '' GROUP BY 1, 2, 3, 4) h USING (county_code, grain, since, desk_region)
         WHERE coalesce(d.fen, 0) <> coalesce(h.fen, 0)""",
    "移交 = 接收：两县同一笔": """
        SELECT s.county_code, s.lot_id FROM funds.succession_lot s
          JOIN funds.lot l ON l.county_code = s.county_code AND l.id = s.lot_id
          LEFT JOIN funds.succession_lot o ON o.county_code = s.other_county AND o.lot_id = s.other_lot_id
           AND o.other_county = s.county_code AND o.other_lot_id = s.lot_id AND o.side <> s.side
           AND o.succession_id = s.succession_id AND o.amount_fen = s.amount_fen
         WHERE o.lot_id IS NULL OR l.amount_fen <> s.amount_fen OR l.tranche_id <> s.tranche_id
        UNION ALL
        SELECT t.county_code, t.id FROM funds.tranche t
          LEFT JOIN funds.succession_lot s ON s.county_code = t.county_code AND s.tranche_id = t.id AND s.side = 'in'
         WHERE t.succession_id IS NOT NULL
         GROUP BY t.county_code, t.id, t.amount_fen HAVING t.amount_fen IS DISTINCT FROM sum(s.amount_fen)""",
    "流水号连续，末号即流水头": """
        SELECT h.stream FROM funds.stream_head h LEFT JOIN funds.event e ON e.stream = h.stream
         GROUP BY h.stream, h.position, h.hash
        HAVING count(e.position) <> h.position OR max(e.position) IS DISTINCT FROM h.position
            OR (array_agg(e.hash ORDER BY e.position DESC))[1] IS DISTINCT FROM h.hash""",
    "批次完整：草稿无行，已校验与已发放的行数、金额与名册一致": """
        SELECT b.id FROM funds.payment_batch b
          LEFT JOIN (SELECT county_code, batch_id, count(*) AS n, sum(amount_fen) AS fen FROM funds.payment
                      GROUP BY county_code, batch_id) p ON p.county_code = b.county_code AND p.batch_id = b.id
          LEFT JOIN (SELECT county_code, batch_id, count(*) AS n FROM funds.rejected_row
                      GROUP BY county_code, batch_id) r ON r.county_code = b.county_code AND r.batch_id = b.id
         WHERE (coalesce(p.n, 0), coalesce(p.fen, 0)) <> (b.rows_good, b.total_fen) OR coalesce(r.n, 0) <> b.rows_bad
            OR (b.status = 'draft' AND (b.file_sha256 IS NOT NULL OR b.rows_good <> 0))
            OR (b.status IN ('checked', 'posted') AND b.file_sha256 IS NULL)""",
    "上传记录：有名册的批次恰有一次完成，草稿一次也没有": """
        SELECT b.id FROM funds.payment_batch b
          LEFT JOIN funds.upload_attempt u
            ON u.county_code = b.county_code AND u.batch_id = b.id AND u.outcome = 'finished'
         GROUP BY b.county_code, b.id, b.file_sha256
        HAVING count(u.id) <> (b.file_sha256 IS NOT NULL)::int
            OR bool_or(u.file_sha256 IS DISTINCT FROM b.file_sha256 AND u.id IS NOT NULL)""",
    "已发放的批次有且只有一笔发放业务": """
        SELECT b.id FROM funds.payment_batch b
          LEFT JOIN funds.movement m ON m.county_code = b.county_code AND m.batch_id = b.id
         GROUP BY b.county_code, b.id, b.status, b.total_fen
        HAVING count(m.id) <> (b.status = 'posted')::int
            OR (b.status = 'posted' AND sum(m.amount_fen) <> b.total_fen)""",
    "冻结金额 = Σ 各批冻结": """
        SELECT h.id FROM funds.hold h
          LEFT JOIN funds.hold_lot k ON k.county_code = h.county_code AND k.hold_id = h.id
         GROUP BY h.county_code, h.id, h.amount_fen HAVING h.amount_fen IS DISTINCT FROM sum(k.amount_fen)""",
    "有效冻结不超过剩余": """
        SELECT l.id FROM funds.hold h
          JOIN funds.hold_lot k ON k.county_code = h.county_code AND k.hold_id = h.id
          JOIN funds.lot l ON l.county_code = k.county_code AND l.id = k.lot_id
         WHERE h.status = 'held' AND (h.expires_on IS NULL OR h.expires_on > current_date)
         GROUP BY l.county_code, l.id, l.remaining_fen, l.account_id
        HAVING sum(k.amount_fen) > l.remaining_fen OR bool_or(h.account_id <> l.account_id)""",
    "仍在封存的金额 = Σ 其有效冻结，解除的没有": """
        SELECT q.id FROM funds.quarantine q
          LEFT JOIN (SELECT county_code, quarantine_id, sum(kept_fen) AS fen FROM funds.quarantine_lot GROUP BY 1, 2) l
            ON l.county_code = q.county_code AND l.quarantine_id = q.id
          LEFT JOIN (SELECT county_code, quarantine_id, sum(change_fen) AS fen FROM funds.quarantine_change
                      GROUP BY 1, 2) c ON c.county_code = q.county_code AND c.quarantine_id = q.id
          LEFT JOIN (SELECT o.county_code, o.quarantine_id, sum(h.amount_fen) AS fen FROM funds.quarantine_hold o
                       JOIN funds.hold h ON h.county_code = o.county_code AND h.id = o.hold_id AND h.status = 'held'
                      GROUP BY 1, 2) k ON k.county_code = q.county_code AND k.quarantine_id = q.id
         WHERE coalesce(k.fen, 0)
               <> CASE WHEN q.released_on IS NULL THEN coalesce(l.fen, 0) + coalesce(c.fen, 0) ELSE 0 END""",
    "在途 = Σ 未办结的支付令 + 收款人退来待转回的": f"""
        SELECT a.id, a.sum_fen FROM funds.account a LEFT JOIN (
          SELECT o.county_code, o.bank_account_id, sum(o.amount_fen) AS fen FROM funds.treasury_order o
           WHERE NOT {_ORDER_UNDONE} AND NOT EXISTS (
             SELECT FROM funds.order_result s WHERE s.county_code = o.county_code AND s.order_id = o.id
                AND NOT {_RESULT_UNDONE}) GROUP BY 1, 2) o
            ON o.county_code = a.county_code AND o.bank_account_id = a.id
         WHERE a.kind = 'bank' AND a.sum_fen <> coalesce(o.fen, 0) + (
           SELECT coalesce(sum(l.remaining_fen), 0) FROM funds.lot l
             JOIN funds.movement m ON m.county_code = l.county_code AND m.id = l.movement_id
              AND m.kind IN ('return', 'recover')
            WHERE l.county_code = a.county_code AND l.account_id = a.id)""",
    "一份支付令至多一条有效回单": f"""
        SELECT s.order_id FROM funds.order_result s WHERE NOT {_RESULT_UNDONE}
         GROUP BY s.county_code, s.order_id HAVING count(*) > 1""",
    "一份支付令至多重新签发一次": f"""
        SELECT o.reissues_id FROM funds.treasury_order o WHERE o.reissues_id IS NOT NULL AND NOT {_ORDER_UNDONE}
         GROUP BY o.county_code, o.reissues_id HAVING count(*) > 1""",
    "一户退回不超过所得": f"""
        SELECT r.batch_id, r.line FROM funds.payment_return r
          JOIN funds.payment p ON p.county_code = r.county_code AND p.batch_id = r.batch_id AND p.line = r.line
         WHERE NOT {_RETURN_UNDONE}
         GROUP BY r.county_code, r.batch_id, r.line, p.amount_fen HAVING sum(r.amount_fen) > p.amount_fen""",
    "逐户追缴的业务是追缴，不为农户冻结": """
        SELECT r.movement_id FROM funds.payment_return r
          JOIN funds.movement m ON m.county_code = r.county_code AND m.id = r.movement_id
         WHERE (r.reason = 'recovered') <> (m.kind = 'recover') OR r.reason = 'recovered' AND r.hold_id IS NOT NULL""",
    "退汇逐分回到当初的资金批次": f"""
        SELECT back.batch_id, back.line, back.lot FROM (
          SELECT r.county_code, r.batch_id, r.line, l.restores_lot_id AS lot, sum(l.amount_fen) AS fen
            FROM funds.payment_return r
            JOIN funds.lot l ON l.county_code = r.county_code AND l.movement_id = r.movement_id
           WHERE NOT {_RETURN_UNDONE} GROUP BY 1, 2, 3, 4) back
          JOIN funds.payment p ON p.county_code = back.county_code AND p.batch_id = back.batch_id AND p.line = back.line
         WHERE back.fen > (
           SELECT coalesce(sum(least(d.hi_fen, p.cum_fen) - greatest(d.lo_fen, p.cum_fen - p.amount_fen)), 0)
             FROM funds.draw d
            WHERE d.county_code = back.county_code AND d.batch_id = back.batch_id AND d.from_lot_id = back.lot
              AND d.lo_fen < p.cum_fen AND d.hi_fen > p.cum_fen - p.amount_fen)""",
    "重发后被冲正的退汇仍被冻结": f"""
        SELECT r.movement_id FROM funds.payment_return r
          JOIN funds.hold h ON h.county_code = r.county_code AND h.id = r.hold_id AND h.status = 'posted'
          JOIN funds.movement m ON m.county_code = h.county_code AND m.position = h.ended_position
           AND m.kind IN ('disburse', 'pay')
         WHERE {_UNDONE.format("m", "m.id")}""",
}

THOROUGH: Final[dict[str, str]] = {
    "名册分村金额 = Σ 各行": """
        SELECT batch_id, region_code FROM
          (SELECT p.county_code, p.batch_id, p.region_code, count(*) AS n, sum(p.amount_fen) AS fen,
                  array_agg(p.line ORDER BY p.line) AS lines
             FROM funds.payment p GROUP BY 1, 2, 3) d
          FULL JOIN funds.batch_place b USING (county_code, batch_id, region_code)
         WHERE (d.n, d.fen, d.lines) IS DISTINCT FROM
               (b.rows_n, b.amount_fen, (SELECT array_agg(line ORDER BY line) FROM unnest(b.lines) AS line))""",
    "名册分村分年度 = 分村金额 = 各年度支取": """
        SELECT county_code, batch_id FROM
          (SELECT p.county_code, p.batch_id, p.region_code, p.amount_fen FROM funds.batch_place p
             JOIN funds.payment_batch b
               ON b.county_code = p.county_code AND b.id = p.batch_id AND b.status = 'posted') p
          FULL JOIN (SELECT county_code, batch_id, region_code, sum(amount_fen) AS fen FROM funds.batch_year
                      GROUP BY 1, 2, 3) y USING (county_code, batch_id, region_code)
         WHERE p.amount_fen IS DISTINCT FROM y.fen
        UNION ALL
        SELECT county_code, batch_id FROM
          (SELECT d.county_code, d.batch_id, l.fiscal_year, sum(d.amount_fen) AS fen FROM funds.draw d
             JOIN funds.lot l ON l.county_code = d.county_code AND l.id = d.to_lot_id
            WHERE d.batch_id IS NOT NULL GROUP BY 1, 2, 3) d
          FULL JOIN (SELECT county_code, batch_id, fiscal_year, sum(amount_fen) AS fen FROM funds.batch_year
                      GROUP BY 1, 2, 3) y USING (county_code, batch_id, fiscal_year)
         WHERE d.fen IS DISTINCT FROM y.fen""",
    "到户分年度 = 到户合计": """
        SELECT county_code, fund_code, grain, since, desk_region, region_code FROM
          (SELECT * FROM funds.household_flow WHERE fund_code <> '') f
          FULL JOIN (SELECT county_code, fund_code, grain, since, desk_region, region_code, sum(amount_fen) AS fen
                       FROM funds.household_year GROUP BY 1, 2, 3, 4, 5, 6) y
          USING (county_code, fund_code, grain, since, desk_region, region_code)
         WHERE coalesce(f.amount_fen, 0) <> coalesce(y.fen, 0)""",
    "每户到户金额逐分有来源": """
        SELECT s.batch_id, s.line FROM funds.payment_batch b CROSS JOIN LATERAL (
          SELECT p.batch_id, p.line FROM funds.draw d
            JOIN funds.payment p ON p.county_code = d.county_code AND p.batch_id = d.batch_id
             AND p.line BETWEEN d.first_line AND d.last_line
           WHERE d.county_code = b.county_code AND d.batch_id = b.id
           GROUP BY p.batch_id, p.line, p.amount_fen
          HAVING sum(least(p.cum_fen, d.hi_fen) - greatest(p.cum_fen - p.amount_fen, d.lo_fen)) <> p.amount_fen) s
         WHERE b.status = 'posted'""",
    "每户同一待遇只发一次，全额退回的才再发": f"""
        SELECT b.entitlement, p.payee_token FROM funds.payment p
          JOIN funds.payment_batch b ON b.county_code = p.county_code AND b.id = p.batch_id AND b.status = 'posted'
          JOIN funds.movement m ON m.county_code = b.county_code AND m.batch_id = b.id
         WHERE NOT {_UNDONE.format("m", "m.id")} AND p.amount_fen > (
           SELECT coalesce(sum(r.amount_fen), 0) FROM funds.payment_return r
            WHERE r.county_code = p.county_code AND r.batch_id = p.batch_id AND r.line = p.line
              AND NOT {_RETURN_UNDONE})
         GROUP BY b.county_code, b.entitlement, p.payee_token HAVING count(*) > 1""",
    "改码前后同一待遇只发一次": f"""
        WITH kin AS (
          SELECT c.county_code, k.county_code AS other FROM (SELECT DISTINCT county_code FROM funds.payment_batch) c
           CROSS JOIN LATERAL funds.kin_counties(c.county_code) k),
        paid AS MATERIALIZED (
          SELECT p.county_code, b.entitlement, p.payee_token FROM funds.payment p
            JOIN funds.payment_batch b ON b.county_code = p.county_code AND b.id = p.batch_id AND b.status = 'posted'
            JOIN funds.movement m ON m.county_code = b.county_code AND m.batch_id = b.id
           WHERE p.county_code IN (SELECT county_code FROM kin) AND NOT {_UNDONE.format("m", "m.id")}
             AND p.amount_fen > (
               SELECT coalesce(sum(r.amount_fen), 0) FROM funds.payment_return r
                WHERE r.county_code = p.county_code AND r.batch_id = p.batch_id AND r.line = p.line
                  AND NOT {_RETURN_UNDONE}))
        SELECT a.county_code, a.entitlement, a.payee_token FROM paid a JOIN kin k ON k.county_code = a.county_code
          JOIN paid o ON o.county_code = k.other AND o.entitlement = a.entitlement AND o.payee_token = a.payee_token""",
}
