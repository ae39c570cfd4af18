"""Answers, competitors, strategies, criteria and decision processes as rows."""

from datetime import date

from domain.opportunity.competition import Strategy
from domain.opportunity.criteria import CriterionKind
from domain.opportunity.decision_process import DecisionStep
from domain.policies.gates import Answer
from projections.answers import ANSWERS, AnswerRow
from projections.competitors import COMPETITORS, STRATEGIES, CompetitorRow, StrategyRow
from projections.criteria import CRITERIA, STANDINGS, CriterionRow, StandingRow
from projections.decision_processes import DECISION_PROCESSES, DecisionProcessRow, steps_of
from tests.domain.given import day, sealed, some_id
from tests.domain.test_opportunity_competition import assessed, chosen, identified
from tests.domain.test_opportunity_criteria import PRICE, criterion, reranked, standing
from tests.domain.test_opportunity_decision_process import BOARD, stated
from tests.domain.test_opportunity_qualification import answered
from tests.projections.rows import rows_after

DEAL, LI = some_id("deal"), some_id("li")


def test_an_answer_holds_since_it_was_first_given_and_is_confirmed_by_other_evidence() -> None:
    first, again = answered(evidence=sealed("minutes")), answered(evidence=sealed("mail"))
    assert rows_after(ANSWERS, (DEAL, first), (DEAL, again)) == [
        AnswerRow(DEAL, "", "2", Answer.YES, day(1), day(2), sealed("mail"))
    ]
    assert rows_after(ANSWERS, (DEAL, first), (DEAL, answered(answer=Answer.NO))) == [
        AnswerRow(DEAL, "", "2", Answer.NO, day(2), day(2))
    ]


def test_answers_of_each_competitor_stand_apart_whatever_the_spelling() -> None:
    told = [answered(), answered(competitor="Acme"), answered(competitor="ＡＣＭＥ", answer=Answer.NO)]
    assert rows_after(ANSWERS, *((DEAL, each) for each in told)) == [
        AnswerRow(DEAL, "", "2", Answer.YES, day(1), day(1)),
        AnswerRow(DEAL, "acme", "2", Answer.NO, day(3), day(3)),
    ]


def test_a_competitor_keeps_its_first_spelling_and_what_an_assessment_does_not_state() -> None:
    first = identified(" Acme", strengths=sealed("price"), preferred_by=(LI,))
    then = assessed("ACME", weaknesses=sealed("late"))
    assert rows_after(COMPETITORS, (DEAL, first), (DEAL, then)) == [
        CompetitorRow(DEAL, "acme", "Acme", day(1), sealed("price"), sealed("late"), (LI,))
    ]


def test_who_has_an_answer_is_identified_by_it_and_we_are_no_competitor() -> None:
    told = [answered(), answered(competitor="Acme"), answered(competitor="acme", answer=Answer.NO)]
    assert rows_after(COMPETITORS, *((DEAL, each) for each in told)) == [CompetitorRow(DEAL, "acme", "Acme", day(2))]


def test_the_last_strategy_against_each_holds() -> None:
    told = [chosen(against="Acme"), chosen(Strategy.DEFEND), chosen(Strategy.FRONTAL, against="ACME")]
    assert rows_after(STRATEGIES, *((DEAL, each) for each in told)) == [
        StrategyRow(DEAL, "acme", Strategy.FRONTAL, day(3)),
        StrategyRow(DEAL, "", Strategy.DEFEND, day(2)),
    ]


def test_a_criterion_reranked_keeps_the_rank_before() -> None:
    assert rows_after(CRITERIA, (DEAL, criterion(priority=4, whose=LI)), (DEAL, reranked(1, previous=4))) == [
        CriterionRow(DEAL, PRICE, sealed("price"), CriterionKind.BUSINESS, None, LI, 1, 4, True)
    ]
    assert rows_after(CRITERIA, (DEAL, reranked(1))) == []


def test_the_newest_standing_of_each_party_holds() -> None:
    told = [standing(1), standing(2, "Acme"), standing(-2, "ACME")]
    assert rows_after(STANDINGS, *((DEAL, each) for each in told)) == [
        StandingRow(DEAL, PRICE, "", 1),
        StandingRow(DEAL, PRICE, "acme", -2),
    ]


def test_a_decision_process_is_the_last_one_stated() -> None:
    whole = stated(steps=(DecisionStep("test"), BOARD), budget_approved=True, compelling_event=sealed("it breaks"))
    (row,) = rows_after(DECISION_PROCESSES, (DEAL, stated(budget_approved=False)), (DEAL, whole))
    assert isinstance(row, DecisionProcessRow)
    assert (row.step_count, row.ends_on, row.budget_approved) == (2, date(2025, 3, 1), True)
    assert row.compelling_event == sealed("it breaks")
    assert steps_of(row.steps) == (DecisionStep("test"), BOARD)
    assert steps_of(b"") == ()
