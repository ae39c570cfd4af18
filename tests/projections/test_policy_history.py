"""Policies kept in memory are those that are read anew, as of any two clocks and whatever was recorded in between."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from projections.policies import Policies, policies_as_of
from projections.policy_history import AT_ONCE, PolicyHistory
from projections.view import View
from tests.domain.given import day
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal


def told(policies: Policies) -> tuple[object, ...]:
    """All that policies say."""
    states = {place: state.values() for place, state in policies._states.items()}  # type: ignore[attr-defined]
    return {place: values for place, values in states.items() if values}, sorted(policies.rates)


def anew(view: View) -> Policies:
    return policies_as_of(view.connection, view.parameters())


@pytest.mark.parametrize("business", [Business(facts=1500, withdrawn=0.15), Business(facts=900, late=0.7, zone="UTC")])
def test_policies_that_are_kept_are_those_read_anew(business: Business, journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, 5, business)
    seen = set()
    for _ in range(60):
        as_of, known_at = questions.clocks()
        known_at = questions.random.choice([known_at, questions.random.randint(0, len(questions.facts))])
        with office.view(as_of, known_at) as view:
            assert told(view.policies) == told(anew(view))
            seen.add(str(told(view.policies)))
    assert len(seen) > 12


def test_what_is_recorded_since_is_seen_at_once(journal: Journal, engine_of: EngineOf) -> None:
    office, rates = Office(journal, engine_of), policy_id("ExchangeRates")
    for number, rate in enumerate(["1.1", "1.2", "1.3"], start=1):
        office.tell((rates, ExchangeRates.RateSet(currency="USD", rate=Decimal(rate)), day(number)))
        with office.view(day(9)) as view:
            assert view.policies.rates[-1] == ("USD", day(number), Decimal(rate))
    with office.view(day(9), 1) as view:
        assert view.policies.rates == [("USD", day(1), Decimal("1.1"))]


def test_what_one_question_reads_or_supposes_is_not_seen_by_another(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    office.tell((policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal(2)), day(1)))
    with office.view(day(9)) as view, office.view(day(9)) as other:
        assert view.policies.rates
        assert (len(view.policies.read), len(other.policies.read)) == (1, 0)


def test_memory_holds_so_many_states_and_no_more(journal: Journal, engine_of: EngineOf) -> None:
    office, rates = Office(journal, engine_of), policy_id("ExchangeRates")
    office.tell(
        *((rates, ExchangeRates.RateSet(currency="USD", rate=Decimal(n)), day(n)) for n in range(1, AT_ONCE + 10))
    )
    with office.view(day(1)) as view:
        history = PolicyHistory(view.connection)
        for number in range(1, AT_ONCE + 10):
            history.policies(day(number), AT_ONCE + 9)
        assert len(history._whole) == AT_ONCE
        assert len(history._states) <= AT_ONCE + 1
