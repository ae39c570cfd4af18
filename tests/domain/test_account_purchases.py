"""Purchases and satisfaction: one document once, one survey once, scores of their scale."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.account.account import Account
from domain.account.purchases import (
    DocumentNumberBlank,
    NotAQuantity,
    Purchases,
    Satisfaction,
    ScoreOutOfRange,
    SurveyKind,
    SurveySubject,
)
from domain.account.stakeholders import StakeholderHasLeft, Stakeholders, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.money import CurrenciesDiffer, Money, NotAnAmount
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    eur,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

WANG, SURVEY = some_id("Wang"), some_id("survey")
REGISTERED = on(day(1), Account.Registered(name="Huarui Steel"))
WANG_ADDED = on(day(1), Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王")))
WANG_LEFT = Stakeholders.StakeholderLeft(stakeholder_id=WANG)
BOUGHT = Purchases.PurchaseRecorded(document_no="R-7", revenue=eur(900))


def surveyed(score: int = 9, **more: object) -> Satisfaction.SatisfactionSurveyed:
    return Satisfaction.SatisfactionSurveyed(survey_id=SURVEY, kind=SurveyKind.NPS, score=score, **more)


def account(*facts: object) -> Account:
    return given(Account, REGISTERED, WANG_ADDED, *facts)


def test_a_purchase_is_recorded_with_its_document():
    huarui = account()
    huarui.purchases.add(
        document_no=" R-7 ",
        revenue=Money(Decimal("900.004"), "EUR"),
        product_line="coils",
        quantity=Decimal("12.5"),
        margin=eur(90),
    )
    assert recorded(huarui) == [
        Purchases.PurchaseRecorded(
            document_no="R-7", revenue=eur(900), product_line="coils", quantity=Decimal("12.5"), margin=eur(90)
        )
    ]


def test_a_credit_note_has_negative_revenue():
    huarui = account()
    huarui.purchases.add(document_no="G-1", revenue=eur(-50))
    assert recorded(huarui) == [Purchases.PurchaseRecorded(document_no="G-1", revenue=eur(-50))]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"document_no": " "}, DocumentNumberBlank),
        ({"quantity": Decimal("NaN")}, NotAQuantity),
        ({"margin": Money.of(90, "CNY")}, CurrenciesDiffer),
        ({"revenue": Money(Decimal("Infinity"), "EUR")}, NotAnAmount),
    ],
)
def test_a_purchase_without_document_number_or_amounts_in_one_currency_is_refused(wrong, refusal):
    huarui = account()
    with pytest.raises(refusal):
        huarui.purchases.add(**{"document_no": "R-7", "revenue": eur(900)} | wrong)
    assert recorded(huarui) == []


def test_a_document_counts_once_per_account():
    assert BOUGHT.claims(ROOT) == [Claim("purchase", str(ROOT), "R-7")]


def test_a_purchase_is_recorded_late_and_withdrawn_freely():
    facts = history(REGISTERED, on(day(9), BOUGHT))
    earlier = Purchases.PurchaseRecorded(document_no="R-6", revenue=eur(1))
    assert late(Account, facts, day(5), lambda a: a.purchases.add(document_no="R-6", revenue=eur(1))) == [earlier]
    corrected = without(Account, facts, 2)
    corrected.at(day(9)).purchases.add(document_no="R-7", revenue=eur(800))
    assert recorded(corrected) == [Purchases.PurchaseRecorded(document_no="R-7", revenue=eur(800))]


def test_purchases_leave_the_state_as_it_was():
    assert contents(account(BOUGHT).purchases) == contents(account().purchases)


def test_a_survey_is_recorded_with_its_words():
    huarui = account()
    huarui.satisfaction.survey(
        survey_id=SURVEY,
        kind=SurveyKind.NPS,
        score=9,
        subject=SurveySubject.SERVICE,
        comment=sealed("answers fast"),
        stakeholder=WANG,
    )
    assert recorded(huarui) == [
        surveyed(subject=SurveySubject.SERVICE, comment=sealed("answers fast"), stakeholder=WANG)
    ]


@pytest.mark.parametrize(
    ("kind", "score", "fits"),
    [
        (SurveyKind.NPS, -1, False),
        (SurveyKind.NPS, 0, True),
        (SurveyKind.NPS, 10, True),
        (SurveyKind.NPS, 11, False),
        (SurveyKind.CSAT, 0, False),
        (SurveyKind.CSAT, 1, True),
        (SurveyKind.CSAT, 5, True),
        (SurveyKind.CSAT, 6, False),
    ],
)
def test_a_score_lies_on_its_scale(kind: SurveyKind, score: int, fits: bool):
    huarui = account()
    if fits:
        huarui.satisfaction.survey(survey_id=SURVEY, kind=kind, score=score)
        assert len(recorded(huarui)) == 1
    else:
        with pytest.raises(ScoreOutOfRange, match=f"{score} is no score of {kind}"):
            huarui.satisfaction.survey(survey_id=SURVEY, kind=kind, score=score)


def test_only_somebody_who_is_there_is_surveyed():
    with pytest.raises(StakeholderUnknown):
        account().satisfaction.survey(survey_id=SURVEY, kind=SurveyKind.NPS, score=9, stakeholder=SURVEY)
    with pytest.raises(StakeholderHasLeft):
        account(WANG_LEFT).satisfaction.survey(survey_id=SURVEY, kind=SurveyKind.NPS, score=9, stakeholder=WANG)


def test_a_leaving_recorded_late_is_refused_where_the_person_answered_later():
    facts = history(REGISTERED, WANG_ADDED, on(day(9), surveyed(stakeholder=WANG)))
    with pytest.raises(LaterFactForbids, match="SatisfactionSurveyed"):
        late(Account, facts, day(5), lambda a: a.stakeholders.leave(stakeholder_id=WANG))
    with pytest.raises(LaterFactForbids, match="no stakeholder"):
        without(Account, facts, 2)


def test_a_survey_counts_once():
    assert surveyed().claims(ROOT) == [Claim("survey", str(ROOT), str(SURVEY))]


def test_an_account_that_bought_and_answered_comes_back_from_its_snapshot():
    huarui = account(BOUGHT, surveyed(stakeholder=WANG))
    assert contents(after_snapshot(huarui)) == contents(huarui)
