"""What the console tells of uploads that a crash cut off, out of the log of funds_api."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from chassis.telemetry import JsonLines
from deploy.onebox.aftermath import Aftermath
from services.funds_api.payments.attempts import TOLD
from services.funds_api.payments.schemas import UploadOutcome

CUT_OFF = {"county": "420322", "batch": "0198-7", "begun_at": "2017-06-01T23:59:08+00:00"}


def _line(message: str, **figures: object) -> str:
    """A line as the service writes it."""
    record = logging.makeLogRecord({"name": "uploads", "levelname": "WARNING", "msg": message, **figures})
    return JsonLines().format(record) + "\n"


def _add(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.writelines(lines)


def test_what_was_undone_and_what_had_finished_is_told_once_in_words_with_the_hour_in_china(tmp_path: Path) -> None:
    log = tmp_path / "funds_api.log"
    _add(log, _line("before", **CUT_OFF, outcome="undone"))
    heard = Aftermath(log)
    assert heard.news() == [], "what an earlier run said was told by that run"
    _add(log, "INFO uploads: 不是 JSON\n", json.dumps({"logger": "access", "path": "/uploads", "batch": "x"}) + "\n")
    _add(log, _line("cut off", **CUT_OFF, outcome="undone"), _line("cut off", **CUT_OFF, outcome="finished"))
    undone, finished = heard.news()
    assert "已撤销中断的上传（县 420322，批次 0198-7，2017-06-02 07:59:08 开始）" in undone
    assert "同一个 Idempotency-Key" in undone
    assert "已经办完" in finished
    assert heard.news() == []


def test_a_start_after_a_crash_says_that_nothing_was_cut_off_and_a_first_start_says_nothing(tmp_path: Path) -> None:
    log = tmp_path / "funds_api.log"
    heard = Aftermath(log)
    _add(log, _line("started", undone=0))
    assert heard.news() == []
    _add(log, _line("started", undone=0))
    [sentence] = heard.news()
    assert "没有被中断的上传" in sentence
    _add(log, _line("started", undone=2))
    assert "共撤销 2 次" in heard.news()[0]


def test_a_line_that_is_still_being_written_is_told_when_it_has_ended(tmp_path: Path) -> None:
    log = tmp_path / "funds_api.log"
    heard = Aftermath(log)
    line = _line("cut off", **CUT_OFF, outcome="undone")
    _add(log, line[:40])
    assert heard.news() == []
    _add(log, line[40:])
    assert len(heard.news()) == 1


def test_every_outcome_of_an_upload_has_its_sentence_and_its_advice() -> None:
    assert set(TOLD) == set(UploadOutcome)
    assert all(told and advice for told, advice in TOLD.values())
