"""People's names beside their forecast calls, for those who may read them."""

from __future__ import annotations

from collections.abc import Iterable

from api.names import member_names, with_members
from domain.journal.journal import Journal
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
