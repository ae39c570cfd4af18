"""What an account is worth: opportunities, quotes, deliveries, purchases, and what one side gave the other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from api.console.accounts.scope import Scope
from api.console.formats import money, period
from api.console.rendering import Links
from api.process_words import process_words
from api.titles import entitle, openings
from domain.language.catalogue import either, say
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.balance import balance
from projections.buying import buying_by_quarter
from projections.buying_figures import QuarterBought
from projections.commitments import COMMITMENTS, CommitmentRow
from projections.deals import Filters
from projections.delivery_status import deliveries
from projections.needs import NEEDS, NeedRow
from projections.open_quotes import quotes
from projections.opportunities import FUNNEL, FunnelRow
from projections.portfolio_brought import brought
from projections.portfolio_facts import period_of_model
from projections.portfolio_line import line_in_portfolio
from projections.seen import Seen, all_rows_as_of, rows_as_of

MOST = 50
QUARTERS = 6


def opportunities(scope: Scope) -> dict[str, Any]:
    """Opportunities, the open ones first, with quotes and deliveries."""
    view, filters = scope.view, Filters(account=scope.id)
    found = all_rows_as_of(view, FUNNEL, FunnelRow, "account = any(%(accounts)s)", accounts=scope.together)
    found.sort(key=lambda each: (each.row.outcome != "", -_at(each)))
    answers = quotes(view, filters), deliveries(view, filters)
    entitle(scope.journal, [*answers[0].quotes, *answers[1].deliveries])
    titles = openings(scope.journal, [each.key for each in found[:MOST]])
    return {
        "deals": [(each, titles[each.key]) for each in found[:MOST]],
        "count": len(found),
        "stages": process_words(view),
        "quotes": answers[0].quotes,
        "deliveries": answers[1].deliveries,
        "members": scope.members,
    }


def _at(deal: Seen[FunnelRow]) -> float:
    moment = deal.row.closed or deal.row.opened
    return moment.timestamp() if moment else 0.0


def purchases(scope: Scope) -> dict[str, Any]:
    """What it buys: rhythm, mix by product line, share of what it buys in all, punctuality of payments; by quarter,
    against the year before."""
    answer, quarters = buying_by_quarter(scope.view, scope.id, QUARTERS)
    bought = next(iter(answer.accounts), None)
    most = max((each.revenue for each in bought.mix), default=Decimal(0)) if bought else Decimal(0)
    has_any = any(each.positions or each.positions_before for each in quarters)
    return {
        "bought": bought,
        "answer": answer,
        "most": most,
        "quarters": quarters if has_any else [],
        "chart": _by_quarter(scope, quarters, answer.currency),
    }


def _by_quarter(scope: Scope, quarters: Sequence[QuarterBought], currency: str) -> dict[str, Any]:
    """The quarters as bars beside those of the year before; each bar leads to the purchases behind it."""
    behind = Links(scope.frame).behind

    def bar(amount: Decimal, positions: Sequence[int]) -> dict[str, Any]:
        link = {"href": behind(positions, None), "panel": True} if positions else {}
        return {"value": float(amount), "text": money(amount, currency), **link}

    return {
        "names": [period(each.period) for each in quarters],
        "series": [
            {"name": say("A year before"), "bars": [bar(each.before, each.positions_before) for each in quarters]},
            {"name": say("Bought"), "bars": [bar(each.revenue, each.positions) for each in quarters]},
        ],
    }


def worth(scope: Scope) -> dict[str, Any]:
    """What the account is worth among all: class, score, where it lies in the matrices."""
    view = scope.frame_view
    line = line_in_portfolio(view, scope.id)
    model = view.policies.selection_model(DEFAULT_MODEL)
    cells = [
        (either(matrix.name, matrix.name_zh), say(cell))
        for matrix in model.matrices
        if line and (cell := line.cells[matrix.key].cell)
    ]
    since = period_of_model(view, model).first
    named = either(model.name, model.name_zh)
    return {"line": line, "since": since, "cells": cells, "model": named, "of_all": view.visible_accounts() is None}


def abc(scope: Scope) -> dict[str, Any]:
    """The class that what it brings makes among all that the asker sees; None where it is in no portfolio."""
    view = scope.frame_view
    found = brought(view).get(scope.id)
    return {"abc": found.abc if found else None, "of_all": view.visible_accounts() is None}


def promises(scope: Scope) -> dict[str, Any]:
    """What was promised and needed, what each side gave."""
    view = scope.view
    where, asked = "account = any(%(accounts)s)", {"accounts": scope.together}
    commitments = rows_as_of(view, COMMITMENTS, CommitmentRow, where, **asked)
    needs = rows_as_of(view, NEEDS, NeedRow, where, **asked)
    found = balance(view, scope.id)
    return {
        "commitments": sorted(commitments, key=lambda each: (each.row.status != "open", str(each.row.due_on)))[:MOST],
        "needs": sorted(needs, key=lambda each: (each.row.status != "open", -each.row.importance))[:MOST],
        "balance": next(iter(found.accounts), None),
        "members": scope.members,
        "read": scope.read,
        "today": None,
    }
