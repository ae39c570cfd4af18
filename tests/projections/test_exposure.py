"""What is lost if one leaves, as a question to a real PostgreSQL, as of two clocks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.person import Coverage, Level
from domain.account.visits import VisitKind, VisitPurpose, Visits
from domain.errors import NotFound
from domain.member import Member
from domain.money import Money
from domain.opportunity.buyers import BuyerRole, Support
from domain.opportunity.opportunity import Opportunity
from domain.visibility import Visibility
from projections.exposure import exposure
from projections.exposure_answer import AtRisk, Exposure, ExposureAnswer, Side
from projections.threads import single_thread
from tests.domain.given import eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.people import (
    ACME,
    ANNA,
    BEN,
    GAO,
    SHEN,
    VOSS,
    XU,
    added,
    assessed,
    at,
    left,
    mapped,
    met,
    registered,
)
from tests.projections.test_policies import COMPANY, defined

BETA, LINE, PUMP, ITEM, VISIT = (some_id(name) for name in ("beta", "line", "pump", "item", "visit"))
ONE, OTHER = some_id("one"), some_id("other")


def test_a_relationship_hangs_by_one_thread_or_many() -> None:
    assert single_thread({}) is None
    assert single_thread({(ANNA, SHEN): 7}) == 100
    assert single_thread({(ANNA, SHEN): 1, (BEN, SHEN): 1}) == 75
    assert single_thread({(a, b): 1 for a in (ANNA, BEN) for b in (SHEN, GAO)}) == 50
    assert single_thread({(ANNA, SHEN): 3, (BEN, GAO): 1}) == 62.5


class Asking(Office):
    """Asks for exposures."""

    def ask(self, as_of: Any = None, known_at: int | None = None, **of: Any) -> ExposureAnswer:
        visibility = of.pop("visibility", None)
        with self.view(as_of or at(100), known_at, visibility) as view:
            return exposure(view, **of)

    def one(self, as_of: Any = None, known_at: int | None = None, **of: Any) -> Exposure:
        (found,) = self.ask(as_of, known_at, **of).exposures
        return found


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Asking:
    office = Asking(journal, engine_of)
    office.tell((COMPANY, defined(), at(0)), registered(), (ACME, Account.ManagerAssigned(manager=ANNA), at(0)))
    return office


def deal(key: UUID, amount: int, account: UUID = ACME) -> Told:
    opening = Opportunity.Opened(
        account=account,
        title="Line",
        process="four-funnel",
        process_edition=1,
        stage="potential",
        amount=eur(amount),
        owner=ANNA,
    )
    return key, opening, at(1)


def contacted(day: float, who: UUID, ours: UUID) -> Told:
    logged = Contacts.ContactLogged(
        contact_id=some_id(f"contact {day}"),
        channel=ContactChannel.PHONE,
        direction=ContactDirection.OUT,
        people=(ours,),
        stakeholders=(who,),
        subject=None,
        message_id="",
    )
    return ACME, logged, at(day)


def test_a_manager_takes_along_the_deals_whose_buyers_only_he_met(office: Asking) -> None:
    first = office.tell(deal(LINE, 100), deal(PUMP, 30), added(1, SHEN), added(1, GAO)) - 3
    office.tell(
        mapped(2, SHEN, BuyerRole.APPROVER, Support.NEUTRAL, deal=LINE),
        mapped(2, GAO, BuyerRole.USER, Support.NEUTRAL, deal=PUMP),
        met(50, SHEN),
        met(51, GAO, ours=(ANNA, BEN)),
    )
    hers = office.one(manager=ANNA)
    assert (hers.side, hers.accounts, hers.value) == (Side.MANAGER, [ACME], eur(100).amount)
    (line,) = hers.opportunities
    assert (line.opportunity, line.why, line.value) == (LINE, [AtRisk.ONLY_ONE_WHO_MET_BUYERS], eur(100).amount)
    assert line.positions == [first, first + 4, first + 6]
    assert hers.weighted == line.weighted == eur(10).amount
    assert [(each.stakeholder, each.positions) for each in hers.single_threads] == [(SHEN, [first + 6])]
    assert office.one(manager=BEN).opportunities == []
    late = office.tell(met(49, SHEN, ours=(BEN,)))
    assert office.one(manager=ANNA).value == Decimal(0)
    assert office.one(manager=ANNA, known_at=late - 1).value == eur(100).amount
    assert office.one(at(48.5), manager=ANNA).value == Decimal(0)


def test_where_no_buyer_is_mapped_it_is_who_met_anybody(office: Asking) -> None:
    office.tell(deal(LINE, 100), added(1, SHEN), contacted(60, SHEN, ANNA))
    (line,) = office.one(manager=ANNA).opportunities
    assert line.why == [AtRisk.ONLY_ONE_WHO_MET_ANYBODY]
    office.tell(assessed(70, SHEN, Level.VENDOR, coverage=Coverage.BRIEF, by=BEN))
    assert office.one(manager=ANNA).opportunities == []


def test_who_left_on_either_side_knows_nobody_and_an_assessment_without_coverage_is_none(office: Asking) -> None:
    office.tell((BEN, Member.Invited(name=sealed("Ben")), at(0)), deal(LINE, 100), added(1, SHEN), added(1, GAO))
    office.tell(met(60, SHEN), met(61, SHEN, ours=(BEN,)), met(62, GAO, ours=(BEN,)))
    office.tell(assessed(63, SHEN, Level.VENDOR, coverage=Coverage.NONE, by=some_id("zoe")))
    assert office.one(manager=ANNA).single_threads == []
    office.tell((BEN, Member.Left(), at(64)), left(65, GAO))
    (thread,) = office.one(manager=ANNA).single_threads
    assert thread.stakeholder == SHEN
    assert {each.person for each in office.ask().exposures} == {ANNA, SHEN}


def test_a_contact_takes_along_the_deals_where_he_alone_is_for_us_or_approves(office: Asking) -> None:
    office.tell(deal(LINE, 100), deal(PUMP, 30), *(added(1, who) for who in (SHEN, GAO, XU)))
    office.tell(
        mapped(2, SHEN, BuyerRole.APPROVER, Support.MENTOR, deal=LINE),
        mapped(3, GAO, BuyerRole.USER, Support.ENEMY, deal=LINE),
        mapped(4, GAO, BuyerRole.APPROVER, Support.SUPPORTER, deal=PUMP),
        mapped(5, XU, BuyerRole.USER, Support.SUPPORTER, deal=PUMP),
        met(50, SHEN, GAO, XU, ours=(ANNA, BEN)),
    )
    assert [(each.opportunity, each.why) for each in office.one(contact=SHEN).opportunities] == [
        (LINE, [AtRisk.ONLY_SUPPORTER, AtRisk.ONLY_APPROVER])
    ]
    assert [(each.opportunity, each.why) for each in office.one(contact=GAO).opportunities] == [
        (PUMP, [AtRisk.ONLY_APPROVER])
    ]
    assert office.one(contact=XU).opportunities == []
    ranked = [(each.person, each.value) for each in office.ask().exposures]
    assert ranked == [(SHEN, eur(100).amount), (GAO, eur(30).amount)]


def test_one_manager_and_one_contact_who_carry_the_whole_relationship(office: Asking) -> None:
    office.tell(deal(LINE, 100), added(1, SHEN), added(1, GAO), met(50, SHEN))
    answer = office.ask()
    assert [(each.person, each.carries_alone) for each in answer.exposures] == [(SHEN, [ACME]), (ANNA, [ACME])]
    (line,) = answer.accounts
    assert (line.account, line.single_thread, line.members, line.contacts) == (ACME, 100, 1, 1)
    assert line.carried_by == [ANNA, SHEN]
    assert office.one(contact=SHEN).opportunities[0].why == [AtRisk.ONLY_CONTACT]
    office.tell(met(60, GAO, ours=(BEN,)))
    (line,) = office.ask().accounts
    assert (line.single_thread, line.members, line.contacts, line.carried_by) == (50, 2, 2, [])


def test_a_meeting_of_more_than_a_year_ago_makes_nobody_known(office: Asking) -> None:
    office.tell(added(1, SHEN), met(50, SHEN))
    assert len(office.one(at(50 + 364), manager=ANNA).single_threads) == 1
    assert office.one(at(50 + 366), manager=ANNA).single_threads == []


def test_what_only_a_manager_knows_and_has_open(office: Asking) -> None:
    first = office.tell(added(1, SHEN), added(1, GAO)) + 1
    planned = Visits.VisitPlanned(
        visit_id=VISIT,
        start=at(120),
        end=None,
        what=VisitKind.DEMO,
        why="they asked",
        where="",
        purpose=VisitPurpose.ADVANTAGE,
        expected_action="names the approver",
        people=(ANNA,),
        stakeholders=(SHEN,),
        opportunities=(),
    )
    opened = ActionItems.ActionItemOpened(item_id=ITEM, text=sealed("call"), owner=ANNA, due_on=date(2026, 5, 1))
    office.tell(
        assessed(40, SHEN, Level.VENDOR),
        assessed(41, GAO, Level.VENDOR),
        assessed(42, GAO, Level.VENDOR, by=BEN),
        met(50, SHEN),
        met(51, GAO),
        met(52, GAO, ours=(ANNA, BEN)),
        met(53, GAO, ours=(BEN,)),
        (ACME, planned, at(60)),
        (ACME, opened, at(61)),
    )
    hers = office.one(manager=ANNA)
    knowledge = hers.knowledge
    assert knowledge is not None
    assert [(each.stakeholder, each.positions) for each in knowledge.assessed_alone] == [(SHEN, [first])]
    assert (knowledge.meetings, knowledge.meetings_alone, knowledge.share_alone) == (4, 2, 0.5)
    assert knowledge.positions_alone == [first + 3, first + 4]
    assert [(each.visit, each.start, each.positions) for each in hers.visits] == [(VISIT, at(120), [first + 7])]
    assert [(each.item, each.due_on, each.positions) for each in hers.action_items] == [
        (ITEM, date(2026, 5, 1), [first + 8])
    ]
    his = office.one(contact=SHEN)
    assert ([each.visit for each in his.visits], his.action_items, his.knowledge) == ([VISIT], [], None)
    office.tell((ACME, Account.AccountHandedOver(from_=ANNA, to=BEN, reason="leaves", visits=(VISIT,)), at(90)))
    assert office.one(manager=ANNA).visits == []
    assert len(office.one(manager=BEN).visits) == 1


def test_merged_accounts_and_doubles_are_one(office: Asking) -> None:
    office.tell(registered(account=BETA), added(1, SHEN), added(1, VOSS, account=BETA), deal(LINE, 100, BETA))
    office.tell(met(50, SHEN), met(51, VOSS, ours=(BEN,), account=BETA))
    assert [each.members for each in office.ask().accounts] == [1, 1]
    merged = Account.AccountsMerged(into=ACME, reason="the same", people={VOSS: SHEN})
    office.tell((BETA, merged, at(80)))
    answer = office.ask(account=BETA)
    (line,) = answer.accounts
    assert (line.account, line.members, line.contacts, line.single_thread) == (ACME, 2, 1, 75)
    assert [(each.person, each.value) for each in answer.exposures] == [(SHEN, eur(100).amount)]
    assert office.one(contact=VOSS).person == SHEN
    assert len(office.ask(at(79)).accounts) == 2


def test_an_asker_sees_the_exposure_of_his_accounts(office: Asking) -> None:
    office.tell(registered(account=BETA), added(1, SHEN), met(50, SHEN), added(1, VOSS, account=BETA))
    office.tell(met(51, VOSS, ours=(BEN,), account=BETA))
    hers = Visibility(member=ANNA, managers=frozenset({ANNA}), scope="own accounts")
    assert [each.account for each in office.ask(visibility=hers).accounts] == [ACME]
    assert {each.person for each in office.ask(visibility=hers).exposures} == {ANNA, SHEN}
    with pytest.raises(NotFound):
        office.ask(account=BETA, visibility=hers)


def test_a_deal_without_a_value_is_at_risk_all_the_same_and_what_is_missing_is_named(office: Asking) -> None:
    revised = Opportunity.AmountRevised(previous=None, amount=Money.of(5, "ISK"))
    office.tell(deal(LINE, 100), (LINE, revised, at(3)), added(1, SHEN), met(50, SHEN))
    answer = office.ask(manager=ANNA)
    assert [each.value for each in answer.exposures[0].opportunities] == [None]
    assert (answer.exposures[0].value, answer.missing_rates) == (Decimal(0), {"ISK": 1})
