"""What a question begins with: the journal's newest event and where the models stand, as one transaction sees them."""

from __future__ import annotations

import pytest

from domain.account.account import Account
from projections import READ_MODELS
from projections.accounts import ACCOUNTS
from projections.members import MEMBERS
from projections.standing import begun, end_of, models_standing
from tests.domain.given import day, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal

PARKS = (
    "insert into parked (model, version, rebuilding, key, whole_stream, position, error)"
    " values (%s, %s, false, %s, true, 1, 'cannot be read')"
)


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return Office(journal, engine_of)


def test_nothing_recorded_is_shown_completely(office: Office) -> None:
    found = begun(office.journal.connection)
    assert (found.head, found.recorded_at, found.end) == (0, None, "")
    assert found.is_complete(READ_MODELS)


def test_rows_that_lag_behind_the_newest_event_are_not_complete(office: Office) -> None:
    office.tell((some_id("acme"), Account.Registered(name="Acme"), day(1)))
    office.journal.append_all([[(some_id("beta"), Account.Registered(name="Beta"), day(2))]])
    behind = begun(office.journal.connection)
    office.engine.catch_up()
    after = begun(office.journal.connection)
    assert (behind.head, behind.is_complete(READ_MODELS)) == (2, False)
    assert (after.head, after.is_complete(READ_MODELS)) == (2, True)
    assert after.end == end_of(office.journal.connection, 2) != end_of(office.journal.connection, 1)
    assert after.standings == models_standing(office.journal.connection)


def test_a_model_with_a_row_that_waits_for_an_event_is_not_complete_the_others_are(office: Office) -> None:
    office.tell((some_id("acme"), Account.Registered(name="Acme"), day(1)))
    office.journal.connection.execute(PARKS, (ACCOUNTS.name, ACCOUNTS.version, some_id("acme")))
    found = begun(office.journal.connection)
    assert not found.is_complete([ACCOUNTS])
    assert found.is_complete([MEMBERS])


def test_a_model_of_another_version_does_not_show_what_this_one_would(office: Office) -> None:
    office.journal.connection.execute("update projections set version = 99 where model = %s", (ACCOUNTS.name,))
    try:
        found = begun(office.journal.connection)
        assert found.of(ACCOUNTS) is None
        assert not found.is_complete([ACCOUNTS])
        assert found.is_complete([MEMBERS])
    finally:
        sql = "update projections set version = %s where model = %s"
        office.journal.connection.execute(sql, (ACCOUNTS.version, ACCOUNTS.name))
