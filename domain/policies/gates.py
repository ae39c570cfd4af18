"""Scoring answers against the gates of a sales process. Pure functions."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import msgspec

from domain.policies.process_definition import Question, Stage
from domain.policies.sales_process import SalesProcess

_SCORE = Decimal("0.0001")


class Answer(enum.StrEnum):
    """An answer to a question of the questionnaire."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class GateFinding(msgspec.Struct, frozen=True):
    """How a gate stood when somebody passed it: `score` and `share` from 0 to 1, `open` the keys that do not count."""

    stage: str
    block: str
    score: Decimal
    share: Decimal
    open: tuple[str, ...]
    met: bool


def counts_for_us(question: Question, answer: Answer | None) -> bool:
    """Whether an answer speaks for the deal: yes, or no where a yes counts against us. Unknown never does."""
    return answer is (Answer.NO if question.against else Answer.YES)


def block_score(process: SalesProcess, block: str, answers: Mapping[str, Answer]) -> Decimal | None:
    """The share of a block's questions that speak for the deal, to four places; None where it has none."""
    counted = [counts_for_us(q, answers.get(q.key)) for q in process.questionnaire if q.block == block]
    return _share(sum(counted), len(counted)) if counted else None


def gate_finding(process: SalesProcess, stage: Stage, answers: Mapping[str, Answer]) -> GateFinding | None:
    """How the answers stand against the gate of a stage; None where it has no gate."""
    gate = stage.gate
    if gate is None:
        return None
    missing, asked, ours = [], 0, 0
    for question in process.questionnaire:
        in_block = question.block == gate.block
        if in_block or question.key in gate.mandatory:
            for_us = counts_for_us(question, answers.get(question.key))
            asked, ours = asked + in_block, ours + (in_block and for_us)
            if not for_us:
                missing.append(question.key)
    score = _share(ours, asked) if asked else Decimal(0)
    met = score >= gate.share and not any(key in gate.mandatory for key in missing)
    return GateFinding(stage.key, gate.block, score, gate.share, tuple(missing), met)


@cache
def _share(part: int, whole: int) -> Decimal:
    return (Decimal(part) / whole).quantize(_SCORE)


def least_for_us(share: Decimal, asked: int) -> int:
    """How many of so many questions have to speak for the deal to reach a share; one more where none suffices."""
    scores = [_share(ours, asked) for ours in range(asked + 1)] if asked else [Decimal(0)]
    return next((ours for ours, score in enumerate(scores) if score >= share), asked + 1)


def gates_between(process: SalesProcess, after: int, to: int, answers: Mapping[str, Answer]) -> tuple[GateFinding, ...]:
    """The findings of every gate on the way from the stage at place `after` (excluded) to that at `to`."""
    findings = (gate_finding(process, stage, answers) for stage in process.stages[after + 1 : to + 1])
    return tuple(finding for finding in findings if finding)
