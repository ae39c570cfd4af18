"""What happened to deals beside their stages, told by example."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.visits import Visits
from domain.aggregate import Event
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.opportunity.competition import Competition
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.pursuit import Decision, Pursuit
from domain.opportunity.qualification import Qualification
from domain.policies.gates import Answer
from domain.policies.process_definition import ForecastCategory
from projections.forecasting.histories import NONE, MarkKind, number_of
from tests.domain.given import eur, some_id
from tests.projections.forecasting.clocked import (
    ACME,
    DEAL,
    MEI,
    ZOE,
    at,
    known,
    live,
    marks,
    on,
    opened,
)


def test_a_later_close_is_a_push_by_days_and_an_earlier_one_a_pull_and_the_first_is_neither() -> None:
    moves = [date(2027, 3, 1), date(2027, 3, 11), date(2027, 3, 6), date(2027, 3, 6)]
    told = [live(opened(), 1)]
    told += [live(Opportunity.CloseDateMoved(previous=None, close_on=to), n) for n, to in enumerate(moves, 2)]
    found = known(told, at(9))
    assert marks(found, MarkKind.PUSHED) == [(on(3), NONE, 10.0)]
    assert marks(found, MarkKind.PULLED) == [(on(4), NONE, 5.0)]
    assert found.close_on.tolist() == [number_of(date(2027, 3, 6))]


def test_a_revised_amount_is_marked_by_its_share_of_the_one_before() -> None:
    told = [live(opened(amount=eur(100)), 1), live(Opportunity.AmountRevised(previous=eur(100), amount=eur(150)), 2)]
    assert marks(known(told, at(3)), MarkKind.AMOUNT) == [(on(2), NONE, 1.5)]


def test_the_first_amount_of_a_deal_that_had_none_is_no_revision() -> None:
    told = [live(opened(), 1), live(Opportunity.AmountRevised(previous=None, amount=eur(150)), 2)]
    assert marks(known(told, at(3)), MarkKind.AMOUNT) == []


def test_our_answers_are_marked_and_those_for_competitors_are_not() -> None:
    said = [
        ("budget", Answer.YES, ""),
        ("need", Answer.NO, ""),
        ("need", Answer.UNKNOWN, ""),
        ("need", Answer.YES, "X"),
    ]
    told = [live(opened(), 1)]
    told += [
        live(Qualification.QualificationAnswered(question=q, answer=a, process_edition=1, competitor=c), n)
        for n, (q, a, c) in enumerate(said, 2)
    ]
    found = known(told, at(9))
    assert found.codes.questions == ["budget", "need"]
    assert marks(found, MarkKind.ANSWER) == [(on(2), 0, 1.0), (on(3), 1, -1.0), (on(4), 1, 0.0)]


def test_a_buyer_who_is_mapped_anew_goes_as_he_was_and_comes_as_he_is() -> None:
    li = some_id("li")
    stands = [(Support.NEUTRAL, False), (Support.SUPPORTER, True)]
    told = [live(opened(), 1)]
    told += [
        live(Buyers.BuyerMapped(stakeholder=li, role=BuyerRole.USER, support=support, key_player=key), n)
        for n, (support, key) in enumerate(stands, 2)
    ]
    told.append(live(Buyers.BuyerUnmapped(stakeholder=li), 5))
    found = known(told, at(9))
    assert found.codes.buyers == ["user neutral", "user supporter"]
    assert marks(found, MarkKind.BUYER) == [(on(2), 0, 0.0), (on(3), 1, 1.0)]
    assert marks(found, MarkKind.BUYER_GONE) == [(on(3), 0, 0.0), (on(5), 1, 1.0)]


def contact(number: int, *people: str) -> Event:
    return Contacts.ContactLogged(
        contact_id=some_id(f"contact {number}"),
        channel=ContactChannel.PHONE,
        direction=ContactDirection.OUT,
        people=(),
        stakeholders=tuple(some_id(each) for each in people),
        subject=None,
        message_id="",
    )


def test_a_contact_with_buyers_serves_the_deal_once_while_it_is_open() -> None:
    told = [live(opened(), 2)]
    for n, person in enumerate(("li", "wang"), 3):
        event = Buyers.BuyerMapped(stakeholder=some_id(person), role=BuyerRole.USER, support=Support.NEUTRAL)
        told.append(live(event, n))
    told += [live(contact(1, "li"), 1, stream=ACME), live(contact(2, "li", "wang"), 5, stream=ACME)]
    told += [
        live(contact(3, "hu"), 6, stream=ACME),
        live(Opportunity.Lost(), 7),
        live(contact(4, "li"), 8, stream=ACME),
    ]
    assert marks(known(told, at(9)), MarkKind.CONTACT) == [(on(5), NONE, 1.0)]


def test_a_contact_counts_from_when_it_was_logged() -> None:
    told = [live(opened(), 1)]
    told.append(live(Buyers.BuyerMapped(stakeholder=some_id("li"), role=BuyerRole.USER, support=Support.NEUTRAL), 2))
    told.append(live(contact(1, "li"), 3, recorded=6, stream=ACME))
    assert marks(known(told, at(5)), MarkKind.CONTACT) == []
    assert marks(known(told, at(6)), MarkKind.CONTACT) == [(on(6), NONE, 1.0)]


def visit(number: int, *deals: Any) -> Event:
    stated: dict[str, Any] = dict.fromkeys(Visits.VisitLogged.__struct_fields__)
    stated |= {"visit_id": some_id(f"visit {number}"), "opportunities": deals, "people": (), "stakeholders": ()}
    stated |= {"why": "", "where": "", "steps": (), "external_id": "", "stock": (), "order_lines": (), "photo": ""}
    return Visits.VisitLogged(**(stated | {"ad_hoc": False}))


def test_a_visit_serves_the_deals_that_it_names() -> None:
    told = [live(opened(), 1), live(opened(), 1, stream=some_id("other"))]
    told.append(live(visit(1, DEAL, some_id("other")), 4, stream=ACME))
    found = known(told, at(5))
    assert sorted(found.marks.deal[found.marks.kind == MarkKind.CONTACT].tolist()) == [0, 1]


def test_owners_categories_pursuit_and_competitors_are_marked() -> None:
    told = [
        live(opened(owner=MEI), 1),
        live(Opportunity.OwnerChanged(previous=MEI, owner=ZOE), 2),
        live(Opportunity.ForecastCategorySet(previous=None, category=ForecastCategory.COMMIT), 3),
        live(Pursuit.PursuitDecided(decision=Decision.NO_GO, by=MEI, why="too small"), 4),
        live(Pursuit.PursuitDecided(decision=Decision.GO, by=MEI, why="grew"), 5),
        live(Competition.CompetitorIdentified(competitor="X"), 6),
    ]
    found = known(told, at(9))
    (owner,) = marks(found, MarkKind.OWNER)
    assert (found.codes.owners[owner[1]], owner[0]) == (ZOE, on(2))
    (category,) = marks(found, MarkKind.CATEGORY)
    assert (found.codes.categories[category[1]], found.category.tolist()) == ("commit", [0])
    assert [value for _, _, value in marks(found, MarkKind.PURSUIT)] == [-1.0, 1.0]
    assert marks(found, MarkKind.COMPETITOR) == [(on(6), NONE, 1.0)]
