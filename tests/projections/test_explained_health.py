"""The health of an account is the sum of the points that named events and the passing of time contributed, over random
histories."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from domain.account.person import Coverage, Level
from domain.errors import NotFound
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from projections.explained import ZERO, NotExplained
from projections.explained_health import HealthExplanation, explain_health
from projections.relationship_health import AccountHealth, health
from tests.domain.given import some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_health import lives
from tests.projections.people import ACME, ANNA, DEAL, SHEN, added, assessed, at, opened, registered

COMPONENTS = {"contact", "coverage", "sentiment", "satisfaction", "joint_activity", "purchases", "exposure", "issues"}
COMPONENTS |= {"plan"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_points_add_up_to_every_score_of_a_customers_life(seed: int, journal: Journal, engine_of: EngineOf) -> None:
    office, chance, days = Office(journal, engine_of), random.Random(seed), 500 * seed
    office.tell(*lives(chance, 250, days))
    told = dict.fromkeys(COMPONENTS, 0)
    for _ in range(25):
        known_at = chance.choice([None, chance.randint(5, len(journal.facts))])
        with office.view(at(chance.uniform(1, days + 30)), known_at) as view:
            for account in health(view).accounts:
                found = explain_health(view, account.account)
                adds_up(found, account)
                for each in found.components:
                    told[each.name] += len(each.events)
    assert all(told.values()), told


@pytest.mark.parametrize(("seed", "calls"), [(41, False), (41, True), (5, True), (8, False)])
def test_points_add_up_to_every_score_of_a_business(
    seed: int, calls: bool, journal: Journal, engine_of: EngineOf
) -> None:
    questions = Questions(office := Office(journal, engine_of), seed, Business(facts=900, merges=True, calls=calls))
    explained = 0
    for _ in range(12):
        with office.view(*questions.clocks()) as view:
            for account in health(view).accounts:
                assert health(view, account.account).accounts == [account]
                found = explain_health(view, account.account)
                adds_up(found, account)
                explained += len(found.components)
    assert explained > 20


def test_a_worked_example(journal: Journal, engine_of: EngineOf) -> None:
    """The approver is mapped: one of two seats of the one deal, 0.4 of it for the mapping alone; then he is near."""
    office = Office(journal, engine_of)
    mapped = Buyers.BuyerMapped(stakeholder=SHEN, role=BuyerRole.APPROVER, support=Support.MENTOR)
    office.tell(registered(), added(1, SHEN), opened(2), (DEAL, mapped, at(3)))
    office.tell(assessed(4, SHEN, Level.TRUSTED_ADVISER, None, Coverage.IN_DEPTH, ANNA))
    with office.view(at(4)) as view:
        found = explain_health(view, ACME)
    coverage, sentiment = found.components
    whole = coverage.weight + sentiment.weight
    assert (coverage.score, sentiment.score) == (75, Decimal("99.91"))
    assert coverage.points == (75 * coverage.weight / whole).quantize(Decimal("0.01"))
    assert [event.position for event in coverage.events] == [3, 4, 5]
    assert coverage.events[1].contribution == (20 * coverage.weight / whole).quantize(Decimal("0.01"))
    assert coverage.lines == []
    assert [(event.position, event.gave) for event in sentiment.events] == [(4, ["sentiment"])]
    (time,) = sentiment.lines
    assert (time.name, time.contribution < 0) == ("time", True)


def adds_up(found: HealthExplanation, account: AccountHealth) -> None:
    assert (found.score, found.band) == (None if account.score is None else Decimal(str(account.score)), account.band)
    points = sum((each.points for each in found.components), ZERO)
    assert points + sum((each.contribution for each in found.lines), ZERO) == (found.score or 0)
    assert abs(points - (found.score or 0)) <= Decimal("0.1")
    shown = {each.name: each for each in account.components}
    for each in found.components:
        assert abs(each.score - Decimal(str(shown[each.name].score))) <= Decimal("0.05")
        events = sum((event.contribution for event in each.events), ZERO)
        assert events + sum((line.contribution for line in each.lines), ZERO) == each.points
        assert all(event.contribution or event.gave for event in each.events)
        time = sum((line.contribution for line in each.lines if line.name == "time"), ZERO)
        if each.name != "satisfaction":  # where older answers come to weigh less beside newer ones
            assert time <= Decimal("0.01"), (each.name, "nothing gets better by waiting")
        rounding = sum((line.contribution for line in each.lines if line.name == "rounding"), ZERO)
        assert abs(rounding) <= Decimal("0.05"), each.name
        named = {event.position for event in each.events}
        if each.name not in ("exposure", "purchases"):  # those name what is outside the plan, or one meeting of many
            assert named >= set(shown[each.name].positions), each.name


def test_one_component_alone_and_what_is_not_there(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 42, Business(facts=900))
    with office.view(questions.facts[-1].occurred_at) as view:
        account = max(health(view).accounts, key=lambda each: len(each.components)).account
        whole = explain_health(view, account)
        first = whole.components[0]
        one = explain_health(view, account, first.name)
        assert one.components[0] == first
        assert [each.events for each in one.components[1:]] == [[]] * (len(whole.components) - 1)
        with pytest.raises(NotExplained, match=first.name):
            explain_health(view, account, "mood")
        with pytest.raises(NotFound):
            explain_health(view, some_id("nobody"))
