"""Which model serves which question, how long, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from domain.aggregate import Recorded
from domain.journal.journal import Journal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.company import default_company
from projections.forecasting.model import Model, encode, fit
from projections.forecasting.store import (
    MOST_WANTED,
    Wanted,
    all_wanted,
    forget_old,
    load,
    note_wanted,
    save,
    serving,
    strike_out,
    wanted,
)
from tests.api.past_deals import bring, deal, imported
from tests.projections.forecasting.companies import TODAY, as_known, grown

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
MARCH_END = datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)
UTC_COMPANY = default_company("EUR")
PAST = Wanted(MARCH_END, 0, lasting=False)


@pytest.fixture
def journal(database_url: str) -> Iterator[Journal]:
    journal = Journal(database_url)
    yield journal
    journal.close()


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(as_known(grown(3, days=200, per_day=1.0), TODAY), 17)


def of_day(model: Model, day: int) -> Model:
    import msgspec

    return msgspec.structs.replace(model, day=day)


def live(number: int, at: datetime) -> list[Recorded]:
    event = Opportunity.AmountRevised(previous=Money.of(1, "EUR"), amount=Money.of(2, "EUR"), reason="x")
    return [Recorded(originator_id=uuid4(), originator_version=number, event=event, occurred_at=at)]


# Which model is asked for


def test_all_questions_of_a_day_that_is_over_share_the_model_of_the_last_end_of_a_day() -> None:
    at_its_end = wanted(UTC_COMPANY, MARCH_END, 9, NOW)
    the_next_noon = wanted(UTC_COMPANY, MARCH_END + timedelta(hours=12), 9, NOW)
    assert at_its_end == the_next_noon == Wanted(MARCH_END, 9, lasting=False)


def test_nothing_of_a_day_that_was_running_then_is_learned() -> None:
    asked = wanted(UTC_COMPANY, datetime(2026, 3, 31, 9, tzinfo=UTC), 9, NOW)
    assert asked.moment == datetime(2026, 3, 30, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize("as_of", [NOW, datetime(2026, 6, 10, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)])
def test_from_today_on_a_model_of_now_is_asked_for_which_may_be_some_days_old(as_of: datetime) -> None:
    assert wanted(UTC_COMPANY, as_of, 9, NOW) == Wanted(NOW, 9, lasting=True)


def test_the_days_are_those_of_the_companys_zone() -> None:
    shanghai = default_company("CNY")
    shanghai.time_zone = "Asia/Shanghai"
    evening = datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert wanted(shanghai, evening, 9, NOW).moment == evening - timedelta(microseconds=1)


# What is found


def test_a_model_is_kept_and_found_with_all_its_numbers(connection: psycopg.Connection, model: Model) -> None:
    assert serving(connection, PAST) is None
    save(connection, model, PAST)
    found = serving(connection, PAST)
    assert found is not None
    assert (encode(found), found.version) == (encode(model), model.version)
    assert load(connection, "never fitted") is None


def test_a_model_of_another_day_does_not_serve_a_past_moment(connection: psycopg.Connection, model: Model) -> None:
    save(connection, model, PAST)
    for moment in (MARCH_END - timedelta(days=1), MARCH_END + timedelta(days=1)):
        assert serving(connection, Wanted(moment, 0, lasting=False)) is None


def test_for_now_a_model_serves_seven_days_and_the_newest_one_wins(
    connection: psycopg.Connection, model: Model
) -> None:
    older, newer = of_day(model, TODAY - 2), of_day(model, TODAY - 1)
    save(connection, older, Wanted(NOW - timedelta(days=2), 0, lasting=True))
    save(connection, newer, Wanted(NOW - timedelta(days=1), 0, lasting=True))

    def version(at: datetime) -> str | None:
        found = serving(connection, Wanted(at, 0, lasting=True))
        return found.version if found else None

    assert version(NOW) == newer.version
    assert version(NOW - timedelta(days=2)) == older.version
    assert version(NOW + timedelta(days=6)) == newer.version
    assert version(NOW + timedelta(days=6, seconds=1)) is None
    assert version(NOW - timedelta(days=3)) is None


def test_a_model_that_had_too_little_to_learn_from_serves_one_day(connection: psycopg.Connection) -> None:
    nothing = fit(as_known(grown(3, days=2, per_day=1.0), TODAY), 0)
    assert not nothing.enough
    save(connection, nothing, Wanted(NOW, 0, lasting=True))
    assert serving(connection, Wanted(NOW + timedelta(days=1), 0, lasting=True)) is not None
    assert serving(connection, Wanted(NOW + timedelta(days=1, seconds=1), 0, lasting=True)) is None


# What ends it


def test_a_live_fact_ends_no_model(journal: Journal, connection: psycopg.Connection, model: Model) -> None:
    save(connection, model, PAST)
    save(connection, of_day(model, 1), Wanted(NOW, 0, lasting=True))
    head = bring(journal, [live(1, MARCH_END - timedelta(days=40))])
    for asked in (Wanted(MARCH_END, head, lasting=False), Wanted(NOW, head, lasting=True)):
        assert serving(connection, asked) is not None


def test_an_imported_fact_ends_every_model(journal: Journal, connection: psycopg.Connection, model: Model) -> None:
    save(connection, model, PAST)
    save(connection, of_day(model, 1), Wanted(NOW, 0, lasting=True))
    head = bring(journal, [deal(1, date(2026, 2, 1), None, False, uuid4(), uuid4(), 100)])
    for asked in (Wanted(MARCH_END, head, lasting=False), Wanted(NOW, head, lasting=True)):
        assert serving(connection, asked) is None


def test_a_withdrawal_ends_the_model_of_a_past_moment(
    journal: Journal, connection: psycopg.Connection, model: Model
) -> None:
    save(connection, model, PAST)
    save(connection, of_day(model, 1), Wanted(NOW, 0, lasting=True))
    taken = Opportunity.FactWithdrawn(position=1, reason="a mistake")
    fact = Recorded(originator_id=uuid4(), originator_version=1, event=taken, occurred_at=NOW)
    head = bring(journal, [[fact]])
    assert serving(connection, Wanted(MARCH_END, head, lasting=False)) is None
    assert serving(connection, Wanted(NOW, head, lasting=True)) is not None


def test_a_limit_of_knowledge_is_part_of_the_key(
    journal: Journal, connection: psycopg.Connection, model: Model
) -> None:
    before = bring(journal, [live(1, MARCH_END)])
    after = bring(journal, [deal(1, date(2026, 2, 1), None, False, uuid4(), uuid4(), 100)])
    save(connection, model, Wanted(MARCH_END, after, lasting=False))
    assert serving(connection, Wanted(MARCH_END, after, lasting=False)) is not None
    assert serving(connection, Wanted(MARCH_END, before, lasting=False)) is None
    save(connection, of_day(model, 1), Wanted(NOW, after, lasting=True))
    assert serving(connection, Wanted(NOW, before, lasting=True)) is None


def test_an_import_that_tells_a_forecaster_nothing_ends_no_model(
    journal: Journal, connection: psycopg.Connection, model: Model
) -> None:
    from domain.account.account import Account

    save(connection, model, PAST)
    left = Account.ManagerAssigned(manager=uuid4())
    head = bring(journal, [[imported(uuid4(), 1, left, date(2026, 2, 1))]])
    assert serving(connection, Wanted(MARCH_END, head, lasting=False)) is not None


# What is noted for the workers


def test_what_is_wanted_is_noted_once_and_struck_out(connection: psycopg.Connection) -> None:
    for _ in range(2):
        note_wanted(connection, PAST)
    assert all_wanted(connection) == [PAST]
    strike_out(connection, PAST)
    assert all_wanted(connection) == []


def test_what_is_asked_as_of_now_is_seen_to_without_a_note(connection: psycopg.Connection) -> None:
    note_wanted(connection, Wanted(NOW, 0, lasting=True))
    assert all_wanted(connection) == []


def test_no_more_is_noted_than_workers_can_do_soon(connection: psycopg.Connection) -> None:
    for days in range(MOST_WANTED + 5):
        note_wanted(connection, Wanted(MARCH_END - timedelta(days=days), 0, lasting=False))
    assert len(all_wanted(connection)) == MOST_WANTED


def test_old_models_are_let_go(connection: psycopg.Connection, model: Model) -> None:
    save(connection, model, PAST)
    assert forget_old(connection) == 0
    connection.execute("update forecast_models set made_at = made_at - interval '61 days'")
    assert forget_old(connection) == 1


def test_a_model_of_another_edition_serves_nothing(connection: psycopg.Connection, model: Model) -> None:
    import msgspec

    save(connection, msgspec.structs.replace(model, edition=model.edition - 1), PAST)
    assert serving(connection, PAST) is None
    save(connection, model, PAST)
    assert serving(connection, PAST) == model
