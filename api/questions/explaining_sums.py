"""Explanations over HTTP: the events behind figures that are sums over rows."""

from __future__ import annotations

from datetime import date

from api.asking import Clocks, Limit, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.explaining import told
from api.identity import Named, account_of, identified
from api.questions.explaining import Skip
from domain.opportunity.opportunity import Opportunity
from projections.explained import Explanation
from projections.explained_balance import BalanceCell, explain_balance
from projections.explained_cost import CostCell, explain_cost
from projections.explained_deals import Page
from projections.view import View
from projections.winning_cost import CostBy


class ExplainCostQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """A figure of the cost of winning: of an `opportunity`, of one `group` of a grouping, else of all."""

    cell: str = "cost"
    opportunity: Named | None = None
    by: CostBy | None = None
    group: str = ""
    kind: str = ""
    stage: str = ""
    order: str = "amount"
    limit: Limit = 20
    skip: Skip = 0


class ExplainBalanceQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """A figure of the balance, such as given.total or ours.overdue; `since` is the first day that counts, `kind` takes
    value of one kind alone."""

    cell: str = "given.total"
    account: Named | None = None
    since: date | None = None
    kind: str = ""
    order: str = "amount"
    limit: Limit = 20
    skip: Skip = 0


def endpoints() -> list[Endpoint]:
    """Every explanation of a sum."""
    cost = "The resources, concessions and samples behind a figure of the cost of winning."
    balance = "What was given, promised and done together behind a figure of the balance of both sides."
    return [
        question("/explain/cost", "explain-cost", cost, _cost, Explanation, ExplainCostQuery),
        question("/explain/balance", "explain-balance", balance, _balance, Explanation, ExplainBalanceQuery),
    ]


def _told(call: Call, view: View, answer: Explanation) -> Reply:
    call.opened_personal = call.opened_personal or view.visibility.personal
    return Reply(told(call.doors.journal, view, answer))


def _cost(call: Call) -> Reply:
    query = call.query(ExplainCostQuery)
    with viewing(call, query) as view:
        one = identified(call, Opportunity, query.opportunity) if query.opportunity else None
        cell = CostCell(
            cell=query.cell, opportunity=one, by=query.by, group=query.group, kind=query.kind, stage=query.stage
        )
        page = Page(query.limit, query.skip, query.order)
        return _told(call, view, explain_cost(view, cell, query.filters(call), page))


def _balance(call: Call) -> Reply:
    query = call.query(ExplainBalanceQuery)
    with viewing(call, query) as view:
        account = account_of(call, query.account)
        cell = BalanceCell(cell=query.cell, account=account, since=query.since, kind=query.kind)
        return _told(call, view, explain_balance(view, cell, Page(query.limit, query.skip, query.order)))
