"""The gates on the way to a stage, before somebody goes there: what is missing, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from api.console.forms.asked import Asked
from api.process_words import block_name
from domain.language.catalogue import either
from domain.policies.gates import Answer, gates_between


@dataclass(frozen=True)
class Missing:
    """A question that does not speak for the deal; `against` says that it counts when it is answered no."""

    key: str
    text: str
    answer: Answer | None
    against: bool
    mandatory: bool


@dataclass(frozen=True)
class GateState:
    """A gate as it stands now, shares from 0 to 1."""

    stage: str
    block: str
    score: Decimal
    share: Decimal
    met: bool
    missing: list[Missing]


def gates_to(asked: Asked, to: str) -> list[GateState]:
    """The gates between the stage of an opportunity and a later one."""
    deal, process = asked.deal, asked.process
    keys = process.keys() if process else ()
    if deal is None or process is None or to not in keys:
        return []
    answers = deal.qualification.of()
    after = keys.index(deal.stage) if deal.stage in keys else -1
    found = []
    for each in gates_between(process, after, process.place(to), answers):
        gate = process.stages[process.place(each.stage)].gate
        mandatory = gate.mandatory if gate else ()
        missing = [
            Missing(key, either(question.text, question.text_zh), answers.get(key), question.against, key in mandatory)
            for key in each.open
            for question in (process.question(key),)
        ]
        stage = asked.stages.get(each.stage, each.stage)
        found.append(GateState(stage, block_name(each.block), each.score, each.share, each.met, missing))
    return found
