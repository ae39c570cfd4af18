"""The sales process: a policy per key, with its versions."""

from __future__ import annotations

from typing import ClassVar

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy
from domain.policies.process_definition import (
    Definition,
    Milestone,
    MilestoneUnknown,
    Question,
    QuestionUnknown,
    Stage,
    StageUnknown,
    see_that_it_can_be_used,
)
from domain.policies.shipped_processes import SHIPPED


class ProcessUnknown(Refused):
    """There is no sales process {process}: define it first."""


@learn
class SalesProcess(Policy, eq=False):
    """One process per key. `edition` is the version that decisions name; 0 is what KAMS ships under the key."""

    keyed_by: ClassVar[str] = "process"

    edition: int = 0
    key: str = ""
    name: str = ""
    name_zh: str = ""
    stages: tuple[Stage, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    questionnaire: tuple[Question, ...] = ()
    asks_for_pursuit: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.stages and (shipped := SHIPPED.get(self.id)):
            self.take_over(shipped)

    class Defined(Event):
        """The process, as a whole, in an edition of its own. Version 1 could not ask for a decision to pursue."""

        schema_version = 2
        upcasts = {1: lambda fields: fields}

        edition: int
        definition: Definition

        def check(self, process: SalesProcess) -> None:
            see_that_it_can_be_used(self.definition, process.id)

        def apply(self, process: SalesProcess) -> None:
            process.edition = self.edition
            process.take_over(self.definition)

    class FactWithdrawn(Withdrawal):
        """A definition is taken back (冲销)."""

    @command
    def define(
        self,
        *,
        key: str,
        name: str,
        stages: tuple[Stage, ...],
        name_zh: str = "",
        milestones: tuple[Milestone, ...] = (),
        questionnaire: tuple[Question, ...] = (),
        asks_for_pursuit: bool = False,
    ) -> None:
        """State the whole process, stages in order. It binds every decision dated from now on.

        `asks_for_pursuit`: resources are spent only after a go.
        """
        definition = Definition(
            key=key,
            name=name,
            name_zh=name_zh,
            stages=tuple(stages),
            milestones=tuple(milestones),
            questionnaire=tuple(questionnaire),
            asks_for_pursuit=asks_for_pursuit,
        )
        event = self.Defined(edition=self.root.version + 1, definition=definition)
        same = all(getattr(self, field) == getattr(definition, field) for field in definition.__struct_fields__)
        if not (same and self.edition):
            self.record(event)

    def take_over(self, definition: Definition) -> None:
        """Let a definition hold from now on."""
        for name in definition.__struct_fields__:
            setattr(self, name, getattr(definition, name))

    def is_there(self) -> bool:
        """Whether the process was ever defined, or is shipped."""
        return bool(self.stages)

    def must_exist(self, key: str) -> None:
        """Refuse where the process was never defined; `key` is what was asked for."""
        if not self.stages:
            raise ProcessUnknown(process=key)

    def keys(self) -> tuple[str, ...]:
        """The keys of the stages, in order."""
        return tuple([stage.key for stage in self.stages])

    def place(self, stage: str) -> int:
        """The place of a stage, from 0; refuses a stage that the process does not have."""
        keys = self.keys()
        if stage not in keys:
            raise StageUnknown(process=self.key, stage=stage, known=", ".join(keys))
        return keys.index(stage)

    def question(self, key: str) -> Question:
        """The question of a key; refuses one that the process does not ask."""
        for question in self.questionnaire:
            if question.key == key:
                return question
        raise QuestionUnknown(process=self.key, question=key, known=", ".join(q.key for q in self.questionnaire))

    def milestone(self, key: str) -> Milestone:
        """The milestone of a key; refuses one that the process does not have."""
        for milestone in self.milestones:
            if milestone.key == key:
                return milestone
        known = ", ".join(milestone.key for milestone in self.milestones) or "none"
        raise MilestoneUnknown(process=self.key, milestone=key, known=known)
