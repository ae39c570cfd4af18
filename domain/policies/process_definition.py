"""What a sales process is made of: stages with probabilities and gates, milestones, questions."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.policies.policy import policy_id


class ForecastCategory(enum.StrEnum):
    """What a forecast counts on (预测类别). Closed is derived from the outcome, never set."""

    OMITTED = "omitted"
    PIPELINE = "pipeline"
    BEST_CASE = "best_case"
    COMMIT = "commit"


class Gate(msgspec.Struct, frozen=True):
    """What entering a stage asks for: a share (0 to 1) of a block's questions, and every mandatory one."""

    block: str
    share: Decimal = Decimal("0.8")
    mandatory: tuple[str, ...] = ()


class Stage(msgspec.Struct, frozen=True):
    """A step of the process. `probability` (0 to 1) weighs amounts; `gate` is asked on the way in."""

    key: str
    name: str
    probability: Decimal
    category: ForecastCategory = ForecastCategory.PIPELINE
    name_zh: str = ""
    gate: Gate | None = None


class Question(msgspec.Struct, frozen=True):
    """A question that is answered yes, no or unknown; `against`: a yes counts against us."""

    key: str
    text: str
    block: str
    text_zh: str = ""
    against: bool = False


class Milestone(msgspec.Struct, frozen=True):
    """A control point (里程碑控制点) of the process, within a stage."""

    key: str
    name: str
    stage: str
    name_zh: str = ""


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A whole process, as people write it. `asks_for_pursuit`: resources are spent only after a go (抉择参与)."""

    key: str
    name: str
    name_zh: str = ""
    stages: tuple[Stage, ...]
    milestones: tuple[Milestone, ...] = ()
    questionnaire: tuple[Question, ...] = ()
    asks_for_pursuit: bool = False


class ProcessElsewhere(Refused):
    """The process {key} has a stream of its own, {stream}; this is {found}. Define it there, or state the key of
    this one."""


class NoStages(Refused):
    """The process {process} has no stages: state at least one."""


class KeyTwice(Refused):
    """{kind} {key} stands twice, or is blank: every key of a process is there once."""


class NotAProbability(Refused):
    """{found} is not a share ({where}): state a number from 0 to 1."""


class GateWithoutQuestions(Refused):
    """The gate of {stage} asks for {missing}, which the questionnaire does not have; it has: {known}."""


class StageUnknown(Refused):
    """The process {process} has no stage {stage}; its stages are: {known}."""


class QuestionUnknown(Refused):
    """The process {process} does not ask question {question}; it asks: {known}."""


class MilestoneUnknown(Refused):
    """The process {process} has no milestone {milestone}; it has: {known}."""


def see_that_it_can_be_used(definition: Definition, stream: UUID) -> None:
    """Refuse a process whose keys, shares or gates make no sense."""
    own = policy_id("SalesProcess", definition.key)
    if own != stream:
        raise ProcessElsewhere(key=definition.key, stream=own, found=stream)
    if not definition.stages:
        raise NoStages(process=definition.key)
    _see_that_keys_differ("Stage", [stage.key for stage in definition.stages])
    _see_that_keys_differ("Question", [question.key for question in definition.questionnaire])
    _see_that_keys_differ("Milestone", [milestone.key for milestone in definition.milestones])
    for stage in definition.stages:
        _see_that_it_is_a_share(f"probability of {stage.key}", stage.probability)
        if stage.gate:
            _see_that_it_is_a_share(f"gate of {stage.key}", stage.gate.share)
            _see_that_gate_has_questions(stage.key, stage.gate, definition.questionnaire)
    for milestone in definition.milestones:
        if milestone.stage not in (keys := [stage.key for stage in definition.stages]):
            raise StageUnknown(process=definition.key, stage=milestone.stage, known=", ".join(keys))


def _see_that_keys_differ(kind: str, keys: Collection[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if not key.strip() or key in seen:
            raise KeyTwice(kind=kind, key=key)
        seen.add(key)


def _see_that_it_is_a_share(where: str, share: Decimal) -> None:
    if not share.is_finite() or not 0 <= share <= 1:
        raise NotAProbability(where=where, found=share)


def _see_that_gate_has_questions(stage: str, gate: Gate, questionnaire: Iterable[Question]) -> None:
    questions = list(questionnaire)
    if gate.block not in {question.block for question in questions}:
        blocks = dict.fromkeys(f"the block {question.block}" for question in questions)
        raise GateWithoutQuestions(stage=stage, missing=f"the block {gate.block}", known=", ".join(blocks) or "none")
    if missing := set(gate.mandatory) - {question.key for question in questions}:
        known = ", ".join(question.key for question in questions)
        raise GateWithoutQuestions(stage=stage, missing=", ".join(sorted(missing)), known=known)
