"""The table of contents: every read model that can be asked over HTTP, a file each."""

from __future__ import annotations

from api.endpoints import Endpoint
from api.questions import (
    balance,
    buying,
    competition,
    deliveries,
    duplicates,
    exposure,
    maps,
    portfolio,
    qualification,
    quotes,
    visits,
    winning,
)


def question_endpoints() -> list[Endpoint]:
    """All questions."""
    return [
        *balance.endpoints(),
        *buying.endpoints(),
        *duplicates.endpoints(),
        *exposure.endpoints(),
        *maps.endpoints(),
        *portfolio.endpoints(),
        *winning.endpoints(),
        *quotes.endpoints(),
        *deliveries.endpoints(),
        *competition.endpoints(),
        *qualification.endpoints(),
        *visits.endpoints(),
    ]
