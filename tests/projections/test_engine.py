"""The engine, rule by rule: versions in both clocks, several models, tables of versions."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from projections.engine import Engine, ReadModel, Row, clock, on
from projections.engine.errors import BadColumn, BadModel, ModelChanged, NotMigrated
from projections.engine.model import Plan
from projections.engine.rows import Shape
from tests.projections.checks import rows_as_of
from tests.projections.conftest import START, EngineOf, Journal, dump
from tests.projections.sample import DealRow, Deals, Trial, TrialVisits

DAY = timedelta(days=1)
ACCOUNT = UUID(int=7)
DEALS = Deals()


@pytest.fixture
def journal(fresh_journal: Journal) -> Journal:
    """A database for each test: these make tables, change them and leave them damaged."""
    return fresh_journal


def opened(amount: str = "100") -> Trial.Opened:
    return Trial.Opened(account=ACCOUNT, amount=Decimal(amount))


def stage_of(engine: Engine, deal: UUID, as_of: datetime, known_at: int) -> str | None:
    with engine.pool.connection() as connection:
        row = rows_as_of(connection, DEALS, as_of, known_at, only_open=True).get(deal)
    return row[1] if row else None


def test_a_late_fact_changes_the_past_from_its_own_position_on(journal: Journal, engine: Engine) -> None:
    deal = uuid4()
    first = journal.append((deal, opened(), START))
    second = journal.append((deal, Trial.Advanced(stage="third"), START + 9 * DAY))
    late = journal.append((deal, Trial.Advanced(stage="second"), START + 4 * DAY))
    engine.catch_up()
    fifth_day, tenth_day = START + 5 * DAY, START + 10 * DAY
    assert [stage_of(engine, deal, fifth_day, at) for at in (first, second, late)] == ["first", "first", "second"]
    assert [stage_of(engine, deal, tenth_day, at) for at in (first, second, late)] == ["first", "third", "third"]
    assert stage_of(engine, deal, START - DAY, late) is None


def test_a_withdrawn_fact_never_was_from_the_withdrawal_on(journal: Journal, engine: Engine) -> None:
    deal = uuid4()
    journal.append((deal, opened(), START))
    wrong = journal.append((deal, Trial.Advanced(stage="second"), START + DAY))
    engine.catch_up()
    taken_back = journal.append((deal, Trial.FactWithdrawn(position=wrong, reason="other deal"), START + 2 * DAY))
    engine.catch_up()
    assert stage_of(engine, deal, START + 3 * DAY, wrong) == "second"
    assert stage_of(engine, deal, START + 3 * DAY, taken_back) == "first"


def test_a_row_all_of_whose_facts_are_withdrawn_is_gone_and_may_come_back(journal: Journal, engine: Engine) -> None:
    deal = uuid4()
    wrong = journal.append((deal, opened(), START + DAY))
    engine.catch_up()
    empty = journal.append((deal, Trial.FactWithdrawn(position=wrong, reason="twice"), START + DAY))
    engine.catch_up()
    again = journal.append((deal, opened(), START))
    engine.catch_up()
    assert [stage_of(engine, deal, START + DAY, at) for at in (wrong, empty, again)] == ["first", None, "first"]


def test_what_was_appended_together_becomes_known_together(journal: Journal, engine: Engine) -> None:
    deal = uuid4()
    step = journal.append((deal, opened(), START), (deal, Trial.Advanced(stage="second"), START))
    engine.catch_up()
    assert stage_of(engine, deal, START, step - 1) is None
    with engine.pool.connection() as connection:
        assert clock(connection, START, known_at=1).known_at == step
    assert stage_of(engine, deal, START, step) == "second"


def test_the_clocks_are_resolved_at_the_door(journal: Journal, engine: Engine) -> None:
    first = journal.append((uuid4(), opened(), START))
    journal.append((uuid4(), opened(), START))
    with engine.pool.connection() as connection:
        (recorded_at,) = connection.execute("select recorded_at from events where position = 1").fetchone() or (None,)
        assert clock(connection, START, recorded_at).known_at == first
        assert clock(connection, START, recorded_at - DAY).known_at == 0
        assert clock(connection, START).known_at == 2


def test_an_event_that_changes_nothing_makes_no_version(journal: Journal, engine: Engine) -> None:
    deal = uuid4()
    journal.append((deal, opened("100"), START))
    journal.append((deal, Trial.Revised(amount=Decimal("100.00")), START + DAY))
    journal.append((deal, Trial.Revised(amount=Decimal("100.001")), START + DAY))
    engine.catch_up()
    kinds = journal.connection.execute(f"select kind from {DEALS.history}").fetchall()
    assert kinds == [(2,), (2,)]


def test_an_event_may_concern_several_rows_or_none(journal: Journal, engine: Engine) -> None:
    people = (UUID(int=1), UUID(int=2))
    journal.append((uuid4(), Trial.Visited(visit_id=uuid4(), people=people, minutes=5), START))
    journal.append((uuid4(), Trial.Visited(visit_id=uuid4(), people=(), minutes=9), START))
    engine.catch_up()
    found = journal.connection.execute("select key, visits, last_minutes from trial_people_v1 order by key").fetchall()
    assert found == [(people[0], 1, 5), (people[1], 1, 5)]


def test_a_model_may_catch_up_to_a_position_and_the_others_follow(journal: Journal, engine: Engine) -> None:
    deal = uuid4()
    journal.append_all([[(deal, opened(), START)], [(deal, Trial.Revised(amount=Decimal(2)), START)]] * 5)
    assert engine.catch_up([DEALS], until=4) == {"deals": 4}
    told: list[tuple[int, int]] = []
    assert engine.catch_up(progress=lambda at, goal: told.append((at, goal))) == dict.fromkeys(
        ["deals", "trial_visits", "trial_people"], 10
    )
    assert told[-1] == (10, 10)


def test_no_model_goes_beyond_what_is_recorded(journal: Journal, engine: Engine) -> None:
    first = uuid4()
    journal.append((first, opened(), START))
    assert set(engine.catch_up(until=1_000).values()) == {1}
    journal.append((first, Trial.Advanced(stage="second"), START))
    engine.catch_up()
    assert stage_of(engine, first, START, 2) == "second"


def test_dead_connections_are_replaced(journal: Journal, engine: Engine) -> None:
    engine.catch_up()
    journal.append((uuid4(), opened(), START))
    journal.connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid()"
    )
    assert set(engine.catch_up().values()) == {1}


def test_status_says_how_far_each_model_is_behind(journal: Journal, engine: Engine) -> None:
    journal.append((uuid4(), opened(), START))
    journal.connection.execute("alter table events disable trigger events_stay")
    journal.connection.execute("update events set recorded_at = clock_timestamp() - interval '1 minute'")
    before = engine.status()
    assert (before.head, before.complete, before.models[0].position) == (1, False, 0)
    assert 59 < before.models[0].lag_seconds < 120
    engine.catch_up()
    after = engine.status()
    assert after.complete
    assert after.models[0].lag_seconds == 0


def test_no_tables_is_said_and_not_taken_for_somebody_elses_work(migrated_url: str, sample_events: None) -> None:
    from domain.journal.mapper import JournalMapper
    from domain.journal.migrate import migrate

    migrate(migrated_url, ("projections.engine",))
    engine = Engine(migrated_url, [DEALS], JournalMapper())
    try:
        assert not engine.status().complete
        with pytest.raises(NotMigrated, match="version 1 of the read model deals"):
            engine.catch_up()
    finally:
        engine.close()


class WiderRow(DealRow):
    region: str = ""


class WiderDeals(Deals):
    row = WiderRow


class DealsTwo(Deals):
    version = 2


def test_other_columns_need_another_version(journal: Journal, engine_of: EngineOf) -> None:
    engine_of(DEALS).migrate()
    with pytest.raises(ModelChanged, match="give it version 2"):
        engine_of(WiderDeals())


def test_a_new_version_fills_beside_the_old_until_that_is_pruned(journal: Journal, engine_of: EngineOf) -> None:
    journal.append((uuid4(), opened(), START))
    old = engine_of(DEALS)
    old.catch_up()
    new = engine_of(DealsTwo())
    assert [status.position for status in old.status().models + new.status().models] == [1, 0]
    new.catch_up()
    assert new.prune() == ["deals_v1"]
    assert new.status().complete
    assert journal.connection.execute("select to_regclass('deals_v1'), to_regclass('deals_v1_history')").fetchone() == (
        None,
        None,
    )


def test_a_rebuild_finds_what_differs_and_mends_it(journal: Journal, engine: Engine) -> None:
    deals = [uuid4() for _ in range(3)]
    for deal in deals:
        journal.append((deal, opened(), START), (deal, Trial.Advanced(stage="second"), START + DAY))
    engine.catch_up()
    good = dump(journal.connection, DEALS)
    assert engine.rebuild(DEALS).equal
    journal.connection.execute(f"update {DEALS.table} set amount = 5 where key = %s", (deals[1],))
    bad = dump(journal.connection, DEALS)
    compared = engine.rebuild(DEALS, swap=False)
    assert (compared.differing, compared.examples, dump(journal.connection, DEALS)) == (1, (deals[1],), bad)
    found = engine.rebuild(DEALS)
    assert (found.differing, found.examples, found.rows, found.versions, found.position) == (1, (deals[1],), 3, 3, 6)
    assert dump(journal.connection, DEALS) == good
    journal.append((deals[0], Trial.Advanced(stage="third"), START + DAY))
    engine.catch_up()
    assert engine.status().complete
    assert stage_of(engine, deals[0], START + DAY, 7) == "third"


def test_the_as_of_indexes_are_built_when_the_head_is_reached(journal: Journal, engine: Engine) -> None:
    journal.append_all([[(uuid4(), opened(), START)], [(uuid4(), opened(), START)]])
    indexes = "select count(*) from pg_indexes where tablename like 'deals_v1%'"
    engine.catch_up(until=1)
    assert journal.connection.execute(indexes).fetchone() == (2,)
    engine.catch_up()
    assert journal.connection.execute(indexes).fetchone() == (9,)


class Listed(Row):
    names: list[str] = []


class Undefaulted(Row):
    name: str


class Taken(Row):
    cause: int = 0


@pytest.mark.parametrize(
    ("row", "reason"), [(Listed, "has the type"), (Undefaulted, "no default"), (Taken, "belongs to the engine")]
)
def test_a_row_that_is_no_table_is_refused(row: type[Row], reason: str) -> None:
    with pytest.raises(BadModel, match=reason):
        Shape("deals", row)


def test_a_model_handles_an_event_once(sample_events: None) -> None:
    class Twice(Deals):
        @on(Trial.Opened)
        def also_opened(self, row: DealRow | None, event: Trial.Opened, envelope: object) -> DealRow | None:
            return row

    class Nothing(ReadModel):
        name = "nothing"
        row = DealRow

    with pytest.raises(BadModel, match=r"Trial\.Opened has two handlers"):
        Plan(Twice())
    with pytest.raises(BadModel, match="handles no event"):
        Plan(Nothing())


def test_a_number_that_is_none_is_refused() -> None:
    shape = Shape("deals", DealRow)
    for number in ("NaN", "Infinity"):
        with pytest.raises(BadColumn, match="no finite Decimal"):
            shape.take(DealRow(amount=Decimal(number)), None)


def test_values_come_back_as_they_were(journal: Journal, engine: Engine) -> None:
    visit, deal, people = uuid4(), uuid4(), (UUID(int=1), UUID(int=2))
    journal.append((deal, Trial.Visited(visit_id=visit, people=people), START))
    engine.catch_up()
    journal.append((deal, Trial.Visited(visit_id=visit, people=people), START))
    engine.catch_up()
    with engine.pool.connection() as connection:
        assert rows_as_of(connection, TrialVisits(), START, 2) == {visit: (deal, START, people, 0, 2)}
