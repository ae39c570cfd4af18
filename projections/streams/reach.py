"""What a filter reaches now: the same for every transport that brings it."""

from __future__ import annotations

from uuid import UUID

import msgspec
import psycopg

from domain.account.account import Account
from domain.journal.journal import Journal
from domain.policies.territories import Territories
from domain.rights import TERRITORIES, Rights
from domain.subscription.subscription import StreamFilter

_MERGED = "select distinct aggregate_id from events where topic = 'Account.AccountsMerged'"


def reached(journal: Journal, rights: Rights, wanted: StreamFilter) -> StreamFilter:
    """A filter with what belongs to what it names, as of now: to an account those merged into it, directly or by way of
    others; to a territory all that lie below it. What of these may be brought is judged event by event."""
    return msgspec.structs.replace(
        wanted,
        accounts=_with_those_merged(journal, rights, wanted.accounts),
        territories=_with_those_below(rights, wanted.territories),
    )


def _with_those_merged(journal: Journal, rights: Rights, stated: tuple[UUID, ...]) -> tuple[UUID, ...]:
    if not stated:
        return ()
    merged = journal.streams.read(_merged)
    accounts = rights.readable_accounts_of(dict.fromkeys(merged, Account))
    leads_to = {key: each.merged.into for key, each in accounts.items() if each.merged is not None}
    found = dict.fromkeys(stated)
    waiting = list(stated)
    while waiting:
        into = waiting.pop()
        more = sorted(key for key, to in leads_to.items() if to == into and key not in found)
        found |= dict.fromkeys(more)
        waiting += more
    return tuple(found)


def _merged(connection: psycopg.Connection) -> list[UUID]:
    return [key for (key,) in connection.execute(_MERGED)]


def _with_those_below(rights: Rights, stated: tuple[str, ...]) -> tuple[str, ...]:
    """A territory that was removed stands for itself: events keep it."""
    if not stated:
        return ()
    tree = rights.newest.state(Territories, TERRITORIES)
    return tuple(dict.fromkeys(key for each in stated for key in tree.below(each)))
