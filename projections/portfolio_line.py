"""Where one customer stands in the portfolio: what all bring makes its class, the rest is of its own facts."""

from __future__ import annotations

from uuid import UUID

from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.portfolio import PortfolioLine, line_of
from projections.portfolio_brought import brought
from projections.portfolio_facts import customers, period_of_model
from projections.view import View


def line_in_portfolio(view: View, account: UUID) -> PortfolioLine | None:
    """The line of `portfolio` for a customer, without its rank and the events behind its amounts; None where the asker
    sees no such customer. Raises SelectionModelUnknown."""
    found = brought(view).get(account)
    if found is None:
        return None
    model = view.policies.selection_model(DEFAULT_MODEL)
    alone = customers(view.among([account]), model, period_of_model(view, model), positions=False)
    return line_of(model, alone[account], found.place)
