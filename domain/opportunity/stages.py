"""Moving through the sales process (商机阶段): forward through its gates, back with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec

from domain.aggregate import Event
from domain.errors import Refused
from domain.language.catalogue import either, in_context, say
from domain.opportunity.outcome import stated
from domain.policies.gates import Answer, GateFinding, gates_between
from domain.policies.sales_process import SalesProcess

if TYPE_CHECKING:
    from domain.opportunity.opportunity import Opportunity


class GateUnmet(Refused):
    """The gate of {stage} is not met: {gates}. Answer these questions, or state an override with its reason."""


class NotForward(Refused):
    """From {stage} the process does not lead forward to {to}: revert instead, with the reason."""


class NotBackward(Refused):
    """{to} does not lie before {stage}: advance instead."""


class Advance(Event):
    """What `Opportunity.StageAdvanced` holds; `after` are the stages from which `to` lies forward."""

    from_: str = msgspec.field(name="from")
    to: str
    process_edition: int
    after: tuple[str, ...]
    gates: tuple[GateFinding, ...] = ()
    override: str = ""

    def check(self, opportunity: Opportunity) -> None:
        opportunity.must_be_open()
        if opportunity.stage not in self.after:
            raise NotForward(stage=opportunity.stage, to=self.to)

    def apply(self, opportunity: Opportunity) -> None:
        opportunity.stage = self.to


class Return(Event):
    """What `Opportunity.StageReverted` holds; `before` are the stages from which `to` lies backward."""

    from_: str = msgspec.field(name="from")
    to: str
    process_edition: int
    before: tuple[str, ...]
    reason: str

    def check(self, opportunity: Opportunity) -> None:
        opportunity.must_be_open()
        if opportunity.stage not in self.before:
            raise NotBackward(stage=opportunity.stage, to=self.to)

    def apply(self, opportunity: Opportunity) -> None:
        opportunity.stage = self.to


A = TypeVar("A", bound=Advance)
R = TypeVar("R", bound=Return)


def advance(
    event: type[A], process: SalesProcess, stage: str, to: str, answers: Mapping[str, Answer], override: str
) -> A | None:
    """The advance from a stage to a later one; None where it stands there already.

    A stage that the process no longer has counts as lying before all others.
    """
    place, keys = process.place(to), process.keys()
    if to == stage:
        return None
    after = keys[:place] if stage in keys else (*keys[:place], stage)
    if stage not in after:
        raise NotForward(stage=stage, to=to)
    came = keys.index(stage) if stage in keys else -1
    gates, justified = pass_gates(process, came, place, answers, override)
    return event(from_=stage, to=to, process_edition=process.edition, after=after, gates=gates, override=justified)


def revert(event: type[R], process: SalesProcess, stage: str, to: str, reason: str) -> R | None:
    """The way back to an earlier stage; None where it stands there already."""
    place, keys = process.place(to), process.keys()
    if to == stage:
        return None
    before = keys[place + 1 :] if stage in keys else (*keys[place + 1 :], stage)
    return event(
        from_=stage,
        to=to,
        process_edition=process.edition,
        before=before,
        reason=stated(reason, "Going back a stage"),
    )


def pass_gates(
    process: SalesProcess, after: int, to: int, answers: Mapping[str, Answer], override: str
) -> tuple[tuple[GateFinding, ...], str]:
    """The findings of the gates on the way, and the override where one was needed."""
    findings = gates_between(process, after, to, answers)
    unmet = [finding for finding in findings if not finding.met]
    if unmet and not override.strip():
        raise GateUnmet(stage=process.stages[to].key, gates="; ".join(_shown(process, each, answers) for each in unmet))
    return findings, override.strip() if unmet else ""


def _shown(process: SalesProcess, finding: GateFinding, answers: Mapping[str, Answer]) -> str:
    words = say(
        "of the questions of the block “{block}” {score:.0%} speak for us, {share:.0%} are asked for",
        block=in_context("block", finding.block),
        score=finding.score,
        share=finding.share,
    )
    unknown = [key for key in finding.open if answers.get(key, Answer.UNKNOWN) is Answer.UNKNOWN]
    against = [key for key in finding.open if key not in unknown]
    parts = [words]
    if unknown:
        parts.append(say("not answered yet: {questions}", questions=_asked(process, unknown)))
    if against:
        parts.append(say("answered against us: {questions}", questions=_asked(process, against)))
    return ", ".join(parts)


def _asked(process: SalesProcess, keys: Iterable[str]) -> str:
    questions = [(key, process.question(key)) for key in keys]
    return ", ".join(f"{key} {either(question.text, question.text_zh)}" for key, question in questions)
