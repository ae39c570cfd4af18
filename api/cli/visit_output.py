"""One visit as people and machines read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.cli import output
from api.cli.funnel_output import stamp
from api.cli.zones import local
from api.timeline import IN_THE_BACKGROUND, said, spoken_name
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from api.visit_page import VisitAnswer


def show(answer: VisitAnswer, json: bool) -> None:
    """The plan, the log, then all versions by position."""
    if json:
        output.print_json(answer)
        return
    title = say(
        "Visit {visit} ({status}) as of {stamp}",
        visit=answer.visit,
        status=term("VisitStatus", answer.status.value),
        stamp=stamp(answer),
    )
    output.print_table(title, ["", ""], [("at", local(answer.at))] if answer.at else [])
    if answer.plan:
        output.print_table("\nPlan", ["", ""], _lines(answer.plan, answer.names))
    if answer.log:
        output.print_table("\nLog", ["", ""], _lines(answer.log, answer.names))
    rows = [
        (
            each.position,
            local(each.occurred_at),
            spoken_name(each.fact),
            each.actor_name or "–",
            _taken_back(each.withdrawn_by, each.reason),
        )
        for each in answer.versions
    ]
    output.print_table("\nVersions", ["position", "occurred", "what happened", "recorded by", "taken back"], rows)


def _taken_back(position: int | None, reason: str) -> str:
    return "" if position is None else say("at {position}: {reason}", position=position, reason=reason)


def _lines(stated: Mapping[str, Any], names: Mapping[UUID, str]) -> list[tuple[str, str]]:
    found = [(field, said(value, field, names)) for field, value in stated.items() if field not in IN_THE_BACKGROUND]
    return [(field.replace("_", " "), text) for field, text in found if text]
