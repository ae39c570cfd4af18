"""People's names beside their forecast calls, for those who may read them."""

from __future__ import annotations

from collections.abc import Iterable

from api.names import member_names, with_members
from domain.journal.journal import Journal
from projections.forecast import ForecastAnswer
from projections.forecast_layers import CallLine, LayerScore
from projections.view import View


def name_calls(journal: Journal, view: View, lines: Iterable[CallLine], scores: Iterable[LayerScore] = ()) -> None:
    """Fill in who called and who adjusted."""
    lines = list(lines)
    people = {each for line in lines for each in (line.member, line.by) if each}
    names = with_members(journal, view, member_names(journal, view), people) if people else {}
    for line in lines:
        line.name = names.get(line.member, "")
        line.by_name = names.get(line.by, "") if line.by else ""
    for score in scores:
        score.name = names.get(score.member, "")


def name_layers(journal: Journal, view: View, answer: ForecastAnswer) -> None:
    """Fill in who spoke in the layers of a forecast's groups, and the names of groups that are there for them."""
    groups = [group for group in answer.groups or [] if group.layers]
    name_calls(journal, view, [line for group in groups for line in dict(group.layers or {}).values()])
    for group in groups:
        for line in dict(group.layers or {}).values():
            if line.name and group.name == group.key:
                group.name = line.name
