"""Scoring answers against the gates of a sales process. Pure functions."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal

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
    return (Decimal(sum(counted)) / len(counted)).quantize(_SCORE) if counted else None


def gate_finding(process: SalesProcess, stage: Stage, answers: Mapping[str, Answer]) -> GateFinding | None:
    """How the answers stand against the gate of a stage; None where it has no gate."""
    gate = stage.gate
    if gate is None:
        return None
    score = block_score(process, gate.block, answers) or Decimal(0)
    asked = [q for q in process.questionnaire if q.block == gate.block or q.key in gate.mandatory]
    missing = tuple(q.key for q in asked if not counts_for_us(q, answers.get(q.key)))
    met = score >= gate.share and not set(missing) & set(gate.mandatory)
    return GateFinding(stage.key, gate.block, score, gate.share, missing, met)


def gates_between(process: SalesProcess, after: int, to: int, answers: Mapping[str, Answer]) -> tuple[GateFinding, ...]:
    """The findings of every gate on the way from the stage at place `after` (excluded) to that at `to`."""
    findings = (gate_finding(process, stage, answers) for stage in process.stages[after + 1 : to + 1])
    return tuple(finding for finding in findings if finding)
