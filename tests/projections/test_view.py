"""Who sees what: a manager the own accounts, a director those of a territory and below; totals count what is seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.journal.context import Context
from domain.journal.journal import Journal as RealJournal
from domain.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.territories import Territories
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.bridge import CurrencyChanged, bridge
from projections.deals import Filters
from projections.engine import Engine
from projections.forecast import RateMissing, forecast
from projections.funnel import By, funnel
from projections.health_facts import facts_of
from projections.only_currency import CurrencyUndecided
from projections.view import NotYetRecorded, Reader
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import TERRITORIES
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.portfolio import ZERO, Portfolio
from tests.projections.test_policies import COMPANY, RATES, TARGETS, TREE, defined, rate

ACME, BETA, MEI, ZOE = (some_id(name) for name in ("acme", "beta", "mei", "zoe"))


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return Office(journal, engine_of)


def seen_by(chosen: UUID | None = None, *territories: str) -> Visibility:
    managers = frozenset({chosen} if chosen else ())
    return Visibility(member=chosen, managers=managers, territories=frozenset(territories), scope="some")


def test_funnel_forecast_and_bridge_count_what_the_asker_may_see_now(office: Office) -> None:
    questions = Questions(office, 41)
    office.engine.catch_up()
    last, kinds = len(questions.facts), set()
    now = Portfolio(questions.facts, max(fact.occurred_at for fact in questions.facts), last)
    for _ in range(25):
        member = questions.random.choice([None, *questions.chronicle.members])
        who = seen_by(member, *questions.random.sample(TERRITORIES, questions.random.choice([0, 1, 2])))
        (one, _), (other, _) = questions.clocks(), questions.clocks()
        start, end = sorted([one, other])
        seen = now.visible(who)
        kinds.add(len(seen))
        with office.view(start, visibility=who) as then, office.view(end, visibility=who) as view:
            assert {*(view.visible_accounts() or ())} == seen
            answer, change, coming = funnel(view), bridge(then, view), forecast(view, "2026-Q3")
        portfolio = Portfolio(questions.facts, end, last)
        deals = [deal for deal in portfolio.within(Filters(), seen) if not deal.outcome]
        assert answer.scope == change.scope == coming.scope == "some"
        assert sum(line.count for line in answer.stages) == len(deals)
        assert sum((line.amount for line in answer.stages), ZERO) == sum(map(portfolio.value, deals), ZERO)
        assert change.end == sum(map(portfolio.value, deals), ZERO)
        assert coming.undated == sum((portfolio.value(d) for d in deals if d.state.close_on is None), ZERO)
    assert len(kinds) > 3


def test_a_target_is_seen_by_those_who_see_all_that_it_counts_and_is_that_of_the_whole_that_they_see(
    office: Office,
) -> None:
    def target(scope: TargetScope, key: str, amount: int) -> Told:
        event = SalesTarget.TargetSet(scope=scope, key=key, period="2025-Q1", amount=eur(amount), previous=None)
        return policy_id("SalesTarget"), event, day(1)

    north, east = ((TREE, Territories.TerritorySet(key=k, name=k, parent=p), day(1)) for k, p in TREE_OF)
    office.tell((COMPANY, defined(), day(1)), north, east, target(TargetScope.TERRITORY, "east", 70))
    office.tell(target(TargetScope.OWNER, str(MEI), 50), target(TargetScope.OWNER, str(ZOE), 60))

    def told(
        who: Visibility, by: By, filters: Filters | None = None
    ) -> tuple[Decimal | None, dict[str, Decimal | None]]:
        with office.view(day(9), visibility=who) as view:
            answer = forecast(view, "2025-Q1", filters, by=by)
        return answer.target, {group.key: group.target for group in answer.groups or ()}

    assert told(Visibility.whole(), By.OWNER) == (eur(70).amount, {str(MEI): eur(50).amount, str(ZOE): eur(60).amount})
    assert told(Visibility.whole(), By.TERRITORY)[1] == {"north": eur(70).amount, "east": eur(70).amount}
    assert told(seen_by(MEI), By.OWNER) == (eur(50).amount, {str(MEI): eur(50).amount})
    assert told(seen_by(MEI), By.OWNER, Filters(owner=ZOE))[0] is None
    assert told(seen_by(None, "east"), By.TERRITORY) == (eur(70).amount, {"east": eur(70).amount})
    assert told(seen_by(None, "east", "north"), By.TERRITORY)[0] == eur(70).amount
    assert told(Visibility.whole(), By.OWNER, Filters(owner=MEI, product="pump"))[0] is None


TREE_OF = (("north", ""), ("east", "north"))


def deal(amount: str, currency: str) -> Told:
    event = Opportunity.Opened(
        account=ACME,
        title=currency,
        process="plain",
        process_edition=0,
        stage="prospecting",
        amount=Money.of(amount, currency),
    )
    return some_id(currency), event, day(1)


def test_without_a_company_the_only_currency_is_taken_and_several_are_refused(office: Office) -> None:
    office.tell(deal("10", "CHF"))
    with office.view(day(2)) as view:
        assert view.currency == "CHF"
    office.tell(deal("10", "EUR"))
    with office.view(day(2)) as view, pytest.raises(CurrencyUndecided):
        view.head()


def test_a_missing_rate_is_named_and_in_no_sum(office: Office) -> None:
    office.tell((COMPANY, defined(), day(1)), deal("10", "EUR"), deal("10", "CHF"))
    with office.view(day(3)) as view:
        answer = funnel(view)
    (line,) = (line for line in answer.stages if line.count)
    assert (line.count, line.amount, answer.missing_rates) == (2, Decimal("10.00"), {"CHF": 1})
    target = SalesTarget.TargetSet(
        scope=TargetScope.OWNER, key=str(MEI), period="2025-Q1", amount=Money.of(9, "CHF"), previous=None
    )
    office.tell((policy_id("SalesTarget"), target, day(1)))
    with office.view(day(3)) as view, pytest.raises(RateMissing, match="CHF"):
        forecast(view, "2025-Q1")


def test_the_rate_of_a_closing_day_is_its_last(office: Office) -> None:
    won = (some_id("USD"), Opportunity.Won(signed=Money.of(10, "USD")), day(4))
    evening, next_day = day(4, hour=20), day(5, hour=0)
    office.tell((COMPANY, defined(), day(1)), (RATES, rate("1.5"), day(1)), deal("10", "USD"), won)
    office.tell((RATES, rate("2"), evening), (RATES, rate("3"), next_day))
    with office.view(day(9)) as view:
        assert funnel(view).won.amount == Decimal("20.00")


def test_a_bridge_needs_one_reporting_currency(office: Office) -> None:
    office.tell((COMPANY, defined("EUR"), day(1)), (COMPANY, defined("CHF"), day(5)))
    with office.view(day(2)) as then, office.view(day(9)) as now, pytest.raises(CurrencyChanged):
        bridge(then, now)


class Desk:
    """A real journal with its readers: commands, then questions."""

    def __init__(self, url: str, engine: Engine) -> None:
        self.journal = RealJournal(url)
        self.engine = engine
        self.reader = Reader(self.journal, engine)


@pytest.fixture
def desk(journal: Journal, engine_of: EngineOf) -> Iterator[Desk]:
    desk = Desk(journal.url, engine_of(*READ_MODELS))
    yield desk
    desk.journal.close()


def test_a_position_stands_for_its_whole_append_and_one_beyond_the_head_is_refused(desk: Desk) -> None:
    first = desk.journal.run(Member, MEI, lambda m: m.invite(name=sealed("Mei")), Context(at=day(1)))
    territories = desk.journal.run(Territories, TREE, _north_and_east, Context(at=day(1)))
    desk.engine.catch_up()
    middle, last = territories.positions
    with desk.reader.view(Visibility.whole(), as_of=day(2), known_at=middle) as view:
        assert (view.known.position, view.known.at) == (last, territories.recorded_at)
        assert view.policies.territories.below("north") == ["east", "north"]
        assert view.complete
    with desk.reader.view(Visibility.whole(), as_of=day(2), known_at=first.recorded_at) as view:
        assert view.known.position == first.position
        assert view.policies.territories.territories == {}
    with desk.reader.view(Visibility.whole(), as_of=day(2), known_at=0) as view:
        assert view.known.at is None
        assert view.members() == {}
    with desk.reader.view(Visibility.whole(), as_of=day(2)) as view:
        assert view.members() == {MEI: ("", "")}
    with pytest.raises(NotYetRecorded), desk.reader.view(Visibility.whole(), known_at=last + 1):
        pass


def _north_and_east(territories: Territories) -> None:
    territories.set_territory(key="north", name="North")
    territories.set_territory(key="east", name="East", parent="north")


def test_what_accounts_shall_buy_is_handed_on_for_as_long_as_the_targets_are_the_same(
    office: Office, desk: Desk
) -> None:
    first, more = eur(900), eur(1_200)
    one, other = (
        SalesTarget.TargetSet(scope=TargetScope.ACCOUNT, key=str(ACME), period="2026-Q1", amount=amount, previous=None)
        for amount in (first, more)
    )
    registered = Account.Registered(name="Acme", external_id="A-1")
    office.tell(
        (COMPANY, defined(), day(1)), (ACME, registered, day(1)), (TARGETS, one, day(1)), (TARGETS, other, day(5))
    )

    def planned(as_of: datetime) -> tuple[object, Money]:
        with desk.reader.view(Visibility.whole(), as_of=as_of) as view:
            (facts,) = facts_of(view)
            ((quarter),) = facts.planned
            return view.of_transaction["targets"], quarter.amount

    (known, before), (again, after) = planned(day(2)), planned(day(3))
    assert (again is known, before, after) == (True, first, first)
    assert [planned(as_of)[1] for as_of in (day(6), day(2), day(7))] == [more, first, more]
