"""Refusals about treasury orders and what the bank answered."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api.orders import refusals as orders

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    orders.PresentedAhead: Problem("presented-ahead", 422, "送达时刻未到", "请填写实际送达银行的时刻，或省略"),
    orders.PresentedFarOff: Problem(
        "presented-far-off",
        422,
        "送达日期与支付令日期相差过大",
        "请核对送达时刻和业务日期；天数见 /funds/v1/policy-values",
    ),
    orders.OrderNumberUsed: Problem(
        "order-number-used", 409, "支付令编号已被使用", "请核对编号；确属新的支付令请换一个编号"
    ),
    orders.InvoiceClaimed: Problem(
        "invoice-claimed", 409, "发票已报账", "请从报账单中去掉已报账的发票；原支付令有误的，先冲正该支付令再报账"
    ),
    orders.OrderSettled: Problem(
        "order-settled", 409, "支付令已有结果", "请核对支付令与银行流水；原回单有误请先冲正其业务，再报送新的回单"
    ),
    orders.BankSerialUsed: Problem(
        "bank-serial-used", 409, "银行流水号已被使用", "若是新的回单请使用新的流水号；若是重发请原样发送"
    ),
    orders.TransitDrawn: Problem(
        "transit-drawn", 409, "在途资金不足", "请查询该支付令的在途资金批次，先退回或冲正动用它的业务"
    ),
    orders.ReturnedQuotaDrawn: Problem(
        "returned-quota-drawn",
        409,
        "退回的指标已被动用",
        "请先退回或冲正动用该指标的业务，或不填写 reissues_order_id，另行签发新的支付令（原发票可以再报）",
    ),
    orders.NotReissuable: Problem(
        "not-reissuable", 409, "不能重新签发", "请核对原支付令的状态、账户、资金和金额；每笔退汇只重新签发一次"
    ),
}
