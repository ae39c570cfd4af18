"""Qualification (商机评估): the questionnaire's answers, for us and for named competitors."""

from __future__ import annotations

from typing import Annotated

import msgspec

from domain.aggregate import Event, command
from domain.opportunity.outcome import OpportunityPart
from domain.opportunity.rivals import plain
from domain.policies.gates import Answer
from domain.policies.sales_process import SalesProcess
from domain.sealed import FreeText, Sealed


class Answered(msgspec.Struct, frozen=True):
    """The answer that holds, and what it rests on."""

    answer: Answer
    evidence: Sealed | None = None


class Qualification(OpportunityPart, eq=False):
    """Answers by competitor (empty: us) and question."""

    answers: dict[str, dict[str, Answered]] = msgspec.field(default_factory=dict)

    class QualificationAnswered(Event):
        """A question of the questionnaire has an answer, for us or for a competitor."""

        question: str
        answer: Answer
        process_edition: int
        competitor: str = ""
        evidence: Sealed | None = None

        def check(self, qualification: Qualification) -> None:
            qualification.root.must_be_open()

        def apply(self, qualification: Qualification) -> None:
            of_whom = qualification.answers.setdefault(self.competitor, {})
            of_whom[self.question] = Answered(self.answer, self.evidence)

    @command
    def answer(
        self,
        *,
        question: str,
        answer: Answer,
        evidence: Annotated[Sealed | None, FreeText()] = None,
        competitor: str = "",
        sales_process: SalesProcess,
    ) -> None:
        """Answer a question of the process's questionnaire, for us or for a competitor, who is identified by it."""
        self.root.must_be_open()
        sales_process.question(question)
        rival = self.root.rivals().get(plain(competitor), competitor.strip())
        if self.answers.get(rival, {}).get(question) == Answered(answer, evidence):
            return
        self.record(
            self.QualificationAnswered(
                question=question,
                answer=answer,
                process_edition=sales_process.edition,
                competitor=rival,
                evidence=evidence,
            )
        )

    def of(self, competitor: str = "") -> dict[str, Answer]:
        """The answers for us, or for a competitor, by question."""
        return {question: each.answer for question, each in self.answers.get(competitor, {}).items()}
