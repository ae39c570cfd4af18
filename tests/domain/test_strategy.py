"""The key account strategy: drafted, restated while a draft, adopted when it is whole, reviewed."""

from __future__ import annotations

from datetime import date

import pytest

from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.errors import Refused
from domain.strategy.processes import KeyProcess
from domain.strategy.questions import KeyQuestion, Questions
from domain.strategy.strategy import (
    KeyAccountStrategy,
    ReviewTooEarly,
    ReviewWithoutNext,
    StrategyAdoptedAlready,
    StrategyDecision,
    StrategyIncomplete,
    StrategyNotAdopted,
    StrategyStands,
)
from domain.wording import TextBlank
from tests.domain.given import ROOT, after_snapshot, contents, day, given, history, late, on, recorded, without
from tests.domain.strategies import COMPANY, DRAFTED, ZHOU, adopted, answers, goal, in_force, process, strategy, whole


def test_a_strategy_is_drafted_with_a_mission():
    few = KeyAccountStrategy(id=ROOT)
    few.draft(title="Few, well", mission="Be indispensable", position="first", external_id="S-1")
    (event,) = recorded(few)
    assert event == KeyAccountStrategy.Drafted(
        title="Few, well", mission="Be indispensable", position="first", external_id="S-1"
    )
    assert event.claims(ROOT) == [Claim("keyaccountstrategy", "", "S-1")]
    assert DRAFTED.claims(ROOT) == []
    assert few.statement.position == "first"


@pytest.mark.parametrize("blank", [{"title": " "}, {"mission": " "}])
def test_a_strategy_without_title_or_mission_is_refused(blank):
    with pytest.raises(TextBlank):
        KeyAccountStrategy(id=ROOT).draft(**{"title": "a", "mission": "b"} | blank)
    with pytest.raises(TextBlank):
        strategy().restate(**blank)


def test_a_draft_is_restated_and_keeps_what_is_not_stated():
    few = strategy()
    few.restate(outside_analysis="buyers concentrate", inside_analysis="service is slow")
    few.restate(outside_analysis="buyers concentrate")
    restated = KeyAccountStrategy.Restated(
        title=DRAFTED.title,
        mission=DRAFTED.mission,
        outside_analysis="buyers concentrate",
        inside_analysis="service is slow",
    )
    assert recorded(few) == [restated]
    few.restate(title="Fewer")
    assert few.title == "Fewer"


def test_an_adopted_strategy_is_not_restated():
    with pytest.raises(StrategyStands, match="2025-02-01"):
        in_force().restate(mission="another")


def test_a_strategy_is_not_restated_before_there_is_one():
    with pytest.raises(Refused, match="There is no KeyAccountStrategy"):
        KeyAccountStrategy(id=ROOT).restate(title="a", mission="b")


def test_adoption_needs_a_goal_four_answers_and_six_processes_and_names_what_is_missing():
    few = strategy(*answers()[:3], process(KeyProcess.SALES))
    with pytest.raises(StrategyIncomplete) as refused:
        few.adopt(by=ZHOU, company=COMPANY)
    assert refused.value.details["missing"] == (
        "a goal, how are they kept, the process strategy, the process marketing, the process customer,"
        " the process team, the process goals"
    )


def test_an_override_with_its_reason_adopts_what_is_not_whole():
    few = strategy()
    few.adopt(by=ZHOU, company=COMPANY, override=" the board wants it now ")
    expected = adopted(in_force_from=date(2025, 1, 3), review_due=date(2026, 1, 3), override="the board wants it now")
    assert recorded(few) == [expected]


def test_a_whole_strategy_is_adopted_from_a_day_on_and_once():
    few = given(KeyAccountStrategy, *whole())
    assert few.missing() == []
    few.adopt(by=ZHOU, company=COMPANY, in_force_from=date(2025, 2, 1))
    few.adopt(by=ZHOU, company=COMPANY, in_force_from=date(2025, 2, 1))
    assert recorded(few) == [adopted()]
    with pytest.raises(StrategyAdoptedAlready, match="2025-02-01"):
        few.adopt(by=ZHOU, company=COMPANY, in_force_from=date(2025, 3, 1))


def test_a_leap_day_has_its_review_a_year_later():
    few = given(KeyAccountStrategy, *whole())
    few.adopt(by=ZHOU, company=COMPANY, in_force_from=date(2028, 2, 29))
    assert recorded(few)[0].review_due == date(2029, 2, 28)


def test_a_review_is_not_due_before_the_strategy_is_in_force():
    few = given(KeyAccountStrategy, *whole())
    with pytest.raises(ReviewTooEarly):
        few.adopt(by=ZHOU, company=COMPANY, in_force_from=date(2025, 2, 1), review_due=date(2025, 2, 1))


def test_a_goal_that_is_withdrawn_forbids_the_adoption_that_needs_it():
    facts = history(*whole(), adopted())
    with pytest.raises(LaterFactForbids, match="StrategyIncomplete|Missing: a goal"):
        without(KeyAccountStrategy, facts, 2)
    assert without(KeyAccountStrategy, history(*whole(), adopted(override="now")), 2).adopted.override == "now"


def test_a_review_says_what_was_found_and_when_the_next_is_due():
    few = in_force()
    what = {"findings": "service still slow", "decision": StrategyDecision.CHANGE, "company": COMPANY}
    few.review(**what, next_review_due=date(2025, 7, 1))
    few.review(**what, next_review_due=date(2025, 7, 1))
    assert recorded(few) == [
        KeyAccountStrategy.Reviewed(
            findings="service still slow",
            decision=StrategyDecision.CHANGE,
            reviewed_on=date(2025, 1, 15),
            next_review_due=date(2025, 7, 1),
        )
    ]
    assert few.reviewed.decision is StrategyDecision.CHANGE


def test_a_strategy_to_be_replaced_needs_no_next_review_and_one_that_goes_on_does():
    few = in_force()
    with pytest.raises(ReviewWithoutNext):
        few.review(findings="fine", decision=StrategyDecision.KEEP, company=COMPANY)
    few.review(findings="outlived", decision=StrategyDecision.REPLACE, company=COMPANY)
    assert few.reviewed.next_review_due is None


def test_a_review_needs_findings_an_adopted_strategy_and_a_later_day():
    keep = {"decision": StrategyDecision.KEEP, "company": COMPANY, "next_review_due": date(2026, 1, 1)}
    with pytest.raises(StrategyNotAdopted, match="Few, well"):
        strategy().review(findings="fine", **keep)
    with pytest.raises(TextBlank):
        in_force().review(findings=" ", **keep)
    with pytest.raises(ReviewTooEarly):
        in_force().review(findings="fine", **keep | {"next_review_due": date(2025, 1, 15)})


def test_a_question_is_answered_and_again_where_the_answer_changes():
    few = in_force()
    few.questions.answer(question=KeyQuestion.WHO, answer="on who")
    few.questions.answer(question=KeyQuestion.WHO, answer="the thirty of the list")
    assert recorded(few) == [Questions.QuestionAnswered(question=KeyQuestion.WHO, answer="the thirty of the list")]
    with pytest.raises(TextBlank):
        few.questions.answer(question=KeyQuestion.WHO, answer=" ")


def test_a_late_goal_after_the_adoption_is_refused_where_its_reason_would_be_missing():
    facts = history(*(on(day(n), each) for n, each in enumerate(whole(), 1)), on(day(20), adopted()))
    known = late(KeyAccountStrategy, facts, day(15), lambda few: few.record(goal(goal_id=ZHOU)) or None)
    assert known == [goal(goal_id=ZHOU)]


def test_a_strategy_comes_back_whole_from_a_snapshot():
    few = in_force()
    few.review(findings="fine", decision=StrategyDecision.KEEP, company=COMPANY, next_review_due=date(2026, 1, 1))
    assert contents(after_snapshot(few)) == contents(few)
