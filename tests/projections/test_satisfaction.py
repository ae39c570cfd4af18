"""Answers to surveys as rows."""

from domain.account.purchases import Satisfaction, SurveyKind, SurveySubject
from projections.satisfaction import SATISFACTION, SurveyRow
from tests.domain.given import day, sealed, some_id
from tests.projections.rows import rows_after

ACME, WANG = some_id("acme"), some_id("wang")


def test_every_answer_is_a_row_of_its_own_and_its_comment_stays_sealed() -> None:
    first = Satisfaction.SatisfactionSurveyed(
        survey_id=some_id("first"),
        kind=SurveyKind.NPS,
        score=9,
        subject=SurveySubject.SERVICE,
        comment=sealed("quick"),
        stakeholder=WANG,
    )
    second = Satisfaction.SatisfactionSurveyed(survey_id=some_id("second"), kind=SurveyKind.CSAT, score=3)
    assert rows_after(SATISFACTION, (ACME, first), (ACME, second)) == [
        SurveyRow(ACME, day(1), SurveyKind.NPS, 9, SurveySubject.SERVICE, WANG, sealed("quick")),
        SurveyRow(ACME, day(2), SurveyKind.CSAT, 3),
    ]
