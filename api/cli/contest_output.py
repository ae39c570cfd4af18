"""The contest for one opportunity as people and machines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output

if TYPE_CHECKING:
    from projections.contest import ContestAnswer, CriterionLine, ProcessLine

CRITERION_HEADER = ["rank", "was", "criterion", "kind", "set by", "us"]
RIVAL_HEADER = ["competitor", "identified", "strategy", "strengths", "weaknesses", "preferred by"]


def show(answer: ContestAnswer, json: bool, csv: bool) -> None:
    """Criteria, competitors, decision process; CSV: the criteria."""
    names = [rival.competitor for rival in answer.competitors]
    header, rows = [*CRITERION_HEADER, *names], [_criterion(line, names) for line in answer.criteria]
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(header, rows)
        return
    if not (rows or names or answer.decision_process):
        output.say("No criteria, competitors or decision process recorded.")
        return
    ended = f", {answer.outcome}" + (f" to {answer.winner}" if answer.winner else "") if answer.outcome else ""
    output.console().print(f"[bold]Contest at {output.shown(answer.stage)}{output.shown(ended)}[/bold]")
    if answer.strategy:
        output.console().print(f"strategy against all: {answer.strategy}")
    if rows:
        output.print_table("\nDecision criteria", header, rows)
    if names:
        output.print_table("\nCompetitors", RIVAL_HEADER, _rivals(answer))
    if answer.decision_process:
        _show_process(answer.decision_process)


def _criterion(line: CriterionLine, names: list[str]) -> list[Any]:
    text = line.text or str(line.criterion)
    standings = [_standing(line.ours), *(_standing(line.theirs.get(name)) for name in names)]
    shown = text if line.formal else f"{text} (informal)"
    return [line.priority, line.previous, shown, line.kind, line.set_by or "–", *standings]


def _standing(value: int | None) -> str:
    return "–" if value is None else f"{value:+d}" if value else "0"


def _rivals(answer: ContestAnswer) -> list[list[Any]]:
    return [
        [
            rival.competitor,
            f"{rival.identified:%Y-%m-%d}",
            rival.strategy or "–",
            rival.strengths or "–",
            rival.weaknesses or "–",
            len(rival.preferred_by),
        ]
        for rival in answer.competitors
    ]


def _show_process(process: ProcessLine) -> None:
    steps = [(step.name, step.on, step.owner) for step in process.steps]
    if steps:
        output.print_table("\nDecision process", ["step", "on", "owner"], steps)
    budget = {True: "approved", False: "not approved", None: "unknown"}[process.budget_approved]
    event = process.compelling_event or "unknown"
    on = f" on {process.compelling_on}" if process.compelling_on else ""
    output.console().print(output.shown(f"budget {budget} · compelling event: {event}{on}"))
