"""The trend of relationship health, and the heat map, as of two clocks."""

from __future__ import annotations

import pytest

from domain.errors import NotFound
from domain.visibility import Visibility
from projections.health_portfolio import HeatCell, HeatLine, TrendPoint, heat, trend
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import ACME, BEN, GAO, SHEN, added, at, met, registered

BETA, GAMMA = some_id("beta"), some_id("gamma")
NOW = at(400)


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    found = Office(journal, engine_of)
    found.tell(registered(), registered(0, BETA), added(1, SHEN), added(2, GAO), met(220, SHEN), met(220, GAO))
    return found


def test_the_trend_holds_the_past_against_now_the_greatest_falls_first(office: Office) -> None:
    fresh = office.tell(met(399, account=BETA), registered(390, GAMMA), met(395, account=GAMMA))
    with office.view(NOW) as view:
        answer = trend(view)
    assert answer.days == [90, 30, 0]
    acme, *others = answer.accounts
    assert (acme.account, [point.score for point in acme.points], acme.change) == (ACME, [63.1, 50.9, 45.8], -17.3)
    assert [point.band for point in acme.points] == ["yellow", "yellow", "red"]
    assert acme.points[0] == TrendPoint(at(310), 63.1, "yellow", [5, 6])
    assert {one.account: [point.score for point in one.points] for one in others} == {
        BETA: [None, None, 99.6],
        GAMMA: [None, None, 98.1],
    }
    assert {one.change for one in others} == {None}
    assert fresh == 9


def test_the_trend_of_one_account_over_other_days_by_what_was_known(office: Office) -> None:
    known = len(office.journal.facts)
    office.tell(met(300, SHEN), met(300, GAO))
    with office.view(NOW, known) as view:
        (before,) = trend(view, ACME, [10, 180, 10, 0, -3]).accounts
    with office.view(NOW) as view:
        (after,) = trend(view, ACME, [10, 180]).accounts
        with pytest.raises(NotFound):
            trend(view, some_id("nobody"))
    assert [point.score for point in before.points] == [87.5, 47.5, 45.8]
    assert [point.as_of for point in before.points] == [at(220), at(390), NOW]
    assert [point.score for point in after.points] == [87.5, 63.1, 60.9]


def test_the_heat_map_is_accounts_by_components_the_weightiest_first(office: Office) -> None:
    with office.view(NOW) as view:
        answer = heat(view)
    assert answer.components == ["contact", "exposure"]
    acme, beta = answer.accounts
    cells = {"contact": HeatCell(50.0, "red", [6]), "exposure": HeatCell(25.0, "red", [5, 6])}
    assert acme == HeatLine(ACME, acme.external_id, "Acme", 45.8, "red", cells)
    assert (beta.account, beta.score, beta.cells) == (BETA, None, {})
    with office.view(at(219)) as view:
        assert (heat(view).components, len(heat(view).accounts)) == ([], 2)


def test_both_show_only_what_the_asker_may_see(office: Office) -> None:
    mine = Visibility(member=BEN, managers=frozenset([BEN]), scope="own accounts")
    with office.view(NOW, visibility=mine) as view:
        assert (heat(view).accounts, trend(view).accounts) == ([], [])
