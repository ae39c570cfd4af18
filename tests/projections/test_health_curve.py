"""A curve of relationship health is the health at each of its moments."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

import pytest

from domain.errors import NotFound
from domain.visibility import Visibility
from projections.health_curve import CurvePoint, health_curve
from projections.relationship_health import AccountHealth, health
from projections.view import View
from tests.domain.given import some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import START, EngineOf, Journal
from tests.projections.histories_health import lives
from tests.projections.people import ACME, at


def told(view: View, account: UUID) -> tuple[object, ...]:
    """What health says at a moment."""
    try:
        (found,) = health(view, account).accounts
    except NotFound:
        return None, None, []
    assert isinstance(found, AccountHealth)
    return found.score, found.band, found.components


def shown(points: list[CurvePoint]) -> list[tuple[object, ...]]:
    return [(point.score, point.band, point.components) for point in points]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_curve_is_the_health_at_each_moment_of_a_customers_life(
    seed: int, journal: Journal, engine_of: EngineOf
) -> None:
    office = Office(journal, engine_of)
    office.tell(*lives(random.Random(seed), 160, 500))
    moments = [at(7 * week + 0.3) for week in range(-1, 90, 2)]
    for known_at in (None, 90):
        with office.view(at(600), known_at) as view:
            curve = health_curve(view, ACME, moments)
            expected = [told(view.at(moment), ACME) for moment in moments]
        assert shown(curve.points) == expected
        assert len({point.score for point in curve.points}) > 20
        known: set[int] = set()
        for before, point in zip(curve.points, curve.points[1:], strict=False):
            known = {position for each in before.components for position in each.positions}
            now = {position for each in point.components for position in each.positions}
            assert point.moved_by == sorted(now - known)


@pytest.mark.parametrize("business", [Business(facts=900, merges=True), Business(facts=600, zone="UTC", late=0.7)])
def test_a_curve_follows_merges_policies_and_late_facts(
    business: Business, journal: Journal, engine_of: EngineOf
) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, 4, business)
    moments = [START + timedelta(days=18 * step) for step in range(-1, 8)]
    several = some_id("member 1"), frozenset(questions.chronicle.members[:2])
    some = Visibility(member=several[0], managers=several[1])
    compared = 0
    for visibility in (None, None, some):
        as_of, known_at = questions.clocks()
        with office.view(as_of, known_at, visibility) as view:
            for account in questions.chronicle.accounts:
                try:
                    curve = health_curve(view, account, moments)
                except NotFound:
                    continue
                assert shown(curve.points) == [told(view.at(moment), account) for moment in moments]
                compared += sum(point.score is not None for point in curve.points)
    assert compared > 40


def test_an_account_that_is_not_there_has_no_curve(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    with office.view(at(9)) as view, pytest.raises(NotFound):
        health_curve(view, ACME, [at(1)])
