"""Explanations over HTTP: the events behind figures that are sums over rows."""

from __future__ import annotations

from datetime import date

from api.asking import Clocks, Limit, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.explaining import told
from api.identity import Named, account_of, identified, member_of
from api.questions.explaining import Skip, group_of
from api.questions.visits import seen_account
from domain.opportunity.opportunity import Opportunity
from domain.policies.selection_model import OVERALL
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.explained import Explanation
from projections.explained_balance import BalanceCell, explain_balance
from projections.explained_cost import CostCell, explain_cost
from projections.explained_deals import Page
from projections.explained_portfolio import PortfolioCell, explain_portfolio
from projections.explained_visits import VisitsCell, explain_visits
from projections.view import View
from projections.winning_cost import CostBy


class ExplainCostQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """A figure of the cost of winning: of an `opportunity`, of one `group` of a grouping, else of all."""

    cell: str = "cost"
    opportunity: Named | None = None
    by: CostBy | None = None
    group: str | None = None
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


class ExplainVisitsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """A count of visit discipline in a `period` (a month, quarter or year; default: the running month)."""

    cell: str = "planned"
    period: str = ""
    member: Named | None = None
    account: Named | None = None
    outlets_of: Named | None = None
    order: str = "time"
    limit: Limit = 20
    skip: Skip = 0


class ExplainPortfolioQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """A figure of a customer in the portfolio: `cell` is overall, a group of criteria, revenue, margin or share."""

    cell: str = OVERALL
    model: str = DEFAULT_MODEL
    order: str = "amount"
    limit: Limit = 20
    skip: Skip = 0


def endpoints() -> list[Endpoint]:
    """Every explanation of a sum."""
    cost = "The resources, concessions and samples behind a figure of the cost of winning."
    balance = "What was given, promised and done together behind a figure of the balance of both sides."
    visits = "The visits that a count of visit discipline counts, with their events."
    portfolio = "The criteria or purchases behind a figure of a customer in the portfolio."
    customer = "/explain/portfolio/{account}"
    return [
        question("/explain/cost", "explain-cost", cost, _cost, Explanation, ExplainCostQuery),
        question("/explain/balance", "explain-balance", balance, _balance, Explanation, ExplainBalanceQuery),
        question("/explain/visits", "explain-visits", visits, _visits, Explanation, ExplainVisitsQuery),
        question(customer, "explain-portfolio", portfolio, _portfolio, Explanation, ExplainPortfolioQuery),
    ]


def _told(call: Call, view: View, answer: Explanation) -> Reply:
    call.opened_personal = call.opened_personal or view.visibility.personal
    return Reply(told(call.doors.journal, view, answer))


def _cost(call: Call) -> Reply:
    query = call.query(ExplainCostQuery)
    with viewing(call, query) as view:
        one = identified(call, Opportunity, query.opportunity) if query.opportunity else None
        cell = CostCell(
            cell=query.cell,
            opportunity=one,
            by=query.by,
            group=group_of(query.by, query.group),
            kind=query.kind,
            stage=query.stage,
        )
        page = Page(query.limit, query.skip, query.order)
        return _told(call, view, explain_cost(view, cell, query.filters(call), page))


def _balance(call: Call) -> Reply:
    query = call.query(ExplainBalanceQuery)
    with viewing(call, query) as view:
        account = account_of(call, query.account)
        cell = BalanceCell(cell=query.cell, account=account, since=query.since, kind=query.kind)
        return _told(call, view, explain_balance(view, cell, Page(query.limit, query.skip, query.order)))


def _visits(call: Call) -> Reply:
    query = call.query(ExplainVisitsQuery)
    with viewing(call, query) as view:
        account, outlets_of = (seen_account(call, stated) for stated in (query.account, query.outlets_of))
        about = {"member": member_of(call, query.member), "account": account, "outlets_of": outlets_of}
        cell = VisitsCell(cell=query.cell, period=query.period, **about)
        return _told(call, view, explain_visits(view, cell, Page(query.limit, query.skip, query.order)))


def _portfolio(call: Call) -> Reply:
    query = call.query(ExplainPortfolioQuery)
    with viewing(call, query) as view:
        account = account_of(call, call.path["account"])
        assert account is not None
        cell = PortfolioCell(account=account, cell=query.cell, model=query.model)
        return _told(call, view, explain_portfolio(view, cell, Page(query.limit, query.skip, query.order)))
