"""The balance of both sides over HTTP."""

from __future__ import annotations

from datetime import date

from api.asking import Clocks, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of
from projections.balance import balance
from projections.balance_answer import BalanceAnswer


class BalanceQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The balance of all accounts or of one; `since` is the first day of the company's calendar that counts."""

    account: Named | None = None
    since: date | None = None
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """What both sides gave and promised each other."""
    about = "What both sides gave, received and promised each other, of all accounts or of one, as of any moment."
    return [question("/balance", "balance", about, _balance, BalanceAnswer, BalanceQuery)]


def _balance(call: Call) -> Reply:
    query = call.query(BalanceQuery)
    with viewing(call, query) as view:
        answer = balance(view, account_of(call, query.account), since=query.since)
        answer.cut(query.limit)
        return Reply(answer)
