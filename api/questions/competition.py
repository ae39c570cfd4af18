"""Competition (竞争) over HTTP."""

from __future__ import annotations

from datetime import date

import msgspec

from api.asking import Clocks, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.opening import opened
from api.questions.qualification import Floor
from projections.competition import CompetitionAnswer, competition
from projections.contest import ContestAnswer, contest
from projections.proportions import FLOOR


class CompetitionQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Of deals closed `from` to `to` (default: the fiscal year up to `as_of`), and the open ones; `competitor` asks
    about one, with its open deals; no rate is said of fewer than `floor` deals; `period` is that of the expected
    close."""

    competitor: str = ""
    since: date | None = msgspec.field(default=None, name="from")
    to: date | None = None
    floor: Floor = FLOOR


class ContestQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when, known when."""


def endpoints() -> list[Endpoint]:
    """Competition at large, and the contest for one opportunity."""
    about = "Who wins against whom with which strategy, on what, and by which criteria competitors lead."
    one = "Its decision criteria and process, its competitors, and our strategy against them."
    path = "/opportunities/{id}/contest"
    return [
        question("/competition", "competition", about, _competition, CompetitionAnswer, CompetitionQuery),
        question(path, "Opportunity.contest", one, _contest, ContestAnswer, ContestQuery),
    ]


def _contest(call: Call) -> Reply:
    with viewing(call, call.query(ContestQuery)) as view:
        return Reply(contest(view, call.path["id"], lambda text, field: opened(call, text, field)))


def _competition(call: Call) -> Reply:
    query = call.query(CompetitionQuery)
    with viewing(call, query) as view:
        return Reply(
            competition(
                view,
                query.filters(call),
                competitor=query.competitor,
                since=query.since,
                until=query.to,
                floor=query.floor,
                read=lambda text: opened(call, text, "text"),
            )
        )
