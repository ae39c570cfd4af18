"""The decision map as a question to a real PostgreSQL, as of two clocks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.account.account import Account
from domain.account.influence import InfluenceKind, InfluenceNature
from domain.account.person import Coverage, Level
from domain.account.standing import RelationshipType, Standing
from domain.errors import NotFound
from domain.opportunity.buyers import BuyerRole, Support
from domain.opportunity.opportunity import Opportunity
from domain.visibility import Visibility
from projections.decision_map import ChangesEndBeforeTheyStart, DecisionMap, decision_map
from projections.map_changes import Change
from projections.map_gaps import Gap
from projections.map_picture import Closeness, MapEdge, StandNode
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import (
    ACME,
    ANNA,
    BEN,
    DEAL,
    GAO,
    SHEN,
    VOSS,
    XU,
    added,
    assessed,
    at,
    changed,
    influence,
    inner_circle,
    left,
    mapped,
    met,
    no_influence,
    opened,
    registered,
    unmapped,
)

NOW = at(100)
APPROVER, MAKER, EVALUATOR = BuyerRole.APPROVER, BuyerRole.DECISION_MAKER, BuyerRole.EVALUATOR


class Asking(Office):
    """Asks for maps."""

    def map(self, *, since: Any = None, **clocks: Any) -> DecisionMap:
        """Of the deal."""
        with self.view(clocks.pop("as_of", NOW), **clocks) as view:
            return decision_map(view, opportunity=DEAL, since=since)

    def of_account(self, account: UUID = ACME, **clocks: Any) -> DecisionMap:
        """Of the whole customer."""
        with self.view(clocks.pop("as_of", NOW), **clocks) as view:
            return decision_map(view, account=account)

    def gaps(self, **clocks: Any) -> dict[str, Gap]:
        """Gaps of the deal by rule."""
        found = self.map(**clocks).gaps
        assert len({gap.rule for gap in found}) == len(found)
        return {gap.rule: gap for gap in found}

    def changes(self, since: float, **clocks: Any) -> list[tuple[Any, ...]]:
        """What changed since a day: what, who, before, after, positions."""
        found = self.map(since=at(since), **clocks).changes
        return [(each.what, each.stakeholder, each.before, each.after, each.positions) for each in found]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Asking:
    found = Asking(journal, engine_of)
    found.tell(registered(), opened(), added(2, SHEN, title="COO"), added(3, GAO, reports_to=SHEN))
    return found


def test_people_who_are_there_are_nodes_with_all_that_is_known(office: Asking) -> None:
    office.tell(
        added(4, XU),
        mapped(5, GAO, EVALUATOR, Support.ENEMY, key_player=True),
        assessed(6, GAO, Level.VENDOR, Level.CREDIBLE_SOURCE, Coverage.BRIEF),
        met(7, GAO, SHEN),
        left(8, XU),
    )
    shen, gao = office.map().nodes
    assert (shen.id, shen.title, shen.reports_to, shen.stands, shen.met) == (SHEN, "COO", None, [], at(7))
    assert (gao.id, gao.account, gao.reports_to, gao.met, gao.contacted) == (GAO, ACME, SHEN, at(7), None)
    assert gao.stands == [StandNode(DEAL, EVALUATOR, Support.ENEMY, True, at(5), [6])]
    assert gao.relationships == [Closeness(ANNA, Level.VENDOR, Level.CREDIBLE_SOURCE, Coverage.BRIEF, [7])]
    assert (shen.positions, gao.positions) == ([3, 8], [4, 8])


def test_edges_are_the_formal_organisation_and_influence_the_strongest_first(office: Asking) -> None:
    office.tell(
        added(4, XU, reports_to=SHEN),
        influence(5, GAO, SHEN, InfluenceKind.BLOCKS, 1),
        influence(6, XU, SHEN, strength=3, nature=InfluenceNature.FORMAL),
        influence(7, XU, SHEN, strength=2, nature=InfluenceNature.FORMAL),
        influence(8, XU, GAO, strength=3),
        no_influence(9, XU, GAO),
    )
    assert office.map().edges == [
        MapEdge(f"{GAO} reports_to {SHEN}", "reports_to", GAO, SHEN, None, "formal", [4]),
        MapEdge(f"{XU} reports_to {SHEN}", "reports_to", XU, SHEN, None, "formal", [5]),
        MapEdge(f"{XU} advises {SHEN}", "advises", XU, SHEN, 2, "formal", [7, 8]),
        MapEdge(f"{GAO} blocks {SHEN}", "blocks", GAO, SHEN, 1, "political", [6]),
    ]


def test_an_edge_is_stored_as_from_to_with_a_stable_id(office: Asking) -> None:
    edge = msgspec.to_builtins(office.map().edges[0])
    assert (edge["id"], edge["from"], edge["to"]) == (f"{GAO} reports_to {SHEN}", str(GAO), str(SHEN))


def test_whoever_left_takes_his_edges_with_him_and_brings_them_back(office: Asking) -> None:
    office.tell(influence(5, GAO, SHEN), left(6, SHEN))
    assert office.map().edges == []
    assert len(office.map(as_of=at(5.5)).edges) == 2
    office.tell(added(7, SHEN))
    assert [edge.kind for edge in office.map().edges] == ["reports_to", "advises"]


def test_the_map_of_the_middle_is_that_of_then_and_what_was_late_is_not_in_what_was_known(office: Asking) -> None:
    known = office.tell(mapped(10, GAO, MAKER, Support.ENEMY))
    office.tell(mapped(50, GAO, MAKER, Support.SUPPORTER), added(5, VOSS), mapped(6, VOSS, APPROVER, Support.MENTOR))
    assert [node.stands[0].support for node in office.map().nodes if node.stands] == [Support.SUPPORTER, Support.MENTOR]
    middle = office.map(as_of=at(49))
    assert [node.stands[0].support for node in middle.nodes if node.stands] == [Support.ENEMY, Support.MENTOR]
    before = office.map(known_at=known)
    assert [node.id for node in before.nodes] == [SHEN, GAO]
    assert [node.stands[0].support for node in before.nodes if node.stands] == [Support.ENEMY]


def test_an_account_shows_all_its_open_opportunities(office: Asking) -> None:
    second, third = some_id("second"), some_id("third")
    office.tell(
        opened(10, second),
        opened(11, third),
        mapped(12, GAO, MAKER, Support.ENEMY),
        mapped(13, GAO, APPROVER, Support.MENTOR, deal=second),
        mapped(14, GAO, EVALUATOR, Support.NEUTRAL, deal=third),
        (third, Opportunity.Lost(), at(15)),
    )
    found = office.of_account()
    assert [(deal.id, deal.stage, deal.positions) for deal in found.opportunities] == [
        (DEAL, "potential", [2]),
        (second, "potential", [5]),
    ]
    (gao,) = [node for node in found.nodes if node.id == GAO]
    assert {stand.opportunity: stand.role for stand in gao.stands} == {DEAL: MAKER, second: APPROVER}
    assert [gap.opportunity for gap in found.gaps if gap.rule == "no_approver"] == [DEAL]


# --- gaps


def test_without_approver_or_decision_maker_the_mapped_show_the_gap(office: Asking) -> None:
    assert office.gaps() == {
        "no_approver": Gap("no_approver", None, DEAL, "nobody is mapped as approver", [2]),
        "no_decision_maker": Gap("no_decision_maker", None, DEAL, "nobody is mapped as decision maker", [2]),
    }
    office.tell(mapped(5, GAO, MAKER, Support.NEUTRAL), assessed(6, GAO, Level.VENDOR))
    assert office.gaps() == {"no_approver": Gap("no_approver", None, DEAL, "nobody is mapped as approver", [2, 5])}


def test_an_approver_who_left_is_a_gap_and_approves_no_longer(office: Asking) -> None:
    office.tell(mapped(5, SHEN, APPROVER, Support.SUPPORTER), left(6, SHEN))
    found = office.gaps()
    assert found["mapped_person_left"] == Gap("mapped_person_left", SHEN, DEAL, "the approver has left", [5, 6])
    assert found["no_approver"].positions == [2]


def test_a_seat_that_nobody_covers(office: Asking) -> None:
    office.tell(mapped(5, GAO, MAKER, Support.NEUTRAL))
    gap = Gap("seat_without_coverage", GAO, DEAL, "none of ours covers the decision maker", [5])
    assert office.gaps()["seat_without_coverage"] == gap
    office.tell(assessed(6, GAO, Level.VENDOR, coverage=Coverage.NONE))
    assert office.gaps()["seat_without_coverage"] == msgspec.structs.replace(gap, positions=[5, 6])
    office.tell(assessed(7, GAO, Level.VENDOR, coverage=Coverage.BRIEF, by=BEN))
    assert "seat_without_coverage" not in office.gaps()


def test_an_approver_or_key_player_whom_nobody_met_within_the_cadence(office: Asking) -> None:
    granted = Standing.KeyStatusGranted(
        relationship_type=RelationshipType.PARTNER, justification="large", override="known"
    )
    office.tell(
        mapped(5, SHEN, APPROVER, Support.NEUTRAL),
        mapped(6, GAO, EVALUATOR, Support.NEUTRAL, key_player=True),
        met(20, GAO),
        (ACME, granted, at(21)),
    )
    found = office.gaps()
    never, cold = "the approver was never met; the cadence is 30 days", "the key player was not met for 80 days"
    assert found["approver_not_met"] == Gap("approver_not_met", SHEN, DEAL, never, [5])
    assert found["key_player_not_met"] == Gap(
        "key_player_not_met", GAO, DEAL, f"{cold}; the cadence is 30 days", [6, 7]
    )
    assert "key_player_not_met" not in office.gaps(as_of=at(50))
    assert "key_player_not_met" in office.gaps(as_of=at(51))


def test_somebody_of_the_inner_circle_without_a_relationship(office: Asking) -> None:
    office.tell(inner_circle(5, GAO))
    rule, reason = "inner_circle_without_relationship", "of the inner circle, and none of ours has a relationship"
    assert office.gaps()[rule] == Gap(rule, GAO, None, reason, [5])
    office.tell(assessed(6, GAO, Level.VENDOR))
    assert rule not in office.gaps()


def test_an_opponent_with_influence_on_the_approver(office: Asking) -> None:
    office.tell(
        mapped(5, SHEN, APPROVER, Support.SUPPORTER),
        mapped(6, GAO, EVALUATOR, Support.ENEMY),
        influence(7, GAO, SHEN, strength=3),
        influence(8, SHEN, GAO, InfluenceKind.APPROVES),
    )
    rule, reason = "opponent_influences_approver", "an enemy advises the approver, strength 3"
    assert office.gaps()[rule] == Gap(rule, GAO, DEAL, reason, [5, 6, 7], SHEN)
    office.tell(mapped(9, GAO, EVALUATOR, Support.NEUTRAL))
    assert rule not in office.gaps()


def test_a_person_to_whom_none_of_ours_is_as_near_as_he_should_be(office: Asking) -> None:
    office.tell(assessed(5, GAO, Level.VENDOR, Level.PROBLEM_SOLVER))
    rule = "desired_level_not_reached"
    assert office.gaps()[rule] == Gap(rule, GAO, None, "vendor, should be problem solver", [5])
    office.tell(assessed(6, GAO, Level.CREDIBLE_SOURCE, Level.TRUSTED_ADVISER, by=BEN))
    assert office.gaps()[rule] == Gap(rule, GAO, None, "credible source, should be trusted adviser", [6])
    office.tell(assessed(7, GAO, Level.TRUSTED_ADVISER))
    assert rule not in office.gaps()


def test_an_opportunity_that_has_ended_has_no_gaps_of_its_own(office: Asking) -> None:
    office.tell((DEAL, Opportunity.Lost(), at(5)))
    assert office.map().gaps == []
    assert set(office.gaps(as_of=at(4))) == {"no_approver", "no_decision_maker"}


# --- changes


def test_who_joined_left_and_moved_between_two_days(office: Asking) -> None:
    office.tell(
        added(10, XU),
        changed(20, GAO, title="Head of purchasing"),
        changed(21, GAO, title="CPO", reports_to=None),
        added(22, VOSS, title="COO"),
        left(23, SHEN),
        left(24, XU),
        added(25, XU),
    )
    assert office.changes(since=15) == [
        ("title", GAO, None, "CPO", [6, 7]),
        ("reports_to", GAO, str(SHEN), None, [7]),
        ("joined", VOSS, None, "COO", [8]),
        ("left", SHEN, "COO", None, [9]),
    ]
    assert office.changes(since=15, as_of=at(20)) == [("title", GAO, None, "Head of purchasing", [6])]


def test_roles_support_levels_and_influence_between_two_days(office: Asking) -> None:
    office.tell(
        mapped(10, GAO, EVALUATOR, Support.ENEMY),
        mapped(11, SHEN, APPROVER, Support.NEUTRAL),
        assessed(12, GAO, Level.VENDOR),
        influence(13, GAO, SHEN, strength=1),
        influence(14, SHEN, GAO, strength=1),
    )
    office.tell(
        mapped(20, GAO, EVALUATOR, Support.NEUTRAL),
        mapped(21, GAO, MAKER, Support.SUPPORTER, key_player=True),
        unmapped(22, SHEN),
        assessed(23, GAO, Level.CREDIBLE_SOURCE, Level.PROBLEM_SOLVER),
        influence(24, GAO, SHEN, strength=3),
        no_influence(25, SHEN, GAO),
    )
    assert office.changes(since=15) == [
        ("support", GAO, "enemy", "supporter", [10, 11]),
        ("key_player", GAO, None, "yes", [11]),
        ("role", GAO, "evaluator", "decision_maker", [11]),
        ("role", SHEN, "approver", None, [12]),
        ("support", SHEN, "neutral", None, [12]),
        ("desired", GAO, None, "problem_solver", [13]),
        ("level", GAO, "vendor", "credible_source", [13]),
        ("advises", GAO, "1 political", "3 political", [14]),
        ("advises", SHEN, "1 political", None, [15]),
    ]


def test_a_change_names_deal_member_and_whom_influence_is_on(office: Asking) -> None:
    office.tell(mapped(20, GAO, MAKER, Support.ENEMY), assessed(21, GAO, Level.VENDOR), influence(22, GAO, SHEN))
    found = {change.what: change for change in office.map(since=at(15)).changes}
    assert (found["role"].opportunity, found["level"].member, found["advises"].to) == (DEAL, ANNA, SHEN)


def test_a_map_that_did_not_change_says_so_and_since_must_be_earlier(office: Asking) -> None:
    assert office.map(since=at(50)).changes == []
    assert office.map().since is None
    with pytest.raises(ChangesEndBeforeTheyStart):
        office.map(since=NOW)


# --- merged accounts, visibility


def test_a_merged_account_brings_its_people_and_the_same_person_is_one(office: Asking) -> None:
    double, twin = some_id("double"), some_id("twin of gao")
    people = {twin: GAO}
    office.tell(
        registered(10, double),
        added(11, twin, double),
        added(12, VOSS, double, reports_to=twin),
        met(20, twin, account=double),
        (double, Account.AccountsMerged(into=ACME, reason="one company", people=people), at(30)),
    )
    for found in (office.map(), office.of_account(), office.of_account(double)):
        assert found.account == ACME
        assert [node.id for node in found.nodes] == [SHEN, GAO, VOSS]
        assert [node.met for node in found.nodes] == [None, at(20), None]
        assert [edge.id for edge in found.edges] == [f"{GAO} reports_to {SHEN}", f"{VOSS} reports_to {GAO}"]
    assert [node.id for node in office.map(as_of=at(29)).nodes] == [SHEN, GAO]
    assert [node.id for node in office.of_account(double, as_of=at(29)).nodes] == [twin, VOSS]


def test_a_deal_of_a_merged_account_is_one_of_the_account_that_goes_on(office: Asking) -> None:
    double, deal = some_id("double"), some_id("deal of the double")
    merge = Account.AccountsMerged(into=ACME, reason="one company")
    office.tell(registered(10, double), opened(11, deal, double), (double, merge, at(30)))
    assert [each.id for each in office.of_account().opportunities] == [DEAL, deal]
    with office.view(NOW) as view:
        assert decision_map(view, opportunity=deal).account == ACME


def test_what_is_not_there_or_not_to_be_seen_is_not_found(office: Asking) -> None:
    mine = Visibility(member=BEN, managers=frozenset([BEN]), scope="own accounts")
    with pytest.raises(NotFound, match=f"opportunity {DEAL}"):
        office.map(visibility=mine)
    with pytest.raises(NotFound, match=f"account {ACME}"):
        office.of_account(visibility=mine)
    with pytest.raises(NotFound, match=f"opportunity {DEAL}"):
        office.map(as_of=at(0.5))
    with pytest.raises(NotFound):
        office.of_account(some_id("nobody"))


def test_changes_that_nobody_asked_for_are_empty(office: Asking) -> None:
    office.tell(changed(20, GAO, title="CPO"), (ACME, Account.ManagerAssigned(manager=BEN), at(21)))
    assert office.map().changes == []
    title = Change(what="title", stakeholder=GAO, before=None, after="CPO", positions=[5])
    assert office.map(since=at(19)).changes == [title]
