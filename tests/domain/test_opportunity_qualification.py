"""The questionnaire's answers, for us and for competitors."""

from __future__ import annotations

import pytest

from domain.aggregate import LaterFactForbids
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed
from domain.opportunity.qualification import Qualification
from domain.policies.gates import Answer
from domain.policies.process_definition import QuestionUnknown
from tests.domain.given import day, given, history, late, on, recorded, sealed
from tests.domain.test_opportunity import WON, opened, process


def answered(**fields: object) -> Qualification.QualificationAnswered:
    stated = {"question": "2", "answer": Answer.YES, "process_edition": 0, **fields}
    return Qualification.QualificationAnswered(**stated)  # type: ignore[arg-type]


def test_an_answer_is_recorded_with_its_evidence() -> None:
    it = given(Opportunity, opened())
    it.qualification.answer(
        question="2", answer=Answer.YES, evidence=sealed("minutes of 3 May"), sales_process=process()
    )
    assert recorded(it) == [answered(evidence=sealed("minutes of 3 May"))]
    assert it.qualification.of() == {"2": Answer.YES}


def test_a_named_competitor_has_answers_of_its_own() -> None:
    it = given(Opportunity, opened(), answered())
    it.qualification.answer(question="2", answer=Answer.NO, competitor=" Acme ", sales_process=process())
    assert recorded(it) == [answered(answer=Answer.NO, competitor="Acme")]
    assert it.qualification.of() == {"2": Answer.YES}
    assert it.qualification.of("Acme") == {"2": Answer.NO}


def test_the_same_answer_and_evidence_again_records_nothing() -> None:
    it = given(Opportunity, opened(), answered(evidence=sealed("minutes")))
    it.qualification.answer(question="2", answer=Answer.YES, evidence=sealed("minutes"), sales_process=process())
    assert recorded(it) == []


def test_other_evidence_for_the_same_answer_is_a_fact() -> None:
    it = given(Opportunity, opened(), answered(evidence=sealed("minutes")))
    it.qualification.answer(question="2", answer=Answer.YES, evidence=sealed("mail"), sales_process=process())
    assert recorded(it) == [answered(evidence=sealed("mail"))]


def test_a_question_is_one_of_the_process() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(QuestionUnknown, match="does not ask question 21"):
        it.qualification.answer(question="21", answer=Answer.YES, sales_process=process())


def test_a_closed_deal_is_not_qualified() -> None:
    it = given(Opportunity, opened(), WON)
    with pytest.raises(OpportunityClosed):
        it.qualification.answer(question="2", answer=Answer.YES, sales_process=process())


def test_an_end_recorded_late_before_an_answer_is_refused() -> None:
    with pytest.raises(LaterFactForbids, match="QualificationAnswered"):
        late(Opportunity, history(opened(), on(day(9), answered())), day(5), lambda it: it.disqualify())
