"""The error catalogue of the gateway on one screen: exception class → slug, status, Chinese title, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.responses import Response

from chassis.intake import TOO_LARGE
from chassis.problems import Problem, answer, figures_of
from chassis.service import EVERYWHERE
from services.gateway import access, limits, passwords, upstreams
from services.gateway.identities import service as identities
from services.gateway.tokens import service as tokens

RETRY: Final = "请稍后用同一个 Idempotency-Key 重试；重试不会重复办理"


@dataclass(eq=False)
class ProblemUnknown(Exception):
    """Nobody wrote about a problem of this name."""

    slug: str

    def __str__(self) -> str:
        return "没有这一类问题的说明"


SIGN_IN_REFUSED: Final = Problem(
    "sign-in-refused", 401, "登录未成功", "请核对用户名和密码；连续 5 次错误将锁定 15 分钟，忘记密码请联系系统管理员"
)
SIGN_IN_BUSY: Final = Problem("sign-in-busy", 503, "当前登录人数过多", "请几秒钟后再试")
TOKEN_REQUEST_REFUSED: Final = Problem(
    "token-request-refused", 400, "令牌请求不符合 RFC 6749", "请按 error 与 error_description 修改请求"
)

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    tokens.SignInRefused: SIGN_IN_REFUSED,
    passwords.TooManySignIns: SIGN_IN_BUSY,
    access.OutsideRegion: Problem("outside-region", 403, "超出管辖范围", "请核对区划代码；跨区业务由上级办理"),
    identities.NameTaken: Problem("name-taken", 409, "名称已被使用", "请换一个名称；用过的名称不再分配"),
    identities.HolderMissing: Problem(
        "holder-not-found", 404, "没有找到被授权的人员或客户端", "请核对名称；不在管辖范围内的同样显示为没有找到"
    ),
    identities.RoleAlreadyHeld: Problem("role-already-held", 409, "对方已有该角色", "无需再次授权"),
    identities.GrantElsewhere: Problem(
        "grant-elsewhere", 409, "授权地点与登记不一致", "角色只能在登记的工作地点和单位持有；请核对 region 与 unit"
    ),
    identities.PowersKeptApart: Problem(
        "powers-kept-apart",
        409,
        "权力须分开持有",
        "三员分立：系统、安全、审计管理员须是三个人，且不得兼任业务角色；bank 只授予客户端",
    ),
    identities.GrantToOneself: Problem("grant-to-oneself", 403, "不得为自己授权", "请由另一位安全管理员办理"),
    limits.BadPath: Problem("bad-path", 400, "地址不被接受", "请使用接口清单中的地址，不要转义或重复分隔符"),
    limits.UrlTooLong: Problem("url-too-long", 414, "地址过长", "请缩短查询条件，或分次查询"),
    limits.BadHeaders: Problem("bad-headers", 400, "请求头不被接受", "请按 reason 修改请求头后重试"),
    limits.HeadersTooLarge: Problem("headers-too-large", 431, "请求头过大", "请去掉不需要的请求头"),
    limits.MethodRefused: Problem("method-refused", 405, "不支持的请求方法", "接口清单见 /docs"),
    limits.BodyTooLarge: TOO_LARGE,
    limits.BodyTooSlow: Problem("body-too-slow", 408, "正文传输中断", "请检查网络后重新提交"),
    upstreams.UpstreamDown: Problem("service-unavailable", 503, "后台服务暂时无法连接", RETRY),
    upstreams.UpstreamSlow: Problem("service-timeout", 504, "后台服务超时", RETRY),
    upstreams.UpstreamBroke: Problem("service-broke-off", 502, "后台服务中断", RETRY),
    ProblemUnknown: Problem("problem-unknown", 404, "没有这一类问题的说明", "请核对问题标识"),
}

# Refusals while a body may still be on its way: the connection is not kept, so that nobody waits for the rest of it.
_CUT_OFF: Final = (limits.BodyTooLarge, limits.BodyTooSlow, limits.BadHeaders)


def rendered(error: Exception, request: Request) -> Response:
    """The problem document for a refusal of the front door."""
    problem = EVERYWHERE.get(type(error)) or CATALOGUE[type(error)]
    headers: dict[str, str] = {}
    if isinstance(error, _CUT_OFF):
        headers["Connection"] = "close"
    if isinstance(error, limits.MethodRefused):
        headers["Allow"] = ", ".join(sorted(limits.METHODS))
    if isinstance(error, upstreams.UpstreamDown | upstreams.UpstreamSlow | upstreams.UpstreamBroke):
        headers["Retry-After"] = "2"
    return answer(problem, request, str(error), headers=headers, figures=figures_of(error))
