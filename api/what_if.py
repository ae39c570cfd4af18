"""What-if at the door: which questions there are, what may be stated with each, and what is supposed."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from api.policies import POLICIES
from api.titles import entitle
from domain.errors import Fault, Malformed
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.policies.calendar import day_of
from domain.policies.policy import Policy
from domain.policies.shipped_processes import DEFAULT_PROCESS
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.deals import Filters
from projections.findings_answer import FindingFilters
from projections.funnel import By
from projections.portfolio import Method
from projections.suppositions import Supposition
from projections.view import View
from projections.whatif.findings import FindingsWhatIf, findings_under
from projections.whatif.funnel import ForecastWhatIf, FunnelWhatIf, forecast_under, funnel_under
from projections.whatif.gates import GatesWhatIf, gates_under
from projections.whatif.health import HealthWhatIf, health_under
from projections.whatif.portfolio import PortfolioWhatIf, portfolio_under
from projections.whatif.service import ServiceWhatIf, service_under
from projections.whatif.side_by_side import Compared, Ends, moments_of
from projections.whatif.supposing import checked
from projections.whatif.visits import VisitsWhatIf, visits_under

Found: TypeAlias = (
    HealthWhatIf
    | PortfolioWhatIf
    | FunnelWhatIf
    | ForecastWhatIf
    | FindingsWhatIf
    | VisitsWhatIf
    | GatesWhatIf
    | ServiceWhatIf
)
FOUND = (
    HealthWhatIf,
    PortfolioWhatIf,
    FunnelWhatIf,
    ForecastWhatIf,
    FindingsWhatIf,
    VisitsWhatIf,
    GatesWhatIf,
    ServiceWhatIf,
)
DEFAULT_KEYS = {"sales-process": DEFAULT_PROCESS, "selection-model": DEFAULT_MODEL}
LISTED = {
    HealthWhatIf: "accounts",
    PortfolioWhatIf: "customers",
    FindingsWhatIf: "findings",
    VisitsWhatIf: "cadence",
}
"""The long lists of the points of an answer."""


class WhatIfQuestion(enum.StrEnum):
    """What is asked under other policies."""

    HEALTH = "health"
    PORTFOLIO = "portfolio"
    FUNNEL = "funnel"
    FORECAST = "forecast"
    FINDINGS = "findings"
    GATES = "gates"
    VISITS = "visits"
    SERVICE = "service"


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """What a question may state: of an account or person, of opportunities, of a model; a series from a `first` day to
    a `last` one, or the days of the advances."""

    account: UUID | None = None
    member: UUID | None = None
    owner: UUID | None = None
    territory: str = ""
    product: str = ""
    by: By | None = None
    period: str = ""
    model: str = DEFAULT_MODEL
    method: Method = Method.WEIGHTED
    rules: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    every: Ends | None = None

    @property
    def filters(self) -> Filters:
        """Which opportunities."""
        return Filters(owner=self.owner, territory=self.territory, product=self.product, account=self.account)


SERIES = {"first", "last", "every"}
OF_DEALS = {"owner", "territory", "product", "account"}
TAKES: dict[WhatIfQuestion, set[str]] = {
    WhatIfQuestion.HEALTH: {"account", *SERIES},
    WhatIfQuestion.PORTFOLIO: {"model", "method", *SERIES},
    WhatIfQuestion.FUNNEL: {"by", *OF_DEALS, *SERIES},
    WhatIfQuestion.FORECAST: {"period", *OF_DEALS, *SERIES},
    WhatIfQuestion.FINDINGS: {"account", "member", "rules", *SERIES},
    WhatIfQuestion.GATES: {"first", "last"},
    WhatIfQuestion.SERVICE: {"first", "last"},
    WhatIfQuestion.VISITS: {"period", "account", "member", *SERIES},
}
OF_DAYS = (WhatIfQuestion.GATES, WhatIfQuestion.SERVICE)
"""Questions about what happened on some days."""
NAMES = {"first": "from", "last": "to", "rules": "rule"}
"""What people call parameters."""

ASK: dict[WhatIfQuestion, Callable[[Compared, Parameters], Found]] = {
    WhatIfQuestion.HEALTH: lambda compared, said: health_under(compared, said.account),
    WhatIfQuestion.PORTFOLIO: lambda compared, said: portfolio_under(compared, said.model, said.method),
    WhatIfQuestion.FUNNEL: lambda compared, said: funnel_under(compared, said.filters, said.by),
    WhatIfQuestion.FORECAST: lambda compared, said: forecast_under(compared, _several(said.period), said.filters),
    WhatIfQuestion.FINDINGS: lambda compared, said: findings_under(
        compared, FindingFilters(account=said.account, member=said.member, rules=said.rules)
    ),
    WhatIfQuestion.GATES: lambda compared, said: gates_under(compared, said.first, said.last),
    WhatIfQuestion.SERVICE: lambda compared, said: service_under(compared, said.first, said.last),
    WhatIfQuestion.VISITS: lambda compared, said: visits_under(
        compared, said.period, account=said.account, member=said.member
    ),
}


def answered(
    view: View, journal: Journal, question: WhatIfQuestion, said: Parameters, supposed: Sequence[Supposition]
) -> Found:
    """A question under suppositions, side by side with what was. Raises Malformed for a parameter that it does not
    take, and what the question itself refuses."""
    _must_take(question, said)
    moments: list[datetime] = []
    if question not in OF_DAYS and (said.first or said.last or said.every):
        last = said.last or day_of(view.policies.company, view.clock.as_of)
        first = said.first or date(last.year, 1, 1)
        moments = moments_of(view, first, last, said.every or Ends.MONTH_ENDS)
    found = ASK[question](Compared(view, checked(view, supposed), moments, POLICIES), said)
    if isinstance(found, GatesWhatIf):
        entitle(journal, found.lines)
    if isinstance(found, FindingsWhatIf):
        for point in found.points:
            entitle(journal, point.findings)
    return found


def cut(answer: Found, limit: int) -> None:
    """Leave out what comes after so many lines, of each moment; `not_shown` counts it."""
    if isinstance(answer, GatesWhatIf):
        answer.not_shown, answer.lines = max(len(answer.lines) - limit, 0), answer.lines[:limit]
        return
    if isinstance(answer, ServiceWhatIf):
        answer.not_shown, answer.issues = max(len(answer.issues) - limit, 0), answer.issues[:limit]
        return
    if name := LISTED.get(type(answer)):
        for point in answer.points:
            lines = getattr(point, name)
            setattr(point, name, lines[:limit])
            setattr(point, "not_shown", max(len(lines) - limit, 0))  # noqa: B010  # all that are listed have it


def kind_of(field: str, word: str) -> type[Policy]:
    """The kind of policy that a word names. Raises Malformed, which names what there is."""
    if word not in POLICIES:
        raise Malformed(Fault(field, word[:80], say("no policy; there are: {known}", known=", ".join(POLICIES))))
    return POLICIES[word]


def key_for(kind: str, key: str, document: Any = None) -> str:
    """The key that is stated, or that of the document, or the one that is shipped; empty where a kind has none."""
    if not POLICIES[kind].keyed_by:
        return key
    own = document.get("key") if isinstance(document, dict) else None
    return key or (own if isinstance(own, str) else "") or DEFAULT_KEYS.get(kind, "")


def must_have_no_key(field: str, kind: str, key: str) -> None:
    """Refuse a key where the company has one policy of the kind."""
    if key and not POLICIES[kind].keyed_by:
        raise Malformed(Fault(field, key[:80], say("{kind} has no key: leave it out", kind=kind)))


def _must_take(question: WhatIfQuestion, said: Parameters) -> None:
    left_out = Parameters()
    taken = TAKES[question]
    faults = [
        Fault(NAMES.get(name, name), str(getattr(said, name)), _takes(question, taken))
        for name in said.__struct_fields__
        if name not in taken and getattr(said, name) != getattr(left_out, name)
    ]
    if faults:
        raise Malformed(*faults)


def _takes(question: WhatIfQuestion, taken: Collection[str]) -> str:
    known = ", ".join(sorted(NAMES.get(each, each) for each in taken))
    return say("{question} takes: {known}", question=question.value, known=known)


def _several(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]
