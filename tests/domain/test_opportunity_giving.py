"""What we give on the way: concessions and samples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.account.stakeholders import StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.money import Money
from domain.opportunity.amounts import AmountNegative
from domain.opportunity.concessions import Concessions
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed
from domain.opportunity.samples import DueBackBeforeLent, SampleNotNamed, SampleNotOut, SampleOutAlready, Samples
from domain.policies.company import default_company
from tests.domain.given import (
    ROOT,
    after_snapshot,
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
from tests.domain.test_opportunity import WON, opened
from tests.domain.test_opportunity_buyers import LI, STRANGER, account

PUMP, VALVE = some_id("pump"), some_id("valve")
CONCEDED = Concessions.ConcessionMade(
    asked=sealed("10 % off"),
    given=sealed("5 % off"),
    received=sealed("three years"),
    worth=eur(4_500),
    return_worth=eur(9_000),
    stage="potential",
)


def lent(**fields: Any) -> Samples.SampleLent:
    stated = {"sample_id": PUMP, "what": "Pump P7", "lent_on": date(2025, 1, 3), "due_back": date(2025, 2, 3), **fields}
    return Samples.SampleLent(**stated)


def lend(it: Opportunity, **fields: Any) -> None:
    stated: dict[str, Any] = {"sample_id": PUMP, "what": "Pump P7", "due_back": date(2025, 2, 3), **fields}
    it.samples.lend(**stated, account=account(), company=default_company())


def test_a_concession_says_what_was_asked_given_and_received() -> None:
    it = given(Opportunity, opened())
    it.concessions.make(
        asked=sealed("10 % off"),
        given=sealed("5 % off"),
        received=sealed("three years"),
        worth=eur(4_500),
        return_worth=Money(Decimal("9000.001"), "eur"),
    )
    assert recorded(it) == [CONCEDED]


def test_a_concession_for_nothing_is_recorded_all_the_same() -> None:
    it = given(Opportunity, opened())
    it.concessions.make(asked=sealed("10 % off"), given=sealed("5 % off"))
    assert recorded(it) == [
        Concessions.ConcessionMade(asked=sealed("10 % off"), given=sealed("5 % off"), stage="potential")
    ]


@pytest.mark.parametrize("field", ["worth", "return_worth"])
def test_a_concession_is_worth_nothing_or_more(field: str) -> None:
    it = given(Opportunity, opened())
    with pytest.raises(AmountNegative):
        it.concessions.make(asked=sealed("more"), given=sealed("less"), **{field: eur(-1)})
    assert recorded(it) == []


def test_after_the_end_nothing_is_conceded() -> None:
    with pytest.raises(OpportunityClosed):
        given(Opportunity, opened(), WON).concessions.make(asked=sealed("more"), given=sealed("less"))


def test_a_sample_is_lent_on_the_companys_day_to_a_person_until_a_day() -> None:
    it = given(Opportunity, opened())
    lend(it, stakeholder=LI, worth=eur(800))
    assert recorded(it) == [lent(stakeholder=LI, worth=eur(800))]
    assert after_snapshot(it).samples.out == {PUMP: lent(stakeholder=LI, worth=eur(800))}


def test_the_same_loan_again_records_nothing_and_another_of_the_same_sample_is_refused() -> None:
    it = given(Opportunity, opened(), lent())
    lend(it)
    assert recorded(it) == []
    with pytest.raises(SampleOutAlready):
        lend(it, what="Pump P8")


def test_a_sample_comes_back_after_the_end_too() -> None:
    it = given(Opportunity, opened(), lent(), WON)
    it.samples.take_back(sample_id=PUMP, remarks=sealed("scratched"))
    assert recorded(it) == [Samples.SampleReturned(sample_id=PUMP, remarks=sealed("scratched"))]
    assert it.samples.out == {}


def test_what_is_not_out_does_not_come_back_and_what_is_out_is_listed() -> None:
    with pytest.raises(SampleNotOut, match=f"{PUMP} Pump P7"):
        given(Opportunity, opened(), lent()).samples.take_back(sample_id=VALVE)
    with pytest.raises(SampleNotOut, match="none"):
        given(Opportunity, opened()).samples.take_back(sample_id=VALVE)


def test_a_sample_may_be_due_back_on_the_day_on_which_it_is_lent() -> None:
    it = given(Opportunity, opened())
    lend(it, due_back=date(2025, 1, 3), worth=eur(0))
    assert recorded(it) == [lent(due_back=date(2025, 1, 3), worth=eur(0))]


def test_a_loan_is_refused() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(SampleNotNamed):
        lend(it, what=" ")
    with pytest.raises(DueBackBeforeLent):
        lend(it, due_back=date(2025, 1, 2))
    with pytest.raises(AmountNegative):
        lend(it, worth=eur(-1))
    with pytest.raises(StakeholderUnknown):
        lend(it, stakeholder=STRANGER)
    with pytest.raises(OpportunityClosed):
        lend(given(Opportunity, opened(), WON))
    assert recorded(it) == []


def test_a_loan_that_came_back_is_not_withdrawn() -> None:
    facts = history(opened(), lent(), Samples.SampleReturned(sample_id=PUMP))
    with pytest.raises(LaterFactForbids, match="SampleReturned"):
        without(Opportunity, facts, 2)


def test_an_identifier_stands_for_one_loan() -> None:
    assert lent().claims(ROOT) == [Claim("sample", str(ROOT), str(PUMP))]


def test_a_sample_that_came_back_later_did_not_come_back_before() -> None:
    facts = history(opened(), lent(), on(day(9), Samples.SampleReturned(sample_id=PUMP)))
    with pytest.raises(LaterFactForbids, match="SampleReturned"):
        late(Opportunity, facts, day(5), lambda it: it.samples.take_back(sample_id=PUMP))


def test_a_concession_is_made_late_in_the_stage_of_its_day_and_an_end_before_it_is_refused() -> None:
    facts = history(opened(), on(day(9), CONCEDED))
    (earlier,) = late(Opportunity, facts, day(5), lambda it: it.concessions.make(asked=sealed("a"), given=sealed("b")))
    assert earlier == Concessions.ConcessionMade(asked=sealed("a"), given=sealed("b"), stage="potential")
    with pytest.raises(LaterFactForbids, match="ConcessionMade"):
        late(Opportunity, facts, day(5), lambda it: it.win())
