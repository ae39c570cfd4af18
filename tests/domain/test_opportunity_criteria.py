"""What the customer decides by, and how we and the others stand in it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.account.stakeholders import StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.opportunity.criteria import Criteria, CriterionKind, CriterionUnknown, NotARank, NotAStanding, SetBy
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed
from domain.opportunity.rivals import CompetitorUnknown
from tests.domain.given import (
    after_snapshot,
    contents,
    day,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)
from tests.domain.test_opportunity import WON, opened
from tests.domain.test_opportunity_buyers import LI, STRANGER, account
from tests.domain.test_opportunity_competition import identified

PRICE, SERVICE = some_id("price"), some_id("service")


def criterion(**fields: Any) -> Criteria.DecisionCriterionRecorded:
    stated = {"criterion_id": PRICE, "text": sealed("price"), "kind": CriterionKind.BUSINESS, **fields}
    return Criteria.DecisionCriterionRecorded(**stated)


def standing(value: int, competitor: str = "", criterion_id: Any = PRICE) -> Criteria.CriterionStandingStated:
    return Criteria.CriterionStandingStated(criterion_id=criterion_id, standing=value, competitor=competitor)


def reranked(priority: int, previous: int | None = None) -> Criteria.CriterionReranked:
    return Criteria.CriterionReranked(criterion_id=PRICE, previous=previous, priority=priority, reason="we asked")


def test_a_criterion_is_recorded_with_who_set_it_and_how_everybody_stands() -> None:
    it = given(Opportunity, opened(), identified())
    it.criteria.describe(
        criterion_id=PRICE, text=sealed("price"), kind=CriterionKind.HIDDEN, set_by=SetBy.COMPETITOR, whose=LI,
        priority=1, formal=False, ours=-1, theirs={"ACME": 2}, account=account(),
    )  # fmt: skip
    assert recorded(it) == [
        criterion(kind=CriterionKind.HIDDEN, set_by=SetBy.COMPETITOR, whose=LI, priority=1, formal=False),
        standing(-1),
        standing(2, "Acme"),
    ]
    assert it.criteria.known[PRICE].standings == {"": -1, "acme": 2}


def test_stated_anew_a_criterion_is_replaced_and_the_standings_stay() -> None:
    it = given(Opportunity, opened(), criterion(priority=1), standing(1))
    it.criteria.describe(criterion_id=PRICE, text=sealed("price"), priority=1, ours=1, account=account())
    assert recorded(it) == []
    it.criteria.describe(criterion_id=PRICE, text=sealed("price over ten years"), account=account())
    assert recorded(it) == [criterion(text=sealed("price over ten years"))]
    assert it.criteria.known[PRICE].standings == {"": 1}


def test_whose_criterion_it_is_is_a_stakeholder_of_the_account() -> None:
    with pytest.raises(StakeholderUnknown):
        given(Opportunity, opened()).criteria.describe(
            criterion_id=PRICE, text=sealed("price"), whose=STRANGER, account=account()
        )


def test_a_priority_is_a_rank_from_one() -> None:
    it = given(Opportunity, opened(), criterion())
    with pytest.raises(NotARank, match="0 is no priority"):
        it.criteria.describe(criterion_id=PRICE, text=sealed("price"), priority=0, account=account())
    with pytest.raises(NotARank, match="-3 is no priority"):
        it.criteria.rerank(criterion=PRICE, priority=-3)


def test_reranking_keeps_the_old_rank_and_the_same_rank_again_records_nothing() -> None:
    it = given(Opportunity, opened(), criterion(priority=4))
    it.criteria.rerank(criterion=PRICE, priority=4)
    assert recorded(it) == []
    it.criteria.rerank(criterion=PRICE, priority=1, reason="we asked")
    assert recorded(it) == [reranked(1, previous=4)]
    assert it.criteria.known[PRICE].priority == 1


def test_a_standing_stated_anew_replaces_and_the_same_again_records_nothing() -> None:
    it = given(Opportunity, opened(), identified(), criterion(), standing(1), standing(2, "Acme"))
    it.criteria.stand(criterion=PRICE, standing=1)
    it.criteria.stand(criterion=PRICE, standing=2, competitor=" acme ")
    assert recorded(it) == []
    it.criteria.stand(criterion=PRICE, standing=0, competitor="acme")
    assert recorded(it) == [standing(0, "Acme")]


@pytest.mark.parametrize("value", [-2, 2])
def test_we_may_be_far_behind_or_far_ahead(value: int) -> None:
    it = given(Opportunity, opened(), criterion())
    it.criteria.stand(criterion=PRICE, standing=value)
    assert recorded(it) == [standing(value)]


@pytest.mark.parametrize("value", [-3, 3])
def test_a_standing_lies_between_far_behind_and_far_ahead(value: int) -> None:
    with pytest.raises(NotAStanding, match=f"{value} is no standing: .* -2 .* 2"):
        given(Opportunity, opened(), criterion()).criteria.stand(criterion=PRICE, standing=value)


def test_an_unknown_criterion_or_competitor_is_refused_and_the_known_ones_are_listed() -> None:
    it = given(Opportunity, opened(), identified(), criterion())
    with pytest.raises(CriterionUnknown, match=f"no criterion {SERVICE} .* are: {PRICE}"):
        it.criteria.stand(criterion=SERVICE, standing=1)
    with pytest.raises(CriterionUnknown, match="are: none"):
        given(Opportunity, opened()).criteria.rerank(criterion=PRICE, priority=1)
    with pytest.raises(CompetitorUnknown, match="Bolt .* are: Acme"):
        it.criteria.stand(criterion=PRICE, standing=1, competitor="Bolt")


def test_a_closed_deal_keeps_its_criteria() -> None:
    it = given(Opportunity, opened(), criterion(), WON)
    with pytest.raises(OpportunityClosed):
        it.criteria.describe(criterion_id=SERVICE, text=sealed("service"), account=account())
    with pytest.raises(OpportunityClosed):
        it.criteria.rerank(criterion=PRICE, priority=1)
    with pytest.raises(OpportunityClosed):
        it.criteria.stand(criterion=PRICE, standing=1)


@pytest.mark.parametrize("then", [standing(1), reranked(1)])
def test_a_criterion_that_was_judged_later_stays(then: Any) -> None:
    with pytest.raises(LaterFactForbids, match="no criterion"):
        without(Opportunity, history(opened(), criterion(), then), 2)


def test_a_competitor_who_was_compared_later_stays_identified() -> None:
    with pytest.raises(LaterFactForbids, match="not identified"):
        without(Opportunity, history(opened(), identified(), criterion(), standing(1, "Acme")), 2)


def test_an_end_recorded_late_before_a_criterion_is_refused() -> None:
    with pytest.raises(LaterFactForbids, match="DecisionCriterionRecorded"):
        late(Opportunity, history(opened(), on(day(9), criterion())), day(5), lambda it: it.lose())


def test_criteria_survive_a_snapshot() -> None:
    it = given(Opportunity, opened(), criterion(whose=LI), standing(2))
    assert contents(after_snapshot(it)) == contents(it)
