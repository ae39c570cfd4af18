"""Deliveries after winning, over HTTP."""

from __future__ import annotations

from api.asking import Limit, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.titles import entitle
from projections.delivery_status import DeliveriesAnswer, deliveries


class DeliveriesQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Deliveries of what was won; `period` is that of the expected close of the opportunity."""

    limit: Limit = 50


def endpoints() -> list[Endpoint]:
    """The deliveries."""
    about = "What was promised after winning: reached, missed or late as of then, and accepted; the latest first."
    return [question("/deliveries", "deliveries", about, _deliveries, DeliveriesAnswer, DeliveriesQuery)]


def _deliveries(call: Call) -> Reply:
    query = call.query(DeliveriesQuery)
    with viewing(call, query) as view:
        answer = deliveries(view, query.filters(call))
        answer.cut(query.limit)
        entitle(call.doors.journal, answer.deliveries)
        return Reply(answer)
