"""Why a customer is in the key position: every decision with its justification, every criterion, every position."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.key_status import KEY_STATUS
from projections.portfolio import Method, PortfolioLine, order_of, ranked
from projections.portfolio_facts import Score, customers, period_of_model
from projections.versions import versions_sql
from projections.view import Answer, View

COLUMNS = (
    "relationship_type, decision, decided, justification, improvement, review_due, override, model, edition,"
    " portfolio_reason"
)


class Decision(msgspec.Struct):
    """A decision about key status: granted, keep, promote, demote or withdrawn; the relationship type after it (empty
    where there is none any more), why, what we change, and the position of its event; for a grant what it rested on:
    a model's edition, or an override, and the reason for one more than the portfolio's limit."""

    position: int
    account: UUID
    at: datetime
    decision: str
    relationship_type: str
    justification: str
    improvement: str
    review_due: date | None
    override: str
    model: str
    edition: int | None
    portfolio_reason: str


class CriterionScore(msgspec.Struct):
    """What a criterion of the model got, 0 to 10; None where the newest score does not have it."""

    criterion: str
    name: str
    name_zh: str
    group: str
    weight: Decimal
    score: Decimal | None
    grades: dict[str, Decimal]


class WhyAnswer(Answer, kw_only=True):
    """The customer's place in the portfolio, its scores by the criteria of the edition that holds, and the history of
    its key status, the newest decision first."""

    model: str
    edition: int
    objective: str
    customer: PortfolioLine
    criteria: list[CriterionScore]
    history: list[Decision]


def why(view: View, account: UUID, model: str = DEFAULT_MODEL) -> WhyAnswer:
    """Why this customer is in the key position, or is not. Raises NotFound, SelectionModelUnknown."""
    wanted = view.leads_to(account)
    selection = view.policies.selection_model(model)
    selection.must_exist(model)
    found = customers(view, selection, period_of_model(view, selection))
    if wanted not in found:
        raise NotFound(kind="account", key=account)
    score = found[wanted].score
    lines = ranked(selection, found, order_of(selection, Method.WEIGHTED))
    line = next(line for line in lines if line.account == wanted)
    return WhyAnswer(
        **view.head(),
        model=selection.key,
        edition=selection.edition,
        objective=selection.objective,
        customer=line,
        criteria=[
            CriterionScore(
                criterion=each.key,
                name=each.name,
                name_zh=each.name_zh,
                group=each.group,
                weight=each.weight,
                score=score.scores.get(each.key) if score else None,
                grades=_grades(score, each.key),
            )
            for each in selection.criteria
        ],
        history=_history(view, wanted),
    )


def _grades(score: Score | None, criterion: str) -> dict[str, Decimal]:
    return score.grades.get(criterion, {}) if score else {}


def _history(view: View, account: UUID) -> list[Decision]:
    sql = versions_sql(KEY_STATUS, COLUMNS, "key = any(%(accounts)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(accounts=view.together(account)))
    found: dict[int, Decision] = {}
    for key, _, cause, relationship_type, decision, decided, why, improvement, due, *rested_on in rows:
        basis = rested_on if decision == "granted" else ["", "", None, ""]
        found[cause] = Decision(cause, key, decided, decision, relationship_type, why, improvement, due, *basis)
    return sorted(found.values(), key=lambda each: (each.at, each.position), reverse=True)
