"""Competitors on an opportunity, and the strategies against them."""

from __future__ import annotations

from typing import Any

import pytest

from domain.account.stakeholders import NothingStated, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.opportunity.competition import Competition, Strategy
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed
from domain.opportunity.rivals import CompetitorUnknown, CompetitorUnnamed, by_plain_name, plain
from domain.policies.gates import Answer
from tests.domain.given import after_snapshot, contents, day, given, history, late, on, recorded, sealed, without
from tests.domain.test_opportunity import WON, opened, process
from tests.domain.test_opportunity_buyers import LI, STRANGER, account
from tests.domain.test_opportunity_qualification import answered


def identified(competitor: str = "Acme", **fields: Any) -> Competition.CompetitorIdentified:
    return Competition.CompetitorIdentified(competitor=competitor, **fields)


def assessed(competitor: str = "Acme", **fields: Any) -> Competition.CompetitorAssessed:
    return Competition.CompetitorAssessed(competitor=competitor, **fields)


def chosen(strategy: Strategy = Strategy.FLANKING, **fields: Any) -> Competition.StrategyChosen:
    return Competition.StrategyChosen(strategy=strategy, **fields)


def test_spellings_of_a_name_differ_in_case_width_and_spaces_only() -> None:
    assert plain(" ＡＣＭＥ　 Works ") == plain("acme works") == "acme works"
    assert plain("华为") != plain("中兴")
    assert by_plain_name([" Acme ", "", "ACME", "中兴"]) == {"acme": "Acme", "中兴": "中兴"}


def test_a_competitor_is_identified_with_what_speaks_for_and_against_it() -> None:
    it = given(Opportunity, opened())
    it.competition.identify(
        competitor=" Acme ", strengths=sealed("price"), weaknesses=sealed("service"), preferred_by=(LI,),
        account=account(),
    )  # fmt: skip
    assert recorded(it) == [identified(strengths=sealed("price"), weaknesses=sealed("service"), preferred_by=(LI,))]
    assert it.rivals() == {"acme": "Acme"}


def test_naming_a_competitor_in_another_spelling_is_the_same_one_and_the_first_spelling_stays() -> None:
    it = given(Opportunity, opened(), identified(strengths=sealed("price")))
    it.competition.identify(competitor="ＡＣＭＥ", strengths=sealed("price"), account=account())
    assert recorded(it) == []
    it.competition.identify(competitor="ACME", account=account())
    assert recorded(it) == [identified()]
    assert it.rivals() == {"acme": "Acme"}


def test_a_competitor_has_a_name_and_who_prefers_it_is_of_the_account() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(CompetitorUnnamed, match="The name of the competitor is blank"):
        it.competition.identify(competitor="  ", account=account())
    with pytest.raises(StakeholderUnknown):
        it.competition.identify(competitor="Acme", preferred_by=(STRANGER,), account=account())
    with pytest.raises(StakeholderUnknown):
        given(Opportunity, opened(), identified()).competition.assess(
            competitor="Acme", preferred_by=(STRANGER,), account=account()
        )


def test_an_assessment_states_what_changed_and_the_same_again_records_nothing() -> None:
    it = given(Opportunity, opened(), identified(strengths=sealed("price"), preferred_by=(LI,)))
    it.competition.assess(competitor="acme", weaknesses=sealed("late"), preferred_by=(), account=account())
    assert recorded(it) == [assessed(weaknesses=sealed("late"), preferred_by=())]
    it.competition.assess(competitor="acme", strengths=sealed("price"), preferred_by=(), account=account())
    assert recorded(it) == []
    it.competition.assess(competitor="acme", strengths=None, account=account())
    assert recorded(it) == [assessed(strengths=None)]
    with pytest.raises(NothingStated, match="strengths, weaknesses, preferred_by"):
        it.competition.assess(competitor="acme", account=account())


def test_an_unknown_competitor_is_refused_and_those_identified_are_listed() -> None:
    it = given(Opportunity, opened(), identified(), answered(competitor="Zenith"))
    with pytest.raises(CompetitorUnknown, match="The competitor Bolt is not identified .* are: Acme, Zenith"):
        it.competition.assess(competitor=" Bolt ", strengths=sealed("x"), account=account())
    with pytest.raises(CompetitorUnknown, match="are: none"):
        given(Opportunity, opened()).competition.choose(strategy=Strategy.DEFEND, against="Acme")


def test_a_competitor_for_whom_a_question_was_answered_is_identified_by_it() -> None:
    it = given(Opportunity, opened(), answered(competitor="Zenith"))
    it.competition.assess(competitor="ZENITH", strengths=sealed("brand"), account=account())
    assert recorded(it) == [assessed("Zenith", strengths=sealed("brand"))]
    it.qualification.answer(question="2", answer=Answer.NO, competitor="zenith", sales_process=process())
    assert recorded(it) == [answered(answer=Answer.NO, competitor="Zenith")]


def test_a_strategy_is_chosen_against_one_competitor_or_against_all() -> None:
    it = given(Opportunity, opened(), identified())
    it.competition.choose(strategy=Strategy.FLANKING, against="ACME", reasoning=sealed("their criteria"))
    it.competition.choose(strategy=Strategy.DEFEND, against=" ")
    it.competition.choose(strategy=Strategy.DEFEND)
    it.competition.choose(strategy=Strategy.FLANKING, against="acme", reasoning=sealed("their criteria"))
    assert recorded(it) == [chosen(against="Acme", reasoning=sealed("their criteria")), chosen(Strategy.DEFEND)]


def test_a_strategy_against_nobody_known_is_refused() -> None:
    with pytest.raises(CompetitorUnknown, match="Acme"):
        given(Opportunity, opened(), identified()).competition.choose(strategy=Strategy.FRONTAL, against="Bolt")


def test_on_a_closed_deal_nobody_competes_any_more() -> None:
    it = given(Opportunity, opened(), identified(), WON)
    with pytest.raises(OpportunityClosed):
        it.competition.identify(competitor="Bolt", account=account())
    with pytest.raises(OpportunityClosed):
        it.competition.assess(competitor="Acme", strengths=sealed("x"), account=account())
    with pytest.raises(OpportunityClosed):
        it.competition.choose(strategy=Strategy.FRONTAL)


@pytest.mark.parametrize("then", [identified(), chosen()])
def test_an_end_recorded_late_before_they_compete_is_refused(then: Any) -> None:
    with pytest.raises(LaterFactForbids, match=r"Competitor|Strategy"):
        late(Opportunity, history(opened(), on(day(9), then)), day(5), lambda it: it.disqualify())


@pytest.mark.parametrize("then", [assessed(strengths=sealed("x")), chosen(against="Acme")])
def test_a_competitor_who_was_assessed_or_fought_later_stays_identified(then: Any) -> None:
    with pytest.raises(LaterFactForbids, match="CompetitorUnknown|not identified"):
        without(Opportunity, history(opened(), identified(), then), 2)


def test_competition_survives_a_snapshot() -> None:
    it = given(Opportunity, opened(), identified(preferred_by=(LI,)), chosen(against="Acme"))
    assert contents(after_snapshot(it)) == contents(it)
