"""Scorecards and skills with the names of people, for those who may read them."""

from __future__ import annotations

from collections.abc import Mapping

from api.names import member_names
from domain.journal.journal import Journal
from domain.sealed import Sealed
from projections.scorecards import ScorecardsAnswer
from projections.skill_history import SkillsAnswer
from projections.view import View


def name_scorecards(journal: Journal, view: View, answer: ScorecardsAnswer) -> ScorecardsAnswer:
    """The scorecards with names, of managers and of who confirmed."""
    names = member_names(journal, view)
    for card in answer.scorecards:
        card.name = names.get(card.member, card.name)
        for each in card.skills:
            if each.confirmed_by is not None:
                each.confirmed_by_name = names.get(each.confirmed_by, "")
    return answer


def name_skills(journal: Journal, view: View, answer: SkillsAnswer, reasons: Mapping[int, Sealed]) -> SkillsAnswer:
    """The levels with names and reasons."""
    names = member_names(journal, view)
    for line in answer.levels:
        line.name = names.get(line.member, line.name)
        if line.confirmed_by is not None:
            line.confirmed_by_name = names.get(line.confirmed_by, line.confirmed_by_name)
        if view.visibility.personal and line.position in reasons:
            line.reason = journal.people.open(reasons[line.position], "reason")
    return answer
