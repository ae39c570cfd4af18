"""Findings over HTTP."""

from __future__ import annotations

from api.asking import Clocks, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of, member_of
from api.titles import entitle
from projections.findings_answer import FindingFilters, FindingsAnswer, findings


class FindingsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which findings: of a customer, of one of ours who should look at them, of rules (separated by commas)."""

    account: Named | None = None
    member: Named | None = None
    rule: str = ""
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """The findings."""
    about = "What rules of thumb say, as of any moment, with the events behind it; the weightiest first."
    return [question("/findings", "findings", about, _findings, FindingsAnswer, FindingsQuery)]


def _findings(call: Call) -> Reply:
    query = call.query(FindingsQuery)
    with viewing(call, query) as view:
        filters = FindingFilters(
            account=account_of(call, query.account),
            member=member_of(call, query.member),
            rules=tuple(name.strip() for name in query.rule.split(",") if name.strip()),
        )
        answer = findings(view, filters)
    answer.cut(query.limit)
    entitle(call.doors.journal, answer.findings)
    return Reply(answer)
