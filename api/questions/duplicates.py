"""Candidates for a merge over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.asking import Clocks, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of
from projections.duplicates import duplicates
from projections.duplicates_answer import DuplicatesAnswer


class DuplicatesQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Candidates among all accounts, or of one with others; `at_least` is the lowest score, 0 to 100."""

    account: Named | None = None
    at_least: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """Accounts that may be one customer."""
    about = "Accounts that may be one customer, why, and how sure: by name, tax number, website, address."
    return [
        question("/accounts/duplicates", "Account.duplicates", about, _duplicates, DuplicatesAnswer, DuplicatesQuery)
    ]


def _duplicates(call: Call) -> Reply:
    query = call.query(DuplicatesQuery)
    with viewing(call, query) as view:
        answer = duplicates(view, account_of(call, query.account), query.at_least)
        answer.cut(query.limit)
        return Reply(answer)
