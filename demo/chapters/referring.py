"""Chapter 17: a lead is referred; whoever is no member cannot tell it from one that never was."""

from __future__ import annotations

from typing import Final

import httpx

from demo.county import JIAHE, office_name
from demo.story import Story

TITLE = "问题线索：不是成员，就如同没有这条线索"
PATH: Final = "/audit/v1/leads"
MEMBER, OTHER = "jiwei", "jiwei-fuhe"
RECEIVED_ON, DUE_ON, DRAWN_ON, DECIDED_ON = "2019-01-08", "2019-02-08", "2019-01-20", "2019-01-22"
NOBODY: Final = "00000000-0000-7000-8000-000000000000"


def tell(story: Story) -> None:
    for one in (MEMBER, OTHER):
        story.who(one).post("/audit/v1/interest-declarations", {"kind": "none"})
    lead = _refer(story)
    _unseen(story, lead)
    _disposed(story, lead)


def _refer(story: Story) -> str:
    unit = office_name(story.place[JIAHE])
    told = story.who(MEMBER).post(
        PATH,
        {
            "source": "inspection",
            "subject_unit_id": story.units[unit],
            "subject_unit_name": unit,
            "subject_region_code": JIAHE,
            "matter": "到户资金发放前未按规定公示",
            "received_on": RECEIVED_ON,
            "members": [MEMBER],
        },
    )
    story.must(told["due_on"] == DUE_ON, f"线索于 {RECEIVED_ON} 收到，处置意见须在 {told['due_on']} 以前提出（一个月）")
    return str(told["id"])


def _unseen(story: Story, lead: str) -> None:
    answers = [story.who(OTHER).ask("GET", f"{PATH}/{one}") for one in (lead, NOBODY)]
    story.same("状态", [one.status_code for one in answers], [404, 404])
    of_lead, of_nothing = [_answered(one) for one in answers]
    story.same("答复", of_lead.replace(lead, NOBODY), of_nothing)
    story.same("列表", list(story.who(OTHER).every(PATH)), [])
    story.must(
        [one["id"] for one in story.who(MEMBER).every(PATH)] == [lead],
        "同为监督人员，不是成员的一人问这条线索与问一个不存在的编号，得到同样的“没有”，列表里也没有",
    )


def _disposed(story: Story, lead: str) -> None:
    story.who(MEMBER).post(f"{PATH}/{lead}/members", {"person": OTHER})
    opinion = {"disposition": "preliminary_check", "opinion": "成立核查组初步核实", "on": DRAWN_ON}
    drawn = story.who(MEMBER).post(f"{PATH}/{lead}/opinions", opinion)
    decision = {
        "version_hash": drawn["version_hash"],
        "decision": "approve",
        "opinion": "同意",
        "on": DECIDED_ON,
    }
    decide = f"{PATH}/{lead}/opinions/{drawn['opinion_no']}/decision"
    own = story.who(MEMBER).ask("POST", decide, json=decision).json()
    story.same("审批自己的意见", own["type"], "/problems/own-decision")
    story.who(OTHER).post(decide, decision)
    whole = story.who(OTHER).get(f"{PATH}/{lead}", as_of=DECIDED_ON)
    story.must(
        whole["opinions"][0]["decided_by"] == OTHER,
        f"另一人被指定为成员后看得到，并审批了初步核实的意见（{DRAWN_ON} 提出，期限内）",
    )


def _answered(answer: httpx.Response) -> str:
    """The whole body, less the number that every request has of its own."""
    return answer.text.replace(answer.json()["instance"], "")
