"""The work on a deal as rows: pursuit, resources, concessions, samples, quotes, milestones, delivery."""

from datetime import date
from decimal import Decimal
from typing import Any

from domain.opportunity.concessions import Concessions
from domain.opportunity.delivery import Delivery
from domain.opportunity.pursuit import Decision, Pursuit
from domain.opportunity.quote_lines import Requirement
from domain.opportunity.quotes import Quotes
from domain.opportunity.samples import Samples
from projections.concessions import CONCESSIONS, ConcessionRow
from projections.deliveries import DELIVERIES, DeliveryRow
from projections.milestones import MILESTONES, MilestoneRow
from projections.pursuits import PURSUITS, PursuitRow
from projections.quotes import QUOTES, QuoteRow, QuoteStatus
from projections.resources import RESOURCES, ResourceRow
from projections.samples import SAMPLES, SampleRow
from tests.domain.given import day, eur, sealed, some_id
from tests.domain.test_opportunity import ANNA, BO
from tests.domain.test_opportunity_buyers import LI
from tests.domain.test_opportunity_delivery import DUE, REACHED, accepted, missed, planned, reached
from tests.domain.test_opportunity_giving import CONCEDED, PUMP, lent
from tests.domain.test_opportunity_pursuit import GO, NO_GO, spent
from tests.domain.test_opportunity_quotes import APRIL, MARCH, issued, requested, revised
from tests.domain.test_opportunity_quotes import accepted as quote_accepted
from tests.projections.rows import rows_after

DEAL, OTHER = some_id("deal"), some_id("other deal")
JANUARY = date(2025, 1, 3)


def rows(model: Any, *events: Any) -> list[Any]:
    return rows_after(model, *((DEAL, event) for event in events))


def test_the_newest_decision_to_pursue_holds() -> None:
    assert rows(PURSUITS, NO_GO, GO) == [
        PursuitRow(
            decision=Decision.GO,
            by=ANNA,
            decided=day(2),
            cost_allowed=Decimal(5_000),
            currency="EUR",
            days_allowed=Decimal(10),
        )
    ]
    (row,) = rows(PURSUITS, GO, Pursuit.PursuitDecided(decision=Decision.NO_GO, by=BO, why="No budget"))
    assert row == PursuitRow(decision=Decision.NO_GO, by=BO, decided=day(2))


def test_the_same_spending_twice_is_two_rows() -> None:
    row = ResourceRow(
        opportunity=DEAL,
        at=day(1),
        resource="sales",
        stage="potential",
        person_days=Decimal("1.5"),
        cost=Decimal(900),
        currency="EUR",
        member=BO,
    )
    first, second = rows(RESOURCES, spent(member=BO), spent(member=BO))
    assert (first, second.at) == (row, day(2))


def test_a_concession_says_whether_something_came_in_return() -> None:
    for_nothing = Concessions.ConcessionMade(asked=sealed("more"), given=sealed("some"))
    assert rows(CONCESSIONS, CONCEDED, for_nothing) == [
        ConcessionRow(
            opportunity=DEAL,
            at=day(1),
            stage="potential",
            in_return=True,
            worth=Decimal(4_500),
            worth_currency="EUR",
            return_worth=Decimal(9_000),
            return_currency="EUR",
        ),
        ConcessionRow(opportunity=DEAL, at=day(2)),
    ]


def test_a_sample_is_out_until_it_comes_back() -> None:
    out = SampleRow(
        opportunity=DEAL,
        sample=PUMP,
        what="Pump P7",
        stakeholder=LI,
        lent_on=JANUARY,
        due_back=date(2025, 2, 3),
        worth=Decimal(800),
        currency="EUR",
    )
    loan = lent(stakeholder=LI, worth=eur(800))
    assert rows(SAMPLES, loan) == [out]
    (back,) = rows(SAMPLES, loan, Samples.SampleReturned(sample_id=PUMP))
    assert back.returned == day(2)
    assert rows(SAMPLES, Samples.SampleReturned(sample_id=PUMP)) == []


def test_a_quote_is_requested_issued_revised_followed_up_and_accepted() -> None:
    asked = requested(follow_up_on=date(2025, 1, 10))
    assert rows(QUOTES, asked) == [
        QuoteRow(
            opportunity=DEAL,
            quote_no="Q-1",
            requested_on=JANUARY,
            follow_up_on=date(2025, 1, 10),
            requirements=("drawings",),
        )
    ]
    quoted = issued(requirements=(Requirement.DRAWINGS, Requirement.USE))
    first = QuoteRow(
        opportunity=DEAL,
        quote_no="Q-1",
        status=QuoteStatus.ISSUED,
        number=1,
        total=Decimal(2_864),
        undiscounted=Decimal(3_014),
        currency="EUR",
        requested_on=JANUARY,
        issued_on=JANUARY,
        valid_until=MARCH,
        follow_up_on=date(2025, 1, 20),
        requirements=("drawings", "use"),
    )
    assert rows(QUOTES, asked, quoted) == [first]
    (second,) = rows(QUOTES, asked, quoted, revised())
    assert (second.number, second.total, second.valid_until, second.follow_up_on) == (2, Decimal(2_700), APRIL, None)
    asked_again = Quotes.QuoteFollowedUp(quote_no="Q-1", followed_up_on=date(2025, 2, 1), follow_up_on=APRIL)
    (third,) = rows(QUOTES, asked, quoted, revised(), asked_again, quote_accepted(2))
    assert (third.status, third.followed_up_on, third.follow_up_on, third.accepted_on) == (
        QuoteStatus.ACCEPTED,
        date(2025, 2, 1),
        APRIL,
        date(2025, 1, 4),
    )
    (declined,) = rows(QUOTES, quoted, Quotes.QuoteDeclined(quote_no="Q-1", reason="too dear"))
    assert (declined.status, declined.requested_on) == (QuoteStatus.DECLINED, None)


def test_quotes_of_two_deals_are_two_rows_and_what_was_never_issued_is_none() -> None:
    assert len(rows_after(QUOTES, (DEAL, issued()), (OTHER, issued()))) == 2
    stray = [revised(), Quotes.QuoteFollowedUp(quote_no="Q-1", followed_up_on=JANUARY), quote_accepted(2)]
    assert rows(QUOTES, *stray, Quotes.QuoteDeclined(quote_no="Q-1", reason="x")) == []


def test_a_milestone_has_the_moment_at_which_it_was_reached() -> None:
    assert rows(MILESTONES, REACHED) == [
        MilestoneRow(opportunity=DEAL, milestone="need-confirmed", stage="confirmed", reached=day(1))
    ]


def test_a_promise_keeps_its_first_day_when_it_is_planned_anew() -> None:
    later = date(2025, 2, 1)
    (row,) = rows(DELIVERIES, planned(), missed(), planned(due=later, previous=DUE, what="Line 7"))
    assert row == DeliveryRow(opportunity=DEAL, milestone="installation", what="Line 7", due=later, first_due=DUE)
    (again,) = rows(DELIVERIES, planned(), reached(DUE), planned(due=later))
    assert (again.first_due, again.reached_on) == (later, None)


def test_a_promise_is_missed_and_kept_and_the_acceptance_is_a_row_of_its_own() -> None:
    promise, acceptance = rows(DELIVERIES, planned(), missed(), reached(date(2025, 1, 14)), accepted(APRIL))
    assert (promise.missed_on, promise.reached_on) == (date(2025, 1, 11), date(2025, 1, 14))
    assert acceptance == DeliveryRow(opportunity=DEAL, accepted_on=APRIL, stakeholder=LI)
    stray = Delivery.DeliveryMilestoneReached(milestone="training", reached_on=DUE)
    assert rows(DELIVERIES, stray, missed()) == []
