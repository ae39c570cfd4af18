"""The explanation of an account's health as people and machines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.funnel_output import stamp
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from projections.explained_health import ComponentShare, HealthExplanation

HEADER = ["component", "score", "weight", "points", "position", "occurred at", "recorded at", "fact", "actor",
          "contribution"]  # fmt: skip
SHOWN = ["", "position", "occurred at", "what happened", "by", "points"]


def show(answer: HealthExplanation, json: bool, csv: bool) -> None:
    """The components with their events, what time took, and the score that they add up to."""
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(HEADER, [row for each in answer.components for row in _csv_rows(each)])
        return
    title = say("Why: health of {name}, as of {stamp}", name=answer.name, stamp=stamp(answer))
    if not answer.components:
        output.console().print(title)
        output.console().print(say("No component has facts."))
        return
    rows = [row for each in answer.components for row in _rows(each)]
    rows += [[output.label(line.name), "", "", "", "", line.contribution] for line in answer.lines]
    rows.append([say("together"), "", "", answer.band or "", "", "–" if answer.score is None else answer.score])
    output.print_table(title, SHOWN, rows)


def _rows(each: ComponentShare) -> list[list[Any]]:
    told = say("score {score}, weight {weight}: {reason}", score=each.score, weight=each.weight, reason=each.reason)
    return [
        [term("health", each.name), "", "", told, "", each.points],
        *(
            [
                "",
                event.position,
                f"{event.occurred_at:%Y-%m-%d}",
                event.text,
                event.actor_name or "",
                event.contribution,
            ]
            for event in each.events
        ),
        *([output.label(line.name), "", "", "", "", line.contribution] for line in each.lines),
    ]


def _csv_rows(each: ComponentShare) -> list[list[Any]]:
    head = [each.name, each.score, each.weight, each.points]
    return [
        *(
            [*head, event.position, event.occurred_at, event.recorded_at, event.fact, event.actor_name or event.actor,
             event.contribution]
            for event in each.events
        ),
        *([*head, "", "", "", line.name, "", line.contribution] for line in each.lines),
    ]  # fmt: skip
