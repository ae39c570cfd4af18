"""The contest for one opportunity as people and machines read it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.cli import output, sheets
from api.cli.funnel_output import stamp
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from projections.contest import ContestAnswer, CriterionLine, ProcessLine

NO_NAMES: Mapping[str, str] = MappingProxyType({})
CRITERION_HEADER = ["rank", "was", "criterion", "kind", "set by", "us"]
RIVAL_HEADER = ["competitor", "identified", "strategy", "strengths", "weaknesses", "preferred by"]


def show(
    answer: ContestAnswer,
    json: bool,
    csv: bool,
    people: Mapping[UUID, str],
    deal: str,
    stages: Mapping[str, str] = NO_NAMES,
) -> None:
    """Criteria, competitors, decision process; CSV: the criteria. `people` are names for those who may read them,
    `deal` is what people call the opportunity, `stages` names of stages by key."""
    names = [rival.competitor for rival in answer.competitors]
    header, rows = [*CRITERION_HEADER, *names], [_criterion(line, names) for line in answer.criteria]
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(*sheets.contest(answer))
        return
    if not (rows or names or answer.decision_process):
        output.say("No criteria, competitors or decision process recorded.")
        return
    stage = stages.get(answer.stage, answer.stage)
    ended = (
        say(", {outcome}", outcome=term("Outcome", answer.outcome))
        + (say(" to {winner}", winner=answer.winner) if answer.winner else "")
        if answer.outcome
        else ""
    )
    output.console().print(
        "[bold]"
        + output.shown(
            say(
                "Contest for {deal} at {stage}{ended} as of {stamp}",
                deal=deal,
                stage=stage,
                ended=ended,
                stamp=stamp(answer),
            )
        )
        + "[/bold]"
    )
    if answer.strategy:
        output.console().print(say("strategy against all: {strategy}", strategy=term("Strategy", answer.strategy)))
    if rows:
        output.print_table("\nDecision criteria", header, rows)
    if names:
        output.print_table("\nCompetitors", RIVAL_HEADER, _rivals(answer, people))
    if answer.decision_process:
        _show_process(answer.decision_process, people)


def _criterion(line: CriterionLine, names: list[str]) -> list[Any]:
    text = line.text or str(line.criterion)
    standings = [_standing(line.ours), *(_standing(line.theirs.get(name)) for name in names)]
    shown = text if line.formal else say("{text} (informal)", text=text)
    return [
        line.priority,
        line.previous,
        shown,
        term("CriterionKind", line.kind),
        term("SetBy", line.set_by) if line.set_by else "–",
        *standings,
    ]


def _standing(value: int | None) -> str:
    return "–" if value is None else f"{value:+d}" if value else "0"


def _rivals(answer: ContestAnswer, people: Mapping[UUID, str]) -> list[list[Any]]:
    return [
        [
            rival.competitor,
            f"{rival.identified:%Y-%m-%d}",
            term("Strategy", rival.strategy) if rival.strategy else "–",
            rival.strengths or "–",
            rival.weaknesses or "–",
            ", ".join(people.get(each, str(each)) for each in rival.preferred_by) or "–",
        ]
        for rival in answer.competitors
    ]


def _show_process(process: ProcessLine, people: Mapping[UUID, str]) -> None:
    steps = [(step.name, step.on, people.get(step.owner, step.owner) if step.owner else None) for step in process.steps]
    if steps:
        output.print_table("\nDecision process", ["step", "on", "owner"], steps)
    budget = say({True: "approved", False: "not approved", None: "unknown"}[process.budget_approved])
    event = process.compelling_event or say("unknown")
    on = say(" on {compelling_on}", compelling_on=process.compelling_on) if process.compelling_on else ""
    output.console().print(
        output.shown(say("budget {budget} · compelling event: {event}{on}", budget=budget, event=event, on=on))
    )
