"""Refusals about files as such: unreadable, broken off, and comparison lists that may not be kept."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api import columns, uploads
from services.funds_api.comparisons import refusals as comparisons

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    columns.FileUnreadable: Problem("file-unreadable", 422, "文件无法读取", "请按说明另存或修改后重新上传"),
    uploads.UploadBroken: Problem(
        "upload-broken", 413, "文件没有完整收到", "请检查网络后重新上传；单个文件不超过 limit_bytes 字节"
    ),
    comparisons.RawNumbersSent: Problem(
        "raw-id-numbers",
        422,
        "上传内容含有疑似身份证号",
        "请原提供单位用生成工具把身份证号换成令牌后再传，source、document 只写单位名称和文号；"
        "含身份证号的原文件请勿经网络传递",
    ),
    comparisons.ListFaulty: Problem(
        "comparison-list-faulty", 422, "名单不合要求", "请原提供单位按所列位置改正原始数据，重新生成后再上传"
    ),
    comparisons.ListAltered: Problem(
        "comparison-list-altered", 422, "名单生成后被改动", "请原样上传工具生成的文件；需要改动的，请重新生成"
    ),
    comparisons.ExchangeKeyDiffers: Problem(
        "exchange-key-differs", 422, "交换密钥不一致", "请向管理员领取本县现用的交换密钥，重新生成名单"
    ),
    comparisons.AnotherList: Problem("another-list", 422, "名单与上传地址不符", "请核对名单的种类和县，传到对应的地址"),
    comparisons.ListKnown: Problem(
        "comparison-list-known", 409, "同一份名单已经登记", "现行的就是这一份，无需再传；确有更新的，请上传新生成的名单"
    ),
    comparisons.ListOvertaken: Problem(
        "comparison-list-overtaken", 409, "他人刚登记了同类名单", "请查看现行版本，仍需替换的请重新上传"
    ),
}
