"""Qualification (商机评估) side by side: the questions of a deal's process, our answers and each competitor's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.language.catalogue import either
from domain.policies.gates import Answer, block_score, counts_for_us, gate_finding
from domain.policies.process_definition import Question
from domain.policies.sales_process import SalesProcess
from domain.sealed import Sealed
from projections.answers import ANSWERS
from projections.competitors import COMPETITORS
from projections.engine import as_of_sql
from projections.opportunities import FUNNEL
from projections.seen import sealed
from projections.view import Answer as Head
from projections.view import View

Read = Callable[[Sealed], str | None]
"""Opens a sealed text for the asker; None where he may not read it."""
US = ""


class Given(msgspec.Struct):
    """An answer of a party (competitor empty: us). `counts` says whether it speaks for that party; `since` when this
    answer was first given, `answered` when it was last confirmed; `position` is that of the event behind it."""

    competitor: str
    answer: Answer
    counts: bool
    since: datetime
    answered: datetime
    evidence: str | None
    position: int


class QuestionLine(msgspec.Struct):
    """A question with everybody's answers; `mandatory_for` are the stages whose gate insists on it."""

    question: str
    text: str
    text_zh: str
    against: bool
    mandatory_for: list[str]
    ours: Given | None
    theirs: list[Given]


class Block(msgspec.Struct):
    """The questions of a block, and the share of them that speaks for us, and for each competitor (0 to 1)."""

    block: str
    score: Decimal
    theirs: dict[str, Decimal]
    questions: list[QuestionLine]


class GateLine(msgspec.Struct):
    """The gate of a stage against our answers of then; `missing` are the questions that do not count for us yet,
    `mandatory` those among them without which the gate stays shut."""

    stage: str
    name: str
    block: str
    share: Decimal
    score: Decimal
    met: bool
    passed: bool
    missing: list[str]
    mandatory: list[str]


class QualificationAnswer(Head, kw_only=True):
    """Everything that is answered about an opportunity. `next_gate` is the first one ahead of its stage, null where
    none is; `elsewhere` are answers to questions that the process does not ask (any more)."""

    opportunity: UUID
    account: UUID | None
    process: str
    edition: int
    stage: str
    outcome: str
    competitors: list[str]
    blocks: list[Block]
    gates: list[GateLine]
    next_gate: GateLine | None
    elsewhere: dict[str, list[Given]]


Answers = dict[str, dict[str, Given]]
"""By plain name of the party, then by question."""


def qualification(view: View, opportunity: UUID, read: Read = lambda _: None) -> QualificationAnswer:
    """The side-by-side of an opportunity as of the view's clocks. Raises NotFound."""
    account, key, stage, outcome = seen(view, opportunity)
    process = view.policies.process(key)
    names = _names(view, opportunity)
    answers = _answers(view, opportunity, process, names, read)
    gates = _gates(process, stage, answers.get(US, {}))
    asked = {question.key for question in process.questionnaire}
    elsewhere: dict[str, list[Given]] = {}
    for given in answers.values():
        for question in sorted(given.keys() - asked):
            elsewhere.setdefault(question, []).append(given[question])
    return QualificationAnswer(
        **view.head(),
        opportunity=opportunity,
        account=account,
        process=key,
        edition=process.edition,
        stage=stage,
        outcome=outcome,
        competitors=list(names.values()),
        blocks=_blocks(process, answers, names),
        gates=gates,
        next_gate=next((gate for gate in gates if not gate.passed), None),
        elsewhere=elsewhere,
    )


def seen(view: View, opportunity: UUID) -> tuple[UUID | None, str, str, str]:
    """Account, process, stage and outcome of an opportunity that the asker may see. Raises NotFound."""
    sql = as_of_sql(FUNNEL, "account, process, stage, outcome", "key = %(opportunity)s")
    found = view.connection.execute(sql.encode(), view.parameters(opportunity=opportunity)).fetchone()
    visible = view.visible_accounts()
    if found is None or (visible is not None and found[0] not in visible):
        raise NotFound(kind="opportunity", key=opportunity)
    return found[0] and view.leads_to(found[0]), found[1], found[2], found[3]


def _names(view: View, opportunity: UUID) -> dict[str, str]:
    """The competitors by plain name, in the order in which they were identified."""
    sql = as_of_sql(COMPETITORS, "competitor, name, identified", "opportunity = %(opportunity)s")
    rows = view.connection.execute(
        f"select competitor, name from ({sql}) one order by identified, competitor".encode(),
        view.parameters(opportunity=opportunity),
    )
    return dict(rows.fetchall())


def _answers(view: View, opportunity: UUID, process: SalesProcess, names: dict[str, str], read: Read) -> Answers:
    columns = "competitor, question, answer, since, answered, evidence, cause"
    sql = as_of_sql(ANSWERS, columns, "opportunity = %(opportunity)s")
    rows = view.connection.execute(sql.encode(), view.parameters(opportunity=opportunity))
    questions = {question.key: question for question in process.questionnaire}
    found: Answers = {}
    for competitor, question, *rest in sorted(rows.fetchall(), key=lambda row: (row[0], row[1])):
        given = _given(names.get(competitor) or competitor, questions.get(question), rest, read)
        found.setdefault(competitor, {})[question] = given
    return found


def _given(name: str, question: Question | None, columns: list[Any], read: Read) -> Given:
    stored, since, answered, evidence, position = columns
    answer = Answer(stored)
    counts = question is not None and counts_for_us(question, answer)
    return Given(name, answer, counts, since, answered, read(sealed(evidence)) if evidence else None, position)


def _plain(answers: dict[str, Given]) -> dict[str, Answer]:
    return {question: given.answer for question, given in answers.items()}


def _blocks(process: SalesProcess, answers: Answers, names: dict[str, str]) -> list[Block]:
    blocks: dict[str, Block] = {}
    for question in process.questionnaire:
        if question.block not in blocks:
            theirs = {name: _score(process, question.block, answers.get(rival, {})) for rival, name in names.items()}
            ours = _score(process, question.block, answers.get(US, {}))
            blocks[question.block] = Block(question.block, ours, theirs, [])
        blocks[question.block].questions.append(_line(process, question, answers, names))
    return list(blocks.values())


def _score(process: SalesProcess, block: str, answers: dict[str, Given]) -> Decimal:
    found = block_score(process, block, _plain(answers))
    return Decimal(0) if found is None else found


def _line(process: SalesProcess, question: Question, answers: Answers, names: dict[str, str]) -> QuestionLine:
    return QuestionLine(
        question=question.key,
        text=question.text,
        text_zh=question.text_zh,
        against=question.against,
        mandatory_for=[each.key for each in process.stages if each.gate and question.key in each.gate.mandatory],
        ours=answers.get(US, {}).get(question.key),
        theirs=[given for rival in names if (given := answers.get(rival, {}).get(question.key))],
    )


def _gates(process: SalesProcess, stage: str, ours: dict[str, Given]) -> list[GateLine]:
    """A stage that the process no longer has counts as lying before all others."""
    keys = process.keys()
    place = keys.index(stage) if stage in keys else -1
    lines = []
    for n, each in enumerate(process.stages):
        finding = gate_finding(process, each, _plain(ours))
        if finding and each.gate:
            mandatory = [key for key in finding.open if key in each.gate.mandatory]
            lines.append(
                GateLine(
                    stage=each.key,
                    name=either(each.name, each.name_zh),
                    block=finding.block,
                    share=finding.share,
                    score=finding.score,
                    met=finding.met,
                    passed=n <= place,
                    missing=list(finding.open),
                    mandatory=mandatory,
                )
            )
    return lines
