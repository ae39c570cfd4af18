"""Scores that a worker keeps of the ends of days are those reckoned when somebody asks, whatever is recorded when."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from math import isnan
from uuid import UUID

import psycopg
import pytest

from domain.account.account import Account
from domain.journal.migrate import migrate
from domain.policies.calendar import day_end
from domain.policies.policy import policy_id
from domain.policies.service_policy import HEALTH_WEIGHTS, ServicePolicy, default_service_policy
from domain.visibility import Visibility
from projections.cooling import falls_by, falls_in_columns
from projections.engine import Clock
from projections.health_course import health_course
from projections.health_curve import health_curve
from projections.health_days import keeping, reading
from projections.health_days.keeping import keep_days
from projections.health_days.reading import kept_course, kept_days, kept_in_columns, read_ahead
from projections.health_days.touched import families
from projections.health_facts import facts_of
from projections.health_scores import days_ago
from projections.kept_answers import ANSWERS
from projections.kept_ids import Ids
from projections.relationship_health import scores
from projections.view import KnownAt, View
from projections.visits import VISITS
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.histories_health import lives
from tests.projections.people import ACME, at, met, registered
from tests.projections.test_kept_answers import DEFINED, Written

OTHER = some_id("other")


def is_over(turns: Iterator[int]) -> bool:
    return next(turns, None) is None


class Keeping(Office):
    """An office whose worker keeps the scores of days."""

    latest: datetime = at(0)

    @contextmanager
    def seen(self, moment: datetime, visibility: Visibility | None = None) -> Iterator[View]:
        position = len(self.journal.facts)
        with self.journal.reading() as connection:
            known = KnownAt(position, None)
            view = View(connection, Clock(moment, position), known, visibility or Visibility.whole(), True)
            view.keeps = True
            yield view

    def record(self, *appends: list[Told]) -> None:
        self.journal.append_all(appends)
        self.engine.catch_up()
        self.latest = max(self.latest, *(moment for append in appends for _, _, moment in append))

    def keep(self, seconds: float = 60, steps: int = 1_000, turns: int = 1_000_000) -> int:
        """Let the worker work, so many turns in a step; how many steps it took."""
        with psycopg.connect(self.journal.url, autocommit=True) as connection:
            for step in range(1, steps + 1):
                left = iter(range(turns))
                with self.seen(self.latest) as view:
                    if not keep_days(connection, view, seconds, partial(is_over, left)):
                        return step
        return steps

    def end_of(self, day: date) -> datetime:
        with self.seen(self.latest) as view:
            return day_end(view.policies.company, day)

    def must_agree(self, day: date, visibility: Visibility | None = None) -> bool:
        """Whether anything was kept; what is kept is what would be reckoned."""
        with self.seen(self.end_of(day), visibility) as view:
            found = kept_days(view)
            assert found is None or found == scores(view), day
            assert found == self.in_columns(view) or view.visible_accounts() is not None, day
            return found is not None

    def in_columns(self, view: View) -> dict[UUID, float] | None:
        """What columns say is kept; None where they say nothing."""
        ids = Ids()
        found = kept_in_columns(view, ids)
        if found is None:
            return None
        return {ids.key(code): score for code, score in enumerate(found.tolist()) if not isnan(score)}

    def must_fall_alike(self, day: date, days: int) -> int:
        """How many fell in so many days; who did is the same in columns and one by one."""
        with self.seen(self.end_of(day)) as view:
            before = view.at(days_ago(view, days))
            found = falls_in_columns(before, view, 2)
            assert found in (None, falls_by(scores(before), scores(view), shown=2))
            return found.fallen if found else 0

    def must_read_alike(self, days: list[date], accounts: list[UUID], visibility: Visibility | None = None) -> int:
        """How many of some days are kept of some accounts: what was read ahead of all of them is what each says."""
        moments, alone = list(map(self.end_of, days)), list[dict[UUID, float] | None]()
        for moment in moments:
            with self.seen(moment, visibility) as view:
                alone.append(kept_days(view, accounts))
        with self.seen(self.latest, visibility) as view:
            read_ahead(view, accounts, [*moments, self.latest])
            assert [kept_days(view.at(moment), accounts) for moment in moments] == alone
        return sum(each is not None for each in alone)


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch) -> Keeping:
    ANSWERS.forget()
    monkeypatch.setattr(reading, "MOST_RECKONED", 3)
    office = Keeping(journal, engine_of)
    migrate(journal.url, ("projections.health_days",))
    for table in ("health_days", "health_days_accounts", "health_days_known"):
        journal.connection.execute(f"delete from {table}".encode())
    return office


def another_policy() -> ServicePolicy.Defined:
    """Another service policy than the one that holds where none was stated."""
    policy = default_service_policy()
    policy.define(
        health_weights={name: each * 2 if name == "contact" else each for name, each in HEALTH_WEIGHTS.items()}
    )
    (fact,) = policy.collect_events()
    assert isinstance(fact.event, ServicePolicy.Defined)
    return fact.event


def some_days(chance: random.Random, office: Keeping, count: int, ahead: int = 70) -> list[date]:
    first = at(0).date()
    days = (office.latest.date() - first).days + ahead
    return [first + timedelta(days=chance.randint(-3, days)) for _ in range(count)]


@pytest.mark.parametrize("seed", [1])
def test_what_is_kept_of_a_customers_days_is_what_would_be_reckoned(seed: int, office: Keeping) -> None:
    chance = random.Random(seed)
    told, kept = [(policy_id("Company"), DEFINED, at(0)), *lives(chance, 130, 800)], 0
    while told:
        few, told = told[:13], told[13:]
        office.record(*([each] for each in few))
        if chance.random() < 0.7:
            office.keep()
        kept += sum(office.must_agree(each) for each in some_days(chance, office, 12))
    assert kept > 50


@pytest.mark.parametrize("seed", [6, 7])
def test_what_is_kept_of_a_companys_days_follows_late_facts_withdrawals_merges_and_policies(
    seed: int, office: Keeping
) -> None:
    chance, written, kept = random.Random(seed), Written(), 0
    Chronicle(seed, Business(facts=420, late=0.4, withdrawn=0.05, merges=True, largest_append=4)).write(written)  # type: ignore[arg-type]
    step = len(written.appends) // 8
    for begins in range(0, len(written.appends), step):
        office.record(*(list(each) for each in written.appends[begins : begins + step]))
        office.keep(seconds=chance.choice([0.02, 60]), steps=chance.choice([2, 1_000]))
        kept += sum(office.must_agree(each) for each in some_days(chance, office, 8))
    office.keep()
    days = some_days(chance, office, 25, ahead=40)
    assert all(office.must_agree(each) for each in days)
    assert sum(office.must_fall_alike(each, ago) for each in days for ago in (5, 15, 30)) > 5
    for each in days:  # a manager may see one of several that were merged
        office.must_agree(each, Visibility(member=None, managers=frozenset({some_id(f"member {chance.randrange(4)}")})))
    assert kept > 20


def test_what_is_read_ahead_of_several_days_is_what_each_of_them_says(office: Keeping) -> None:
    chance, written, kept = random.Random(8), Written(), 0
    Chronicle(8, Business(facts=300, late=0.4, withdrawn=0.05, merges=True, largest_append=4)).write(written)  # type: ignore[arg-type]
    step = len(written.appends) // 6
    for begins in range(0, len(written.appends), step):
        office.record(*(list(each) for each in written.appends[begins : begins + step]))
        office.keep(seconds=chance.choice([0.02, 60]), steps=chance.choice([2, 1_000]))
        accounts = [some_id(f"account {n}") for n in chance.sample(range(6), 3)]
        some = Visibility(member=None, managers=frozenset({some_id(f"member {chance.randrange(4)}")}))
        for visibility in (None, some):
            kept += office.must_read_alike(some_days(chance, office, 6), accounts, visibility)
    assert kept > 10


def test_the_course_of_a_customer_is_that_of_its_curve_whether_kept_or_not(office: Keeping) -> None:
    chance, written, kept, merged = random.Random(12), Written(), 0, 0
    chronicle = Chronicle(12, Business(facts=300, late=0.3, withdrawn=0.05, merges=True, largest_append=4))
    chronicle.write(written)  # type: ignore[arg-type]
    step = len(written.appends) // 4
    for begins in range(0, len(written.appends), step):
        office.record(*(list(each) for each in written.appends[begins : begins + step]))
        office.keep(seconds=chance.choice([0.02, 60]), steps=chance.choice([2, 1_000]))
        ends = [office.end_of(each) for each in some_days(chance, office, 9)]
        with office.seen(office.latest) as view:
            for account in {view.leads_to(each.account) for each in facts_of(view)}:
                alone, moments = view.among([account]), [*ends, office.latest]
                points = health_curve(alone, account, moments).points
                assert health_course(alone, account, moments) == {each.as_of: each.score for each in points}
                kept += len(kept_course(alone, account, moments))
                merged += account in families(view.connection)
    assert kept > 10
    assert merged


def test_what_is_dated_back_is_seen_at_once_and_nobody_else_is_reckoned(
    office: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = [(policy_id("Company"), DEFINED, at(0))]
    office.record(company, *([each] for each in (registered(0), registered(0, OTHER), met(1), met(1, account=OTHER))))
    office.keep()
    day = at(30).date()
    asked = list[set[UUID]]()

    def reckoned(view: View) -> dict[UUID, float]:
        asked.append(set(view.visible_accounts() or ()))
        return scores(view)

    monkeypatch.setattr(reading, "scores", reckoned)
    with office.seen(office.end_of(day)) as view:
        before = kept_days(view)
    assert asked == []
    office.record([met(25)])
    assert office.must_agree(day)
    with office.seen(office.end_of(day)) as view:
        after = kept_days(view)
    assert asked == [{ACME}] * 3
    assert before
    assert after
    assert (after[OTHER], after[ACME] > before[ACME]) == (before[OTHER], True)
    assert office.must_agree(at(24).date())
    assert asked == [{ACME}] * 3
    office.keep()
    assert office.must_agree(day)
    assert asked == [{ACME}] * 3


def test_what_has_not_been_kept_is_not_answered_and_of_few_it_is_reckoned(office: Keeping) -> None:
    office.record([(policy_id("Company"), DEFINED, at(0))], [registered(0)], [met(1)])
    assert not office.must_agree(at(5).date())
    office.keep(steps=1)
    assert office.must_agree(at(5).date())
    with office.seen(at(5.3)) as view:
        assert kept_days(view) is None


@pytest.mark.parametrize("what", ["rebuilt", "formulas"])
def test_after_a_rebuild_or_with_other_formulas_everything_is_kept_anew(
    what: str, office: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.record([(policy_id("Company"), DEFINED, at(0))], [registered(0)], [met(1)])
    office.keep()
    assert office.must_agree(at(5).date())
    if what == "rebuilt":
        rebuilt = "update projections set rebuilt_at = clock_timestamp() where model = %s"
        office.journal.connection.execute(rebuilt, (VISITS.name,))
    else:
        monkeypatch.setattr(keeping, "_formulas", lambda: "others")
    assert not office.must_agree(at(5).date())
    assert office.keep() > 1
    assert office.must_agree(at(5).date())


def test_the_newest_days_of_all_are_kept_first_then_a_years_then_what_lies_before(office: Keeping) -> None:
    several = [some_id(f"customer {number}") for number in range(6)]
    lives_on = [met(day, account=each) for day in range(1, 1_400, 100) for each in several]
    office.record([(policy_id("Company"), DEFINED, at(0))], [registered(0, each) for each in several], lives_on)
    office.keep(steps=1)
    ago = [office.latest.date() - timedelta(days=days) for days in (-30, 0, 90, 380, 1_200)]
    reached = [[False] * 5]
    for _ in range(18):
        office.keep(steps=1, turns=1)
        reached.append([office.must_agree(day) for day in ago])
    assert reached[2] == [False] * 5
    assert reached[6] == [True, True, True, False, False]
    assert reached[12] == [True, True, True, True, False]
    assert reached[18] == [True] * 5
    assert office.keep() == 1


def test_of_a_policy_dated_back_the_newest_days_are_kept_anew_first(office: Keeping) -> None:
    several = [some_id(f"customer {number}") for number in range(6)]
    lives_on = [met(day, account=each) for day in range(1, 1_400, 100) for each in several]
    office.record([(policy_id("Company"), DEFINED, at(0))], [registered(0, each) for each in several], lives_on)
    office.keep()
    office.record([(policy_id("ServicePolicy"), another_policy(), at(500))])
    office.keep(steps=1, turns=6)
    days = [office.latest.date() - timedelta(days=days) for days in (0, 90, 380)]
    assert [office.must_agree(day) for day in days] == [True, True, False]
    office.keep()
    assert all(office.must_agree(day) for day in some_days(random.Random(2), office, 20, ahead=40))


def test_who_merged_while_one_of_them_waited_is_reckoned_again_from_where_it_waited(office: Keeping) -> None:
    office.record([(policy_id("Company"), DEFINED, at(0))], [registered(0), registered(0, OTHER)], [met(1), met(300)])
    office.keep()
    office.record([met(50)], [(OTHER, Account.AccountsMerged(into=ACME, reason="twice", people={}), at(200))])
    office.keep()
    assert all(office.must_agree(at(day).date()) for day in range(40, 320, 9))


def test_one_keeps_at_a_time(office: Keeping) -> None:
    with psycopg.connect(office.journal.url) as one, psycopg.connect(office.journal.url) as other:
        assert (keeping.lock(one), keeping.lock(other)) == (True, False)
