"""Who wins against whom, with which strategy: as a question to a real PostgreSQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET

from domain.account.account import Account
from domain.errors import NotFound
from domain.money import Money
from domain.opportunity.competition import Strategy
from domain.opportunity.criteria import CriterionKind
from domain.opportunity.opportunity import Opportunity
from domain.sealed import Sealed
from domain.visibility import Visibility
from projections.closed import PeriodBackwards
from projections.competition import (
    CompetitionAnswer,
    CompetitorLine,
    CriteriaLine,
    Lead,
    OpenDeal,
    Record,
    competition,
)
from projections.deals import Filters
from projections.losses import LOSSES, LossRow
from projections.proportions import Share, share
from tests.domain.given import day, eur, sealed, some_id
from tests.domain.test_opportunity import STEEL, opened
from tests.domain.test_opportunity_competition import chosen, identified
from tests.domain.test_opportunity_criteria import PRICE, SERVICE, criterion, standing
from tests.domain.test_opportunity_qualification import answered
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.rows import rows_after
from tests.projections.test_policies import COMPANY, defined

WON, LOST = Opportunity.Won(signed=eur(10)), Opportunity.Lost()
GONE = Opportunity.Disqualified()


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell((COMPANY, defined(), day(0)))
    return office


def deal(name: str, *events: Any, closed: int = 20, **fields: Any) -> list[Told]:
    """A deal from day 1 on; what ends it is on day 20, all else on days 2, 3, 4 …"""
    told: list[Told] = [(some_id(name), opened(**fields), day(1))]
    for number, event in enumerate(events, start=2):
        told.append(
            (some_id(name), event, day(closed if isinstance(event, (type(WON), type(LOST), type(GONE))) else number))
        )
    return told


def asked(
    office: Office, known_at: int | None = None, at: int = 50, which: Any = None, **what: Any
) -> CompetitionAnswer:
    def read(text: Sealed) -> str:
        return text.ciphertext.decode()

    with office.view(day(at), known_at) as view:
        return competition(view, which, read=read, **what)


def line(answer: CompetitionAnswer, name: str = "Acme") -> CompetitorLine:
    (found,) = (each for each in answer.competitors if each.competitor == name)
    return found


def test_a_lost_deal_says_to_whom_until_it_is_lost_no_more() -> None:
    lost, stream = Opportunity.Lost(winner=" ＡＣＭＥ", reasons=("price",)), some_id("a")
    assert rows_after(LOSSES, (stream, lost)) == [LossRow("acme", "ＡＣＭＥ", ("price",))]
    assert rows_after(LOSSES, (stream, lost), (stream, WON)) == []


def test_won_lost_and_lost_to_them_are_counted_by_competitor_whatever_the_spelling(office: Office) -> None:
    office.tell(*deal("a", identified("Acme"), WON), *deal("b", identified("ACME "), LOST))
    office.tell(*deal("c", identified("acme"), Opportunity.Lost(winner="ＡＣＭＥ")))
    office.tell(*deal("d", identified("Zenith"), identified("Acme"), GONE), *deal("e", WON), *deal("f", LOST))
    answer = asked(office)
    assert [each.competitor for each in answer.competitors] == ["Acme", "Zenith"]
    acme = line(answer)
    assert (acme.met, acme.open, acme.won, acme.lost, acme.disqualified) == (4, 0, 1, 2, 1)
    assert (acme.lost_to_them, acme.unseen) == (1, 0)
    assert (acme.win_rate, answer.uncontested) == (Share(1, 3), Share(1, 2))
    assert acme.open_deals is UNSET
    assert [office.journal.facts[each - 1].event for each in acme.positions[:2]] == [
        identified("Acme"),
        identified("ACME "),
    ]
    assert line(asked(office, floor=3)).win_rate == share(1, 3, 3)


def test_who_won_without_having_been_identified_was_unseen_and_is_in_no_win_rate(office: Office) -> None:
    office.tell(*deal("a", Opportunity.Lost(winner="Bolt")), *deal("b", answered(competitor="Bolt"), WON))
    answer = asked(office, floor=1)
    bolt = line(answer, "Bolt")
    assert (bolt.met, bolt.won, bolt.lost, bolt.lost_to_them, bolt.unseen) == (2, 1, 1, 1, 1)
    assert (bolt.win_rate, answer.uncontested) == (share(1, 1, 1), share(0, 1, 1))


def test_a_strategy_against_a_competitor_goes_before_the_one_against_all(office: Office) -> None:
    frontal, own = chosen(Strategy.FRONTAL), chosen(Strategy.FLANKING, against="Acme")
    office.tell(*deal("a", identified(), frontal, own, WON))
    office.tell(*deal("b", identified(), chosen(Strategy.DEFEND, against="acme"), own, Opportunity.Lost(winner="Acme")))
    office.tell(*deal("c", identified(), frontal, LOST), *deal("d", identified(), LOST), *deal("e", identified(), own))
    assert line(asked(office)).strategies == [
        Record("", 0, 1, 0, Share(0, 1)),
        Record("flanking", 1, 1, 1, Share(1, 2)),
        Record("frontal", 0, 1, 0, Share(0, 1)),
    ]


def test_records_are_kept_by_product_and_territory(office: Office) -> None:
    office.tell((STEEL, Account.Registered(name="Steel works", territory="north"), day(0)))
    office.tell(*deal("a", identified(), WON, products=("pump", "valve")), *deal("b", identified(), LOST))
    acme = line(asked(office))
    assert acme.products == [Record("", 0, 1, 0, Share(0, 1)), Record("pump", 1, 0, 0, Share(1, 1))]
    assert acme.territories == [Record("north", 1, 1, 0, Share(1, 2))]
    assert line(asked(office, which=Filters(product="valve"))).met == 1


def test_open_deals_against_one_competitor_have_their_value_and_the_criteria_where_it_leads(office: Office) -> None:
    office.tell(
        *deal(
            "a", identified(), criterion(priority=2),
            criterion(criterion_id=SERVICE, text=sealed("service"), priority=1),
            standing(-1), standing(2, "Acme"), standing(0, "", SERVICE), standing(1, "ＡＣＭＥ", SERVICE),
            chosen(Strategy.FLANKING, against="Acme"),
        )
    )  # fmt: skip
    office.tell(*deal("b", identified(), criterion(kind=CriterionKind.PERSONAL), standing(1), standing(1, "Acme"), WON))
    answer = asked(office, competitor=" acme")
    acme = line(answer)
    assert (acme.open, acme.open_value, acme.won) == (1, Decimal("90000.00"), 1)
    assert acme.criteria == [CriteriaLine("business", 2, 2, 0, 0), CriteriaLine("personal", 1, 0, 1, 0)]
    assert acme.open_deals == [
        OpenDeal(
            some_id("a"), STEEL, "potential", Decimal("90000.00"), "flanking",
            [Lead(SERVICE, "service", "business", 1, 0, 1, 9), Lead(PRICE, "price", "business", 2, -1, 2, 7)],
        )
    ]  # fmt: skip


def test_a_value_without_a_rate_is_named_and_in_no_sum(office: Office) -> None:
    office.tell(*deal("a", identified(), amount=Money.of(7, "CHF")), *deal("b", identified(), amount=eur(5)))
    answer = asked(office, competitor="Acme")
    acme = line(answer)
    assert (acme.open_value, answer.missing_rates) == (Decimal("5.00"), {"CHF": 1})
    assert acme.open_deals is not UNSET
    assert sorted(str(each.value) for each in acme.open_deals) == ["5.00", "None"]


def test_competition_is_that_of_the_moment_of_the_period_and_of_what_was_known(office: Office) -> None:
    first = office.tell(*deal("a", identified(), WON))
    office.tell(*deal("b", identified(), Opportunity.Lost(winner="Acme"), closed=10))
    assert [(each.open, each.won, each.lost) for each in (line(asked(office, at=at)) for at in (5, 15, 50))] == [
        (2, 0, 0),
        (1, 0, 1),
        (0, 1, 1),
    ]
    assert asked(office, at=1).competitors == []
    assert (line(asked(office, known_at=first)).lost, line(asked(office, known_at=first)).met) == (0, 1)
    late = line(asked(office, since=date(2025, 1, 15), until=date(2025, 1, 31)))
    assert (late.won, late.lost) == (1, 0)
    with pytest.raises(PeriodBackwards):
        asked(office, since=date(2025, 2, 1), until=date(2025, 1, 1))


def test_a_competitor_never_met_or_met_only_where_the_asker_does_not_see_is_not_found(office: Office) -> None:
    office.tell(*deal("a", identified(), WON))
    with pytest.raises(NotFound, match="competitor Bolt"):
        asked(office, competitor=" Bolt ")
    seen = Visibility(member=some_id("mei"), managers=frozenset({some_id("mei")}), scope="own accounts")
    with office.view(day(50), visibility=seen) as view:
        assert competition(view).competitors == []
        with pytest.raises(NotFound):
            competition(view, competitor="Acme")
