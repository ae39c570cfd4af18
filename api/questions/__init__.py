"""The table of contents: every read model that can be asked over HTTP, a file each."""

from __future__ import annotations

from api.endpoints import Endpoint
from api.questions import (
    audit_trail,
    balance,
    buying,
    competition,
    deliveries,
    diff,
    duplicates,
    evidence,
    explaining,
    explaining_sums,
    exposure,
    findings,
    forecast_calls,
    forecast_changes,
    forecast_scores,
    forecasting,
    health,
    maps,
    people,
    portfolio,
    qualification,
    quotes,
    replay,
    rows,
    seal,
    todo,
    visits,
    winning,
)


def question_endpoints() -> list[Endpoint]:
    """All questions."""
    return [
        *audit_trail.endpoints(),
        *balance.endpoints(),
        *buying.endpoints(),
        *competition.endpoints(),
        *deliveries.endpoints(),
        *diff.endpoints(),
        *duplicates.endpoints(),
        *evidence.endpoints(),
        *explaining.endpoints(),
        *explaining_sums.endpoints(),
        *exposure.endpoints(),
        *findings.endpoints(),
        *forecast_calls.endpoints(),
        *forecast_changes.endpoints(),
        *forecast_scores.endpoints(),
        *forecasting.endpoints(),
        *health.endpoints(),
        *maps.endpoints(),
        *people.endpoints(),
        *portfolio.endpoints(),
        *qualification.endpoints(),
        *quotes.endpoints(),
        *replay.endpoints(),
        *rows.endpoints(),
        *seal.endpoints(),
        *todo.endpoints(),
        *visits.endpoints(),
        *winning.endpoints(),
    ]
