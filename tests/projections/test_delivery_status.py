"""Delivery after winning: promised, reached, missed, late as of a day; accepted by whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.aggregate import Event
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from projections.deals import Filters
from projections.delivery_status import DeliveriesAnswer, DeliveryLine, DeliveryState, PromiseLine, deliveries
from tests.domain.given import day, eur, some_id
from tests.domain.test_opportunity_buyers import LI
from tests.domain.test_opportunity_delivery import DUE, accepted, missed, planned, reached
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_winning_cost import ACME, BETA, MEI, ZOE, opened

DEAL, OTHER = some_id("deal"), some_id("other deal")
LATER = date(2025, 1, 20)
STORY: list[tuple[UUID, Event, datetime]] = [
    (ACME, Account.Registered(name="Acme"), day(1)),
    (BETA, Account.Registered(name="Beta"), day(1)),
    (DEAL, opened(ACME, MEI), day(2)),
    (OTHER, opened(BETA, ZOE), day(2)),
    (DEAL, Opportunity.Won(signed=eur(90)), day(3)),
    (OTHER, Opportunity.Won(signed=eur(90)), day(3)),
    (DEAL, planned(what="Line 7"), day(4)),  # due on 10 January, day 9
    (DEAL, planned(milestone="training", due=LATER), day(4)),
    (OTHER, planned(), day(4)),
    (OTHER, reached(date(2025, 1, 9)), day(8)),
    (DEAL, missed(), day(10)),
    (DEAL, planned(what="Line 7", due=LATER, previous=DUE), day(12)),
    (DEAL, reached(date(2025, 1, 22)), day(21)),
    (DEAL, accepted(date(2025, 1, 24)), day(23)),
]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def asked(office: Office, at: int, known_at: int | None = None, **which: Any) -> DeliveriesAnswer:
    with office.view(day(at), known_at) as view:
        return deliveries(view, **which)


def promise(answer: DeliveriesAnswer, opportunity: UUID = DEAL, milestone: str = "installation") -> PromiseLine:
    (line,) = [each for each in answer.deliveries if each.opportunity == opportunity]
    return next(each for each in line.promises if each.milestone == milestone)


def test_in_the_end_it_says_what_was_kept_how_late_and_who_accepted(office: Office) -> None:
    answer = asked(office, 30)
    assert answer.deliveries == [
        DeliveryLine(
            opportunity=DEAL,
            account=ACME,
            owner=MEI,
            promises=[
                PromiseLine("installation", "Line 7", LATER, DUE, DeliveryState.REACHED_LATE, date(2025, 1, 22), 2, 13),
                PromiseLine("training", "", LATER, LATER, DeliveryState.LATE, None, 11, 8),
            ],
            accepted_on=date(2025, 1, 24),
            accepted_by=LI,
            acceptance=14,
        ),
        DeliveryLine(
            opportunity=OTHER,
            account=BETA,
            owner=ZOE,
            promises=[PromiseLine("installation", "", DUE, DUE, DeliveryState.REACHED, date(2025, 1, 9), 0, 10)],
        ),
    ]
    assert (answer.late, answer.day) == (1, date(2025, 1, 31))


def test_a_promise_is_promised_then_late_then_missed_then_promised_anew(office: Office) -> None:
    found = {at: promise(asked(office, at, known)).state for at, known in ((9, None), (10, 10), (11, None), (13, None))}
    assert found == {
        9: DeliveryState.PROMISED,
        10: DeliveryState.LATE,
        11: DeliveryState.MISSED,
        13: DeliveryState.PROMISED,
    }
    assert asked(office, 11).late == 1


def test_what_was_recorded_late_is_not_known_before(office: Office) -> None:
    before = len(office.journal.facts)
    office.tell(
        (DEAL, planned(milestone="spares", due=LATER), day(5)),
    )
    assert promise(asked(office, 6), milestone="spares").state is DeliveryState.PROMISED
    assert len(asked(office, 6, before).deliveries[0].promises) == 2


def test_a_win_that_is_taken_back_has_no_delivery(office: Office) -> None:
    office.tell((OTHER, Opportunity.Reopened(previous=Outcome.WON, reason="unsigned"), day(25)))
    assert [line.opportunity for line in asked(office, 30).deliveries] == [DEAL]


def test_a_filter_takes_its_deliveries(office: Office) -> None:
    assert [line.opportunity for line in asked(office, 30, filters=Filters(owner=ZOE)).deliveries] == [OTHER]
