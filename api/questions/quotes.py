"""Quotes and their follow-up over HTTP."""

from __future__ import annotations

from api.asking import Limit, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.titles import entitle
from projections.open_quotes import QuotesAnswer, quotes


class QuotesQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Open quotes, or `all`; `period` is that of the expected close of the opportunity."""

    all: bool = False
    limit: Limit = 50


def endpoints() -> list[Endpoint]:
    """The quotes."""
    about = "Open quotes: until when they are valid, which follow-up is due; the urgent ones first."
    return [question("/quotes", "quotes", about, _quotes, QuotesAnswer, QuotesQuery)]


def _quotes(call: Call) -> Reply:
    query = call.query(QuotesQuery)
    with viewing(call, query) as view:
        answer = quotes(view, query.filters(call), every=query.all)
        answer.cut(query.limit)
        entitle(call.doors.journal, answer.quotes)
        return Reply(answer)
