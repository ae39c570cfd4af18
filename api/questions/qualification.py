"""Qualification (商机评估) over HTTP: side by side, and which answers went with winning."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from api.asking import Clocks, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.opening import opened
from projections.proportions import FLOOR
from projections.qualification import QualificationAnswer, qualification
from projections.qualification_insight import Asked, InsightAnswer, When, insight

Floor = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Days = Annotated[int, msgspec.Meta(ge=0, le=3_650)]


class QualificationQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when, known when."""


class InsightQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Of deals closed `from` to `to` (default: the fiscal year up to `as_of`). `when` says as of when answers count:
    half of the deal's life, `days` before its end, or when it first entered `stage`. Nothing is said about fewer than
    `floor` closed deals on each side; `period` is that of the expected close."""

    since: date | None = msgspec.field(default=None, name="from")
    to: date | None = None
    process: str = ""
    when: When = When.HALF_LIFE
    days: Days = 30
    stage: str = ""
    floor: Floor = FLOOR


def endpoints() -> list[Endpoint]:
    """The side by side of an opportunity; the insight."""
    side_by_side = "The questions of its process, our answers and each competitor's; what the next gate still asks."
    learned = "Which answers, known when, went with winning: win rates and their difference, with intervals."
    return [
        question(
            "/opportunities/{id}/qualification", "Opportunity.qualification", side_by_side, _side_by_side,
            QualificationAnswer, QualificationQuery,
        ),
        question("/qualification-insight", "insight", learned, _insight, InsightAnswer, InsightQuery),
    ]  # fmt: skip


def _side_by_side(call: Call) -> Reply:
    with viewing(call, call.query(QualificationQuery)) as view:
        return Reply(qualification(view, call.path["id"], lambda text: opened(call, text, "evidence")))


def _insight(call: Call) -> Reply:
    query = call.query(InsightQuery)
    asked = Asked(
        since=query.since,
        until=query.to,
        process=query.process,
        when=query.when,
        days=query.days,
        stage=query.stage,
        floor=query.floor,
    )
    with viewing(call, query) as view:
        return Reply(insight(view, query.filters(call), asked))
