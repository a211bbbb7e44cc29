"""The people of a first start: the offices of one county, Yunxi 郧西 (420322), and the three administrators.

Invented people. Everybody's password is drawn by the installation and shown by `make up`. The bank is no person: its
system is registered over HTTP once the stack stands, and has a secret in place of a password.
"""

from __future__ import annotations

from typing import Final

from deploy.onebox.stack import Login

COUNTY: Final = "420322"

# 三员分立: three people, none of whom reads business data.
ADMINISTRATORS: Final = (
    Login("xitong", "系统管理员", ("system_admin",), "00"),
    Login("anquan", "安全管理员", ("security_admin",), "00"),
    Login("shenji", "审计管理员", ("audit_admin",), "00"),
)

COUNTY_PEOPLE: Final = (
    Login("caizheng", "县财政局 经办", ("finance_clerk",), COUNTY, "郧西县财政局"),
    Login("caizheng-fuhe", "县财政局 复核", ("finance_reviewer",), COUNTY, "郧西县财政局"),
    Login("jiwei", "县纪委监委 监督检查", ("inspector",), COUNTY, "郧西县纪委监委"),
    Login("jiwei-fuhe", "县纪委监委 审核", ("inspector",), COUNTY, "郧西县纪委监委"),
    Login("chengguan", "城关镇财政所 经办", ("township_clerk",), f"{COUNTY}100", "城关镇财政所"),
    Login("chengguan-fuhe", "城关镇财政所 复核", ("township_reviewer",), f"{COUNTY}100", "城关镇财政所"),
    Login("tumen", "土门镇财政所 经办", ("township_clerk",), f"{COUNTY}101", "土门镇财政所"),
    Login("tumen-fuhe", "土门镇财政所 复核", ("township_reviewer",), f"{COUNTY}101", "土门镇财政所"),
    Login("shangjin", "上津镇财政所 经办", ("township_clerk",), f"{COUNTY}102", "上津镇财政所"),
    Login("shangjin-fuhe", "上津镇财政所 复核", ("township_reviewer",), f"{COUNTY}102", "上津镇财政所"),
    Login("dianzi", "店子镇财政所 经办", ("township_clerk",), f"{COUNTY}103", "店子镇财政所"),
    Login("jiahe", "夹河镇财政所 经办", ("township_clerk",), f"{COUNTY}104", "夹河镇财政所"),
    Login("jiahe-fuhe", "夹河镇财政所 复核", ("township_reviewer",), f"{COUNTY}104", "夹河镇财政所"),
)

BANK: Final = Login("yunxi-nongshang", "郧西农村商业银行（演示）", ("bank",), COUNTY, "郧西农村商业银行")

FIRST_PEOPLE: Final = (*ADMINISTRATORS, *COUNTY_PEOPLE)
