"""Reading the feed: what fits a filter, bounded work for a page, everything in flat memory, brought up on demand."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from domain.account.account import Account
from domain.aggregate import Recorded
from domain.journal.journal import Journal
from domain.opportunity.opportunity import Opportunity
from domain.subscription.subscription import StreamFilter
from projections.streams import reading
from projections.streams.feed import Feed, brought_up
from projections.streams.reading import feed_head, lean_page, page, pages
from projections.streams.standing import FeedStanding, feed_standing
from tests.benchmarks.journals import told
from tests.conftest import new_database
from tests.domain.given import some_id

ALL = StreamFilter()


@pytest.fixture(scope="module")
def published(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Journal]:
    """A journal of 400 facts of deals and their accounts, all of them in the feed."""
    for url in new_database(postgres_url, next(fresh_names)):
        journal = Journal(url)
        facts = list(told(395, 0.0))
        journal.append_in_bulk([*_accounts_of(facts), *facts], uuid4())
        feed = Feed(journal)
        assert feed.publish() == 400
        yield journal
        journal.close()


def _accounts_of(facts: list[Recorded]) -> list[Recorded]:
    accounts = dict.fromkeys(fact.event.account for fact in facts if isinstance(fact.event, Opportunity.Opened))
    return [
        Recorded(
            originator_id=each,
            originator_version=1,
            event=Account.Registered(name=f"Account {number}", external_id=f"A-{number}", territory="north"),
            occurred_at=facts[0].occurred_at,
        )
        for number, each in enumerate(accounts)
    ]


def test_pages_end_where_the_limit_is_reached_and_go_on_after_it(published: Journal) -> None:
    with published.pool.connection() as connection:
        first = page(connection, 0, 150, ALL)
        second = page(connection, first.examined, 250, ALL)
        last = page(connection, second.examined, 100, ALL)
    assert [row.position for row in (*first.rows, *second.rows)] == list(range(1, 401))
    assert (first.examined, second.examined, last) == (150, 400, ([], 400))


def test_an_envelope_is_json_in_bytes_at_its_position(published: Journal) -> None:
    with published.pool.connection() as connection:
        (row,) = page(connection, 6, 1, ALL).rows
    event = json.loads(row.event)
    assert (event["position"], event["id"], event["type"]) == (7, "7", row.type)
    assert event["subject"] == str(row.subject)


@pytest.mark.parametrize(("after", "limit", "to"), [(0, 150, None), (150, 1_000, 399), (395, 5, 400), (400, 10, None)])
@pytest.mark.parametrize(
    "wanted", [ALL, StreamFilter(types=("Opportunity.Won",)), StreamFilter(types=("Member.Left",))]
)
def test_a_lean_page_is_a_page_with_no_more_than_positions_envelopes_and_what_is_sealed(
    published: Journal, wanted: StreamFilter, after: int, limit: int, to: int | None
) -> None:
    with published.pool.connection() as connection:
        whole = page(connection, after, limit, wanted, to)
        lean = lean_page(connection, after, limit, wanted, to)
    assert lean is not None
    assert list(zip(*lean[:3], strict=True)) == [(row.position, row.event, row.sealed) for row in whole.rows]
    assert lean.examined == whole.examined


def test_types_and_accounts_filter_and_every_position_counts_as_examined(published: Journal) -> None:
    with published.pool.connection() as connection:
        every = page(connection, 0, 1_000, ALL).rows
        won = page(connection, 0, 1_000, StreamFilter(types=("Opportunity.Won",)))
        accounts = sorted({row.account for row in every if row.account})[:2]
        of_two = page(connection, 0, 1_000, StreamFilter(accounts=tuple(accounts)))
        of_many = page(connection, 0, 1_000, StreamFilter(accounts=(*accounts, *(some_id(str(n)) for n in range(30)))))
    assert won.rows == [row for row in every if row.type == "Opportunity.Won"]
    assert won.examined == 400
    assert of_two.rows == [row for row in every if row.account in accounts]
    assert of_many == of_two


def test_a_filter_that_fits_nothing_examines_so_many_positions_at_a_time(
    published: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_EXAMINED", 150)
    nothing = StreamFilter(types=("Member.Invited",))
    with published.pool.connection() as connection:
        assert page(connection, 0, 10, nothing) == ([], 150)
        assert [each.examined for each in pages(connection, 0, 400, nothing)] == [150, 300, 400]


def test_pages_yield_everything_between_two_positions(published: Journal) -> None:
    with published.pool.connection() as connection:
        found = [row.position for each in pages(connection, 13, 390, ALL, size=100) for row in each.rows]
        beyond = list(pages(connection, 400, 500, ALL))
    assert found == list(range(14, 391))
    assert beyond == []


def test_a_feed_behind_is_brought_up_by_whoever_asks(database_url: str) -> None:
    journal = Journal(database_url)
    journal.append_in_bulk(list(told(300, 0.0)), uuid4())
    feed, steps = Feed(journal), []
    assert brought_up(feed, 100, 0.0, progress=lambda *step: steps.append(step)) == 300
    assert steps == [(100, 100)]
    assert brought_up(feed) == journal.streams.read(feed_head) == 300
    journal.close()


def test_the_standing_says_how_far_the_feed_is_and_since_when_it_lags(database_url: str) -> None:
    journal = Journal(database_url)
    assert journal.streams.read(feed_standing) == FeedStanding(0, 0, 0.0, 0)
    journal.append_in_bulk(list(told(50, 0.0)), uuid4())
    behind = journal.streams.read(feed_standing)
    assert (behind.position, behind.head, behind.complete, behind.missing) == (0, 50, False, None)
    assert behind.lag_seconds > 0
    Feed(journal).publish()
    assert journal.streams.read(feed_standing) == FeedStanding(50, 50, 0.0, 0)
    journal.close()
