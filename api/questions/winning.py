"""The cost of winning over HTTP."""

from __future__ import annotations

from api.asking import Limit, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, identified
from api.names import with_names
from api.titles import entitle
from domain.opportunity.opportunity import Opportunity
from projections.winning_cost import CostAnswer, CostBy, cost_of_winning


class CostQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """The cost of winning; `period` is that of the expected close. The `limit` dearest opportunities are listed, the
    totals are of all."""

    opportunity: Named | None = None
    by: CostBy | None = None
    limit: Limit = 50


def endpoints() -> list[Endpoint]:
    """The cost of winning."""
    about = "What winning costs: resources against what was allowed and won, per opportunity and grouped."
    return [question("/cost-of-winning", "cost of winning", about, _cost, CostAnswer, CostQuery)]


def _cost(call: Call) -> Reply:
    query = call.query(CostQuery)
    with viewing(call, query) as view:
        one = identified(call, Opportunity, query.opportunity) if query.opportunity else None
        answer = cost_of_winning(view, query.filters(call), by=query.by, opportunity=one)
        answer.cut(query.limit)
        entitle(call.doors.journal, answer.opportunities)
        call.opened_personal = call.opened_personal or (query.by is CostBy.OWNER and view.visibility.personal)
        return Reply(with_names(call.doors.journal, view, answer, query.by))
