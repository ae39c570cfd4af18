"""Buying behaviour over HTTP."""

from __future__ import annotations

from datetime import date

import msgspec

from api.asking import Clocks, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of
from projections.buying import BuyingAnswer, buying


class BuyingQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Buying behaviour, of all accounts or of one; `from` is the first day of the period that ends with `as_of`."""

    account: Named | None = None
    since: date | None = msgspec.field(default=None, name="from")
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """Buying behaviour."""
    about = "How often, what and how much accounts buy, how punctually they pay, what they cost us."
    return [question("/buying-behaviour", "buying", about, _buying, BuyingAnswer, BuyingQuery)]


def _buying(call: Call) -> Reply:
    query = call.query(BuyingQuery)
    with viewing(call, query) as view:
        answer = buying(view, account_of(call, query.account), query.since)
        answer.cut(query.limit)
        return Reply(answer)
