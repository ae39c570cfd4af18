"""The feed: every event once, in order, with what it changed by what was known then, whoever publishes it."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from domain.account.account import Account
from domain.aggregate import ROOTS, Aggregate, Recorded, Withdrawal
from domain.belonging import COMPANYWIDE, OWNED
from domain.changes import Change, changes, taken_back
from domain.journal.journal import Journal
from domain.subscription.subscription import StreamFilter
from projections.streams.envelope import enveloped
from projections.streams.feed import Feed
from projections.streams.reading import FeedRow, page
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import Journal as Told

SEEDS = range(3)
ALL = StreamFilter()


@contextlib.contextmanager
def domain_journal(url: str) -> Iterator[Journal]:
    journal = Journal(url)
    yield journal
    journal.close()


def emptied(url: str) -> None:
    """An empty feed, as after a restore."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter table feed disable trigger feed_stays; truncate feed")
        connection.execute("alter table feed enable trigger feed_stays")


def whole(journal: Journal) -> list[FeedRow]:
    with journal.pool.connection() as connection:
        return page(connection, 0, 100_000, ALL).rows


def naive(journal: Journal) -> list[tuple[Any, ...]]:
    """Position, account, territory, envelope and what is sealed, each event by itself from the whole history."""
    facts = journal.streams.facts(0, 100_000)
    found = []
    for fact in facts:
        account = account_of(journal, fact)
        known = [one for one in facts if one.position <= fact.position]
        of_account = state_of([one for one in known if one.originator_id == account]) if account else None
        territory = of_account.profile.territory if isinstance(of_account, Account) else ""
        history = [one for one in known if one.originator_id == fact.originator_id]
        made = enveloped(fact, changed(history), account, territory)
        found.append((fact.position, account, territory, made.event, made.sealed))
    return found


def changed(history: list[Recorded]) -> list[Change] | None:
    """What the last fact of a history changed, None where it cannot be folded."""
    *before, fact = history
    if isinstance(fact.event, Withdrawal):
        gone = next((one.event for one in before if one.position == fact.event.position), None)
        return taken_back(state_of(before), state_of(before, fact.event.position), gone) if gone else []
    earlier = {one.position for one in before if one.occurred_at <= fact.occurred_at}
    state = state_of(before, only=earlier) if before else ROOTS[root_of(fact)](id=fact.originator_id)
    try:
        return changes(state, fact)
    except Exception:
        return None


def state_of(history: list[Recorded], *withdrawn: int, only: set[int] | None = None) -> Aggregate:
    """The state of some facts; one that cannot be folded stops no other."""
    gone = {one.event.position for one in history if isinstance(one.event, Withdrawal)} | set(withdrawn)
    state = ROOTS[root_of(history[0])](id=history[0].originator_id)
    for fact in sorted(history, key=lambda one: (one.occurred_at, one.originator_version)):
        if fact.position not in gone and (only is None or fact.position in only):
            with contextlib.suppress(Exception):
                state.fold(fact)
    return state


def root_of(fact: Recorded) -> str:
    return fact.event.topic.partition(".")[0]


def account_of(journal: Journal, fact: Recorded) -> UUID | None:
    kind = root_of(fact)
    if kind == Account.__name__:
        return fact.originator_id
    if kind in {root.__name__ for root in COMPANYWIDE}:
        event: Any = fact.event
        stated = journal.streams.at([event.position])[event.position].event if isinstance(event, Withdrawal) else event
        named: UUID | None = getattr(stated, "account", None)
        return named
    if kind not in {root.__name__ for root in OWNED}:
        return None
    opening: Any = journal.streams.openings([fact.originator_id])[fact.originator_id].event
    account: UUID | None = opening.account
    return account


def told(rows: list[FeedRow]) -> list[tuple[Any, ...]]:
    return [(row.position, row.account, row.territory, row.event, row.sealed) for row in rows]


@pytest.mark.parametrize("seed", SEEDS)
def test_on_random_histories_every_event_says_what_it_changed_by_what_was_known_then(journal: Told, seed: int) -> None:
    Chronicle(seed, Business(facts=500, withdrawn=0.08, merges=seed % 2 == 0)).write(journal)
    chance = random.Random(seed)
    with domain_journal(journal.url) as read:
        expected = naive(read)
        emptied(journal.url)
        assert Feed(read).publish(10_000) == len(expected)
        at_once = whole(read)
        assert told(at_once) == expected
        assert [row.whole for row in at_once] == [b'"changesunknown":true' not in row.event for row in at_once]

        emptied(journal.url)
        workers = [Feed(read), Feed(read, states=3, facts=40), Feed(read, facts=1)]
        while chance.choice(workers).publish(chance.choice((1, 2, 7, 40))) < len(expected):
            if chance.random() < 0.1:
                workers[chance.randrange(3)] = Feed(read)
        assert whole(read) == at_once


def test_what_is_written_as_it_is_reads_like_what_is_taken_apart(
    journal: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    Chronicle(7, Business(facts=500)).write(journal)
    with domain_journal(journal.url) as read:
        emptied(journal.url)
        Feed(read).publish(10_000)
        quick = whole(read)
        emptied(journal.url)
        taken_apart = (msgspec.Struct, dict, list, tuple, set, frozenset)
        monkeypatch.setattr("projections.streams.envelope._bare", lambda kind: not issubclass(kind, taken_apart))
        Feed(read).publish(10_000)
        assert whole(read) == quick
