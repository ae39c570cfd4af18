"""The four questions of a key account strategy, and what the company answers."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar

import msgspec

from domain.aggregate import Event, Part, command
from domain.wording import worded

if TYPE_CHECKING:
    from domain.strategy.strategy import KeyAccountStrategy


class KeyQuestion(enum.StrEnum):
    """Who are our key accounts, what do they want, how are they managed, how are they kept
    (谁是大客户, 大客户想要什么, 大客户如何被管理, 大客户如何被长期经营)."""

    WHO = "who"
    WANTS = "wants"
    MANAGED = "managed"
    KEPT = "kept"


class Questions(Part, eq=False):
    """The newest answer to each of the four questions."""

    if TYPE_CHECKING:
        root: ClassVar[KeyAccountStrategy]

    answers: dict[KeyQuestion, str] = msgspec.field(default_factory=dict)

    class QuestionAnswered(Event):
        """One of the four questions was answered, for the first time or anew."""

        question: KeyQuestion
        answer: str

        def check(self, part: Questions) -> None:
            """With an answer."""
            worded(self.answer, "An answer")

        def apply(self, part: Questions) -> None:
            """This is the answer."""
            part.answers[self.question] = self.answer

    @command
    def answer(self, *, question: KeyQuestion, answer: str) -> None:
        """Answer one of the four questions (who, wants, managed, kept), or answer it anew."""
        if self.answers.get(question) != answer:
            self.record(self.QuestionAnswered(question=question, answer=answer))
