"""Manager scorecards and levels of skill over HTTP."""

from __future__ import annotations

from api.asking import Clocks, Limit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, member_of
from api.skill_names import name_scorecards, name_skills
from projections.scorecards import ScorecardsAnswer, scorecards
from projections.skill_history import SkillsAnswer, skill_history


class ScorecardsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Scorecards of a quarter, month or fiscal year; the running quarter if left out."""

    member: Named | None = None
    period: str = ""
    limit: Limit = 50


class SkillsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Levels of skill over time, of all whom the asker sees or of one."""

    member: Named | None = None
    limit: Limit = 200


def endpoints() -> list[Endpoint]:
    """Scorecards and skills."""
    card = "Managers: load, coverage, results, five dimensions of skill, from recorded facts; yours and your people's."
    skills = "Levels of skill that were confirmed, over time; yours and your people's."
    return [
        question("/scorecards", "scorecards", card, _scorecards, ScorecardsAnswer, ScorecardsQuery),
        question("/skills", "skills", skills, _skills, SkillsAnswer, SkillsQuery),
    ]


def _scorecards(call: Call) -> Reply:
    query = call.query(ScorecardsQuery)
    with viewing(call, query) as view:
        answer = scorecards(view, query.period, member=member_of(call, query.member))
        answer.cut(query.limit)
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(name_scorecards(call.doors.journal, view, answer))


def _skills(call: Call) -> Reply:
    query = call.query(SkillsQuery)
    with viewing(call, query) as view:
        answer, reasons = skill_history(view, member_of(call, query.member))
        answer.cut(query.limit)
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(name_skills(call.doors.journal, view, answer, reasons))
