"""The portfolio over HTTP."""

from __future__ import annotations

from api.asking import Clocks, question, viewing
from api.endpoints import Call, Endpoint, Reply
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.portfolio import Method, PortfolioAnswer, portfolio
from projections.portfolio_why import WhyAnswer, why


class PortfolioQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The portfolio, ranked by a method of a selection model; with `reviews_due` only the reviews that are due."""

    model: str = DEFAULT_MODEL
    method: Method = Method.WEIGHTED
    reviews_due: bool = False


class WhyQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Why a customer is in the key position, by the criteria of a selection model."""

    model: str = DEFAULT_MODEL


def endpoints() -> list[Endpoint]:
    """The portfolio, and why a customer is in it."""
    about = "Customers ranked by a selection model: scores, classes, matrices, standing, reviews, what is proposed."
    reasons = "Why a customer is a key account: its standing with each justification, its scores per criterion."
    return [
        question("/portfolio", "portfolio", about, _portfolio, PortfolioAnswer, PortfolioQuery),
        question("/accounts/{id}/portfolio", "Account.portfolio", reasons, _why, WhyAnswer, WhyQuery),
    ]


def _portfolio(call: Call) -> Reply:
    query = call.query(PortfolioQuery)
    with viewing(call, query) as view:
        return Reply(portfolio(view, query.model, query.method, reviews_due=query.reviews_due))


def _why(call: Call) -> Reply:
    query = call.query(WhyQuery)
    with viewing(call, query) as view:
        return Reply(why(view, call.path["id"], query.model))
