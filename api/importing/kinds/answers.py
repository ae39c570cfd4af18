"""Answers to the questionnaire of an opportunity (商机评估) as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, words

ANSWER = words(yes="是 y true", no="否 n false", unknown="未知 不清楚 不知道 ?")


class AnswerRow(Row):
    """One answer, for us or for a named competitor."""

    opportunity: Annotated[str, Column(("商机", "商机编号", "opportunity id"))]
    question: Annotated[str, Column(("问题", "题号", "问题编号"))]
    answer: Annotated[str, Column(("回答", "答案"), ANSWER)]
    evidence: Annotated[str | None, Column(("依据", "证据"))] = None
    competitor: Annotated[str | None, Column(("竞争对手",))] = None
    on: Annotated[date | None, Column(("日期", "date"))] = None


ANSWERS = Kind(
    15,
    "answers",
    AnswerRow,
    ("商机评估", "评估答案", "qualification", "qualification_answers"),
    child=("question", "competitor"),
)
